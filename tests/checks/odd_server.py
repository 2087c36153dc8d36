"""A deployment that answers as the reference does, but for one oddity, for whole runs."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx

from fixtures.transport.exchange import Chunk, Exchange, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BEHIND = ("content-length", "transfer-encoding", "connection", "date", "server")
ROOT = "/v1"


@contextmanager
def serving(base_url: str, altered: Callable[[Exchange], Exchange]) -> Iterator[str]:
    """The base URL of a server that passes requests on to another one, and alters the answers."""

    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = [(name, value) for name, value in self.headers.items() if name != "Host"]
            url = base_url + self.path.removeprefix(ROOT)
            came = behind.request(self.command, url, content=body, headers=sent)
            exchange = altered(_exchange(self, body, came))
            self.send_response(exchange.status)
            for name, value in exchange.headers:
                if name.lower() not in BEHIND:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(exchange.body)))
            self.end_headers()
            self.wfile.write(exchange.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.daemon_threads = True
    with httpx.Client(trust_env=False) as behind:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}{ROOT}"
        server.shutdown()
        server.server_close()


def _exchange(handler: BaseHTTPRequestHandler, body: bytes, came: httpx.Response) -> Exchange:
    kind = handler.headers.get("content-type") or ""
    request = Request(handler.command, handler.path.removeprefix(ROOT), body, kind)
    headers = tuple((name, value) for name, value in came.headers.items())
    return Exchange("odd", request, came.status_code, headers, (Chunk(0.0, came.content),))
