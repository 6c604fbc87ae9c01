"""A server that answers as a model hub does: a redirect with the checksum, ranges, and connections that break."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclasses.dataclass(kw_only=True)
class ModelHub:
    """``files``: path below the hub's address → bytes. ``breaks_after``: bytes after which an answer breaks off."""

    files: Mapping[str, bytes]
    breaks_after: int | None = None
    announces: str | None = None
    """A checksum that is announced instead of the true one."""
    ranges: bool = True
    address: str = ""
    asked: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Every GET of a file with the range that it wanted."""


@contextlib.contextmanager
def serving(hub: ModelHub) -> Iterator[ModelHub]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            data = hub.files.get(self.path)
            if data is None:
                self.send_error(404)
                return
            self.send_response(302)
            self.send_header("X-Linked-Etag", f'"{hub.announces or hashlib.sha256(data).hexdigest()}"')
            self.send_header("X-Repo-Commit", "c0ffee")
            self.send_header("Location", f"/cdn{self.path}")
            self.end_headers()

        def do_GET(self) -> None:
            if not self.path.startswith("/cdn"):
                self.do_HEAD()
                return
            data = hub.files[self.path.removeprefix("/cdn")]
            wanted = self.headers.get("Range", "")
            hub.asked.append((self.path.removeprefix("/cdn"), wanted))
            start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and hub.ranges else 0
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.end_headers()
                return
            rest = data[start:]
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            self.wfile.write(rest[: hub.breaks_after])
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """The tests look at `asked`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hub.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
