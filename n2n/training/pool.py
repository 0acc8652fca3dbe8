"""A rolling pool of feature shards: processes render, the trainer reads each clip a few times, the oldest shard makes room for the next.

Shard k holds clips k * CLIPS to (k + 1) * CLIPS of the renderer's seed. Renderers pause while they are `reuse` ahead; the trainer pauses
while the pool is empty, which is counted, so that it shows when rendering is too slow.
"""

import multiprocessing as mp
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from n2n.audio import HOP
from n2n.files import atomic_write, safetensors_of
from n2n.training.render import Packed, PackedAndAudio, Renderer, pack

CLIPS: Final = 32
"""Clips in a shard."""


@dataclass(frozen=True)
class PoolConfig:
    """Where shards lie and how many; a clip is read `reuse` times on average before it goes."""

    folder: Path
    shards: int = 48
    reuse: float = 6.0
    processes: int = 1
    """Renderers; 0 where another worker's pool fills the folder."""


def shard_path(folder: Path, index: int) -> Path:
    return folder / f"shard_{index:06d}.safetensors"


def shard_paths(folder: Path) -> list[Path]:
    """All that lie there, the oldest first."""
    return sorted(folder.glob("shard_*.safetensors"))


def write_shard(renderer: Renderer, folder: Path, index: int) -> None:
    """Renders shard `index` into `folder`; it appears whole or not at all."""
    features = [pack(renderer.clip(index * CLIPS + k)) for k in range(CLIPS)]
    with atomic_write(shard_path(folder, index)) as partial:
        save_file(stacked(features)._asdict(), partial)


def stacked(clips: Sequence[Packed]) -> Packed:
    """Clips as one batch."""
    return Packed(*map(torch.stack, zip(*clips, strict=True)))


def cropped(clip: Iterable[Tensor], start: int, frames: int) -> Packed:
    """`frames` frames of a clip."""
    return Packed(*(part[start : start + frames] for part in clip))


def _render_forever(make_renderer: Callable[[], Renderer], config: PoolConfig, turn: int, counters: dict[str, Any]) -> None:
    torch.set_num_threads(1)
    os.nice(10)
    renderer = make_renderer()
    present = [int(path.stem.split("_")[1]) for path in shard_paths(config.folder)]
    index = max(present, default=-1) + 1
    index += (turn - index) % config.processes
    trainer = os.getppid()

    def wanted() -> bool:
        return not counters["stop"].value and os.getppid() == trainer  # a trainer that was killed leaves its renderers to another parent

    while wanted():
        while wanted() and counters["rendered"].value > config.shards * CLIPS + counters["served"].value / config.reuse:
            time.sleep(0.1)
        write_shard(renderer, config.folder, index)
        with counters["rendered"].get_lock():
            counters["rendered"].value += CLIPS
        for old in shard_paths(config.folder)[: -config.shards]:
            old.unlink(missing_ok=True)
        index += config.processes


def _load(path: Path) -> dict[str, Tensor] | None:
    """A shard, or None where it has just made room. Raises ValueError where it is damaged or was rendered for another version."""
    try:
        with safetensors_of(path):
            shard = load_file(path)
    except FileNotFoundError:
        return None
    if missing := set(Packed._fields) - shard.keys():
        raise ValueError(f"{path} holds no {', '.join(sorted(missing))}: another version has rendered it; delete the pool to fill it anew")
    return shard


class Pool:
    """Starts the renderers and serves random crops of random clips."""

    def __init__(self, make_renderer: Callable[[], Renderer], config: PoolConfig) -> None:
        config.folder.mkdir(parents=True, exist_ok=True)
        self.config = config
        context = mp.get_context("spawn")
        self.counters: dict[str, Any] = {
            "stop": context.Value("b", 0),
            "rendered": context.Value("q", CLIPS * len(shard_paths(config.folder))),
            "served": context.Value("q", 0),
        }
        self.processes = [
            context.Process(target=_render_forever, args=(make_renderer, config, turn, self.counters), daemon=True)
            for turn in range(config.processes)
        ]
        for process in self.processes:
            process.start()
        self.wait_seconds = 0.0
        self._shards: dict[Path, dict[str, Tensor]] = {}

    def batch(self, size: int, frames: int, rng: np.random.Generator) -> Packed:
        """`size` random crops of `frames` frames; each field of the features with a leading dimension of `size`."""
        shards = self._current()
        crops = []
        for _ in range(size):
            shard = shards[rng.integers(len(shards))]
            clip = int(rng.integers(len(shard["mel"])))
            start = int(rng.integers(0, shard["mel"].shape[1] - frames + 1))
            crops.append(cropped((shard[name][clip] for name in Packed._fields), start, frames))
        self.counters["served"].value += size
        return stacked(crops)

    def _current(self) -> list[dict[str, Tensor]]:
        waiting = time.monotonic()
        while True:
            if any(process.exitcode for process in self.processes):
                raise ValueError("a renderer has failed: look at its message above")
            paths = shard_paths(self.config.folder)
            self._shards = {path: shard for path in paths if (shard := self._shards.get(path) or _load(path)) is not None}
            if self._shards:
                self.wait_seconds += time.monotonic() - waiting
                return list(self._shards.values())
            time.sleep(0.2)

    def stop(self) -> None:
        """Ends the renderers; the shards stay for the next run."""
        self.counters["stop"].value = 1
        for process in self.processes:
            process.join(timeout=30)
            process.terminate()
            process.join()


class LiveClips:
    """Renders every batch afresh on the renderer's device: for GPUs, where rendering is cheaper than storing."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer
        self.index = 0
        self.wait_seconds = 0.0

    def batch(self, size: int, frames: int, rng: np.random.Generator) -> Packed:
        """`size` random crops of new clips; see `Pool.batch`."""
        return self.sounding(size, frames, rng).features

    def sounding(self, size: int, frames: int, rng: np.random.Generator) -> PackedAndAudio:
        """The same, with their audio."""
        started = time.monotonic()
        crops, audio = [], []
        for _ in range(size):
            clip = self.renderer.clip(self.index)
            features = pack(clip)
            start = int(rng.integers(0, len(features.mel) - frames + 1))
            crops.append(cropped(features, start, frames))
            audio.append(clip.audio[start * HOP : (start + frames) * HOP])
            self.index += 1
        self.wait_seconds += time.monotonic() - started
        return PackedAndAudio(stacked(crops), torch.stack(audio))

    def stop(self) -> None:
        """Nothing runs beside the trainer."""
