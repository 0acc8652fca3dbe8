"""What is remembered of visitors between their clicks: little of it, and not for long."""

import threading
from collections import OrderedDict
from time import monotonic
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Memory(Generic[Key, Value]):
    """The latest values by key; any thread may ask.

    Args:
        most: how many there may be; beyond that the oldest is forgotten.
        seconds: for how long a value is kept after it was put in or renewed.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most, self.seconds = most, seconds
        self._kept: OrderedDict[Key, tuple[float, Value]] = OrderedDict()  # the oldest first
        self._lock = threading.Lock()

    def put(self, key: Key, value: Value) -> None:
        """Remembers a value as the latest, in place of an earlier one of that key."""
        with self._lock:
            self._put(key, value)
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def renew(self, key: Key) -> None:
        """Makes the value of that key count as new, if there is one."""
        with self._lock:
            if key in self._kept:
                self._put(key, self._kept[key][1])

    def get(self, key: Key) -> Value | None:
        """The value of that key; None where there is none, or not any longer."""
        with self._lock:
            return self._kept[key][1] if key in self._kept else None

    def latest(self) -> list[tuple[Key, Value]]:
        """All keys and their values, the latest first."""
        with self._lock:
            return [(key, value) for key, (_, value) in reversed(self._kept.items())]

    def sweep(self) -> None:
        """Forgets what has expired."""
        oldest = monotonic() - self.seconds
        with self._lock:
            while self._kept and next(iter(self._kept.values()))[0] < oldest:
                self._kept.popitem(last=False)

    def _put(self, key: Key, value: Value) -> None:
        self._kept[key] = monotonic(), value
        self._kept.move_to_end(key)
