"""Keeps the app to its own machine: nothing that a caller sends makes it fetch an address."""

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import unquote

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from n2n.studio.files import FILE_ROUTE

ABROAD: Final = ("http:", "https:", "ftp:", "//", "data:")
SERVED: Final = "/" + FILE_ROUTE
"""Stands in every address of a served file."""
REFUSED: Final = "give the file itself: this app fetches nothing from an address"


class LocalBlocks(gr.Blocks):
    """Blocks whose inputs may not name a file by its address on the net, which Gradio would fetch.

    The address of a file that lies here, as callers of tools have it from an upload, stands for that file, under Gradio's own rules.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *args: Any, **kwargs: Any) -> Any:
        inputs = at_home(inputs)
        if any(is_abroad(path) for path in file_paths(inputs)):
            raise gr.Error(REFUSED, print_exception=False)
        return await super().preprocess_data(block_fn, inputs, *args, **kwargs)


class LocalFiles:
    """ASGI middleware: no address is fetched for a caller, and files of the editor, which change with a version, are not kept stale.

    A browser may keep them, but asks each time whether they have changed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "") if scope["type"] == "http" else ""
        _, served, name = path.partition(SERVED)
        if "/gradio_api/proxy=" in path or (served and is_abroad(name)):
            await PlainTextResponse(REFUSED, status_code=403)(scope, receive, send)
        elif served:
            await self._serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = Headers(scope=scope).get("if-none-match")
        unchanged = False

        async def answer(message: Message) -> None:
            nonlocal unchanged
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["cache-control"] = "no-cache"
                unchanged = message["status"] == 200 and known is not None and headers.get("etag") == known
                if unchanged:
                    message["status"] = 304
                    del headers["content-length"]
            elif unchanged:
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, answer)


def is_abroad(path: str) -> bool:
    """Whether this names something on the net, not a file."""
    return path.strip().lower().startswith(ABROAD)


def at_home(value: Any) -> Any:
    """What a caller sent, with the path of a file in place of each address at which the app serves it."""
    if isinstance(value, (list, tuple)):
        return [at_home(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: at_home(item) for key, item in value.items()}
    path = value.get("path")
    if isinstance(path, str) and is_abroad(path) and SERVED in path:
        changed |= {"path": unquote(path.partition(SERVED)[2]), "url": None}
    return changed


def file_paths(value: Any) -> Iterator[str]:
    """All that might be the path of a file in what a caller sent."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("path"), str):
                yield item["path"]
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            waiting.extend(item)
