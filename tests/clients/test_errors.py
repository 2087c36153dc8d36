"""Each client raises its documented class for each status that a deployment refuses with."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from suites.clients import calls, runs
from suites.clients.calls import Way
from suites.clients.runs import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLASSES = {
    400: "BadRequestError",
    401: "AuthenticationError",
    404: "NotFoundError",
    429: "RateLimitError",
}
ASKED = ("chat", "chat stream")


class Refuser(BaseHTTPRequestHandler):
    """Refuses everything with the status that its path begins with."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        error = {"message": "No.", "type": "refused", "param": None, "code": None}
        body = json.dumps({"error": error}).encode()
        self.send_response(int(self.path.split("/")[1]))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def refuser() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refuser) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def raised(way: Way, root: str, home: Path) -> dict[str, str]:
    """The classes that a client raises, by what is asked and the status."""
    programs = [
        Program(
            f"{name} {status}",
            (way.programs[name],),
            {
                "API_KEY": "x",
                "MODEL": "m",
                "PACKAGE": way.tool.package,
                "ASKED": calls.CAPABILITIES[name].asked,
            },
            way.env,
        ).bound(f"{root}/{status}/v1", "token")
        for name in ASKED
        for status in CLASSES
    ]
    rows = runs.together(way.tool, programs, runs.prepared(home), 30)
    return {row["name"]: "".join(row["kinds"][:1]) for row in rows}


WANTED = {f"{name} {status}": kind for name in ASKED for status, kind in CLASSES.items()}


@pytest.mark.usefixtures("clients")
@pytest.mark.parametrize(
    "way",
    [calls.SDK, calls.SDK_ASYNC, calls.LITELLM, calls.LITELLM_ASYNC],
    ids=lambda way: way.name,
)
def test_python_client_raises_what_is_documented(way: Way, refuser: str, tmp_path: Path) -> None:
    assert raised(way, refuser, tmp_path) == WANTED


@pytest.mark.usefixtures("node")
def test_node_client_raises_what_is_documented(refuser: str, tmp_path: Path) -> None:
    assert raised(calls.NODE, refuser, tmp_path) == WANTED


@pytest.mark.usefixtures("clients")
@pytest.mark.parametrize(
    ("way", "kind"), [(calls.REQUESTS, "HTTPError"), (calls.HTTPX, "HTTPStatusError")]
)
def test_plain_client_raises_one_class(way: Way, kind: str, refuser: str, tmp_path: Path) -> None:
    assert raised(way, refuser, tmp_path) == dict.fromkeys(WANTED, kind)
