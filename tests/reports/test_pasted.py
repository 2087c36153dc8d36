"""What is printed to be pasted does its one thing, whatever the deployment calls its models."""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from reports import evidence
from schemas import kept, shell
from tests.rig import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "pasted-key-0123456789"
BASE = "/$(touch${IFS}pwned)/x';touch${IFS}pwned;'/`touch${IFS}pwned`/[a-b]{c,d}/v1"
IDS = {
    "chat": "x'; touch pwned; '$(touch pwned)",
    "responses": '";touch pwned;`touch pwned`\n--output pwned\u2028\u202e\\',
    "tools": "@/etc/hostname\ttouch pwned!!",
}
CHECKS = "CHAT-REQ or CHAT-OUT or MODELS-GET or AUTH or CHAT-ROLE or TRANSPORT or RESP-OUT"
LEFT_OUT = {"host", "content-length", "user-agent", "accept", "accept-encoding", "connection"}


@dataclass
class Heard:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Ear:
    """A deployment that answers all alike, which is mostly wrong, and keeps what it heard."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)


ANSWER = {"id": 7, "object": "list", "data": [{"id": name} for name in IDS.values()]}


@pytest.fixture(scope="module")
def ear() -> Iterator[Ear]:
    found = Ear()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.heard.append(Heard(self.command, self.path, headers, body))
            payload = json.dumps(ANSWER).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("do_"):
                return self.answer
            raise AttributeError(name)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}{BASE}"
        yield found
        server.shutdown()


def pasted(line: str, ear: Ear, folder: Path) -> Heard:
    """The one request that a line sends, executed as a user would in a folder of its own."""
    ear.heard.clear()
    folder.mkdir(exist_ok=True)
    environment = {"PATH": "/usr/bin:/bin", "COMPACTIFAI_API_KEY": KEY, "HOME": str(folder)}
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, timeout=60
    )
    assert done.returncode == 0, (line, done.stderr)
    assert list(folder.iterdir()) == [], line
    (heard,) = ear.heard
    return heard


def sent(entry: dict[str, Any]) -> Heard:
    """The request of an entry, as it was sent."""
    request = entry["request"]
    parts = urlsplit(request["url"])
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    headers = {each["name"].lower(): each["value"] for each in request["headers"]}
    if request["_own_key"]:
        headers["authorization"] = f"Bearer {KEY}"
    return Heard(request["method"], target, headers, kept.body(request.get("postData", {})))


def test_every_line_of_a_run_sends_its_request_and_does_nothing_else(
    ear: Ear, tmp_path: Path
) -> None:
    chosen = [f"--model={role}={name}" for role, name in IDS.items()]
    run = runs.start(
        tmp_path,
        *("suites/chat", "suites/models", "suites/auth", "suites/responses", "-k", CHECKS),
        *("--base-url", ear.url, *chosen),
        COMPACTIFAI_API_KEY=KEY,
    )
    run.no_traceback()
    entries = evidence.Archive(run.folder / "exchanges.har")
    found = [each for row in run.clauses.values() for each in row["findings"] if "curl" in each]
    lines = {each["curl"]: entries[each["exchange"]] for each in found}
    assert len(lines) > 20
    for line, entry in lines.items():
        assert line.isprintable()
        heard, wanted = pasted(line, ear, tmp_path / "here"), sent(entry)
        assert (heard.method, heard.target, heard.body) == (
            *(wanted.method, wanted.target),
            wanted.body,
        )
        for name, value in wanted.headers.items():
            if name not in LEFT_OUT and "{" not in value and value.isascii():
                assert heard.headers.get(name) == value, line


WORDS = (
    *("", "=ls", "~", "a b", "'", '"', "\\", "$(x)", "`x`", "!!", "a\nb", "\t", "\x1b[31m", "\x7f"),
    *("é", "\u202e", "\U0001f600", "\ud800", "-n", "*", "{a,b}", "#", "a=b", "\\x41\\n", "$'x'"),
)


@pytest.mark.parametrize("text", WORDS, ids=range(len(WORDS)))
def test_word_is_one_argument(text: str) -> None:
    line = f"printf '%s\\0' {shell.word(text)}"
    assert line.encode("ascii", "ignore").decode().isprintable()
    done = subprocess.run(["bash", "-c", line.encode()], capture_output=True, check=True)
    assert done.stdout == text.encode("utf-8", "surrogatepass") + b"\0"


HOSTILE: dict[str, dict[str, Any]] = {
    "file as body": {"postData": {"text": "@/etc/hostname", "mimeType": "text/plain"}},
    "file as header": {"headers": [{"name": "@/etc/hostname", "value": "x"}]},
    "header in header": {"headers": [{"name": "X-A", "value": "1\r\nX-B: 2"}]},
    "option as url": {"url": "--output"},
    "method": {"method": "-o"},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_parts_of_a_recording_are_no_options(name: str, ear: Ear, tmp_path: Path) -> None:
    """What a HAR file of somebody says is data for curl, too."""
    plain = {"method": "POST", "url": ear.url, "headers": [], "_own_key": False}
    request: dict[str, Any] = {**plain, **HOSTILE[name]}
    line = evidence.curl({"_id": "x", "request": request}, "$(touch pwned)", tmp_path)
    if name in ("option as url", "method"):  # nobody answers to these
        subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, timeout=60)
        assert list(tmp_path.iterdir()) == []
        return
    heard = pasted(line, ear, tmp_path / "here")
    assert heard.body == request.get("postData", {}).get("text", "").encode()
    assert "x-b" not in heard.headers
