"""A server that nobody has a reason to talk to: it answers nothing, and keeps what it hears."""

from __future__ import annotations

import socketserver
import threading
from typing import Self


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.settimeout(2)
        try:
            data = self.request.recv(65536)
        except OSError:
            data = b""
        self.server.kept.append(data)  # type: ignore[attr-defined]


class Elsewhere:
    """Use it as a context manager; `url` is its root, without a path."""

    def __enter__(self) -> Self:
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.kept = []  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def heard(self) -> list[bytes]:
        """What came so far, one a connection."""
        return list(self._server.kept)  # type: ignore[attr-defined]
