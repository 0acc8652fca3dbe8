"""The app with its MCP switch on, as a language model's client sees it: the tools, a call of one, and what is refused."""

import ast
import asyncio
import base64
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, ValidationError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from n2n.inference import load
from n2n.notes import Note, Transcription
from n2n.studio.local import REFUSED


def ask(app: str, method: str, *arguments: Any) -> Any:
    """The answer to one request in an MCP session of its own."""

    async def session() -> Any:
        async with streamable_http_client(f"{app}/gradio_api/mcp/") as (read, write, _), ClientSession(read, write) as client:
            await client.initialize()
            return await getattr(client, method)(*arguments)

    with ThreadPoolExecutor(1) as thread:  # this one may have an event loop already: a browser test leaves one
        return thread.submit(asyncio.run, session()).result()


def call(app: str, name: str, **arguments: object) -> CallToolResult:
    return ask(app, "call_tool", name, arguments)


def text(result: CallToolResult) -> str:
    return "".join(part.text for part in result.content)


def as_data(path: Path) -> str:
    return "data:audio/wav;base64," + base64.b64encode(path.read_bytes()).decode()


def upload(app: str, path: Path) -> str:
    """The address of a file once it is uploaded."""
    (place,) = httpx.post(f"{app}/gradio_api/upload", files={"files": (path.name, path.read_bytes())}).json()
    return f"{app}/gradio_api/file={place}"


def test_the_five_functions_are_tools_whose_schemas_are_sound(app: str) -> None:
    tools = {tool.name: tool for tool in ask(app, "list_tools").tools}
    assert set(tools) == {"transcribe", "regenerate", "refine", "generate", "render"}
    for tool in tools.values():
        Draft202012Validator.check_schema(tool.inputSchema)
        assert all(given["description"] for given in tool.inputSchema["properties"].values())
    schema = Draft202012Validator(tools["render"].inputSchema)
    given = Transcription((Note(0.5, "KD", 99),), 1.0).to_json()
    schema.validate({"notes": given})
    with pytest.raises(ValidationError, match="cowbell"):
        schema.validate({"notes": {**given, "notes": [{"onset": 0.5, "drum": "cowbell", "velocity": 1}]}})


@pytest.mark.parametrize("bring", [lambda app, path: as_data(path), upload], ids=["as data", "uploaded"])
def test_transcribe_gives_the_model_s_own_notes(app: str, folder: Path, bring: Callable[[str, Path], str]) -> None:
    result = call(app, "transcribe", audio=bring(app, folder / "loop.wav"), num_steps=2, seed=3)
    assert not result.isError, text(result)
    notes, midi = ast.literal_eval(text(result))
    expected = load(folder / "model").transcribe(folder / "loop.wav", num_steps=2, seed=3).transcription
    assert (
        [(note.onset, note.drum, note.velocity) for note in Transcription.from_json(notes).notes]
        == [(note.onset, note.drum, note.velocity) for note in expected.notes]
        != []
    )
    assert httpx.get(midi["url"]).content.startswith(b"MThd")


def test_regenerate_needs_no_recording_when_not_listening(app: str) -> None:
    given = Transcription((Note(0.25, "KD", 99),), 1.0).to_json()
    masks = [{"start": 0.5, "end": 1.0, "drums": ["KD", "SN"]}]
    result = call(app, "regenerate", notes=given, masks=masks, listen=False, num_steps=2)
    assert not result.isError, text(result)
    notes, _ = ast.literal_eval(text(result))
    assert given["notes"][0] in notes["notes"]


def test_what_is_wrong_is_told(app: str, folder: Path) -> None:
    result = call(app, "transcribe", audio=as_data(folder / "loop.wav"), num_steps=99)
    assert result.isError and "num_steps must be a whole number from 1 to 50, not 99" in text(result)


def test_neither_the_net_nor_other_files_of_the_server_can_be_read(app: str, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        result = call(app, "transcribe", audio=f"http://127.0.0.1:{elsewhere.getsockname()[1]}/loop.wav")
        assert result.isError and REFUSED in text(result)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert call(app, "transcribe", audio=f"{app}/gradio_api/file={folder / 'loop.wav'}").isError
