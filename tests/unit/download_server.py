"""A server of files that can be made to misbehave."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Server:
    """The content of a server, its faults, and the requests that it received.

    Attributes:
        files: by path.
        kind: Content-Type.
        ranges: whether it knows of ranges.
        stop_after: how many bytes of a body it sends before it hangs up.
        silent: whether it goes silent there instead of hanging up.
        length: whether it says how long a body is.
        shift: how far a range starts from where it was asked to.
        pause_s: how long it rests after each half of a body.
    """

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    kind: str = "application/zip"
    ranges: bool = True
    stop_after: int | None = None
    silent: bool = False
    length: bool = True
    shift: int = 0
    pause_s: float = 0.0
    asked: list[tuple[str, str]] = field(default_factory=list)
    awake: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving() -> Iterator[Server]:
    """A server on this machine that follows a script."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            state.asked.append((self.path, wanted))
            body = state.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if wanted and state.ranges and start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if wanted and state.ranges:
                start += state.shift
                self.send_response(206)
                last = len(body) - 1
                self.send_header("Content-Range", f"bytes {start}-{last}/{len(body)}")
            else:
                start = 0
                self.send_response(200)
            self.send_header("Content-Type", state.kind)
            if state.length:
                self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            stop = len(body) if state.stop_after is None else start + state.stop_after
            middle = (start + stop) // 2
            for piece in (body[start:middle], body[middle:stop]):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(state.pause_s)
            if state.silent:
                state.awake.wait(5)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        state = Server(f"http://127.0.0.1:{httpd.server_address[1]}")
        thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
        thread.start()
        yield state
        state.awake.set()
        httpd.shutdown()
        thread.join()
