"""Serves the assets as files, so that a browser can be given the editor's modules and the kits without an app."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from n2n.assets import find_asset

PAGE = b"<!doctype html><link rel=icon href=data:,><title>assets</title>"


class _Handler(SimpleHTTPRequestHandler):
    """Files of the assets; the page at `/` is empty."""

    protocol_version = "HTTP/1.1"  # one connection serves many modules

    def do_GET(self) -> None:
        if self.path != "/":
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def served_assets() -> Iterator[str]:
    """Gives the address of the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(find_asset("."))))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
