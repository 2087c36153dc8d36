"""The referee sees what it is there to see: a leak, a canary, a stranger, too much of anything."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.hostile import referee, vices, watch
from tests.hostile.elsewhere import Elsewhere
from tests.hostile.hunt import Key, hunt, hunt_file
from tests.hostile.vices.keys import ENCODINGS, Encode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.referee import Result

SECRET = "sk-Zq7Xw2Lp9Rt4Vb6Nm1Ks8Dj3Hf5GcYaUeWoTi0Pu9Qy4Bz"
KEY = Key.of(SECRET)
HONEST = vices.load()["honest"]
FORMS = [(name, each) for name, forms in ENCODINGS.items() for each in forms]
BOUNDS = referee.Bounds(hard=60)


@pytest.mark.parametrize(("name", "encode"), FORMS)
def test_hunt_reads_each_encoding(name: str, encode: Encode, tmp_path: Path) -> None:
    text = f'{{"a": "before {encode(SECRET)} after"}}'
    path = tmp_path / "file.json"
    path.write_text(text, "utf-8")
    assert hunt_file(path, KEY)
    # As a recorder writes it: as a text in JSON, and as base64 in JSON.
    path.write_text(json.dumps({"log": [{"text": text}]}), "utf-8")
    assert hunt_file(path, KEY)
    path.write_text(json.dumps({"text": base64.b64encode(text.encode()).decode()}), "utf-8")
    assert hunt_file(path, KEY)
    path.write_bytes(gzip.compress(text.encode()))
    assert hunt_file(path, KEY)


def test_hunt_joins_what_a_stream_splits(tmp_path: Path) -> None:
    for size in (1, 3, 7, 24):
        pieces = [SECRET[i : i + size] for i in range(0, len(SECRET), size)]
        rows = [json.dumps({"choices": [{"delta": {"content": each}}]}) for each in pieces]
        body = "".join(f"data: {row}\n\n" for row in rows)
        path = tmp_path / "exchanges.har"
        for text in (body, base64.b64encode(body.encode()).decode()):
            path.write_text(json.dumps({"log": {"entries": [{"text": text}]}}), "utf-8")
            assert hunt_file(path, KEY), size


def test_hunt_finds_no_key_in_others(tmp_path: Path) -> None:
    text = json.dumps({"a": os.urandom(3000).hex(), "b": SECRET[:9], "c": SECRET[:8:-3]})
    assert not hunt(text.encode(), KEY)
    assert not hunt(base64.b64encode(os.urandom(100_000)), KEY)


@pytest.mark.parametrize(
    "unit", [b"9", b"[", b"ab", b"\\u0041", b"%41", b"&#65;", b"a:", b"QUJD\n"]
)
def test_hunt_takes_no_longer_than_there_is_to_read(unit: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(b'{"a": "' + unit * (500_000 // len(unit)) + b'"}')
    began = time.process_time()
    assert not hunt_file(path, KEY)
    assert time.process_time() - began < 5


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be told"):
        Key.of("sk-short")


def judged(program: str, deployment: object = HONEST) -> Result:
    """What the referee says of a program that stands where the suite would."""
    with referee.place() as here:
        command = [sys.executable, "-c", program, str(here.root)]
        return referee.run(deployment, command, here, BOUNDS)  # type: ignore[arg-type]


VERDICT = """
import json, os, pathlib, subprocess, sys, time
root = pathlib.Path(sys.argv[1])
key = os.environ["COMPACTIFAI_API_KEY"]
clean = {"PATH": os.environ["PATH"]}
(root / "report").mkdir()
(root / "report" / "verdict.json").write_text('{"verdict": "CONFORMANT"}')
"""
PLANTED = {
    "file": ("(root / 'tmp' / 'x').write_text('a' + key[:20])", "key: tmp/x: raw"),
    "name": ("(root / 'tmp' / key).touch()", ": name"),
    "output": ("print(key.encode().hex())", "key: out/stdout: hex"),
    "environment": (
        "subprocess.run(['sleep', '1'], env={**clean, 'A': key.encode().hex()})",
        "key: environ of sleep 1: ",
    ),
    "arguments": (
        "subprocess.run([sys.executable, '-c', 'import time; time.sleep(1)', key], env=clean)",
        "cmdline of python",
    ),
    "memory": (
        "subprocess.run([sys.executable, '-c', 'import time; a = input(); time.sleep(3)'],"
        " input=key.encode(), env=clean)",
        "memory of python",
    ),
    "canary": ("(root / 'canary' / 'x').touch()", "executed"),
    "canary at home": ("(root / 'home' / 'CANARY-1').touch()", "executed"),
    "crash": ("1 / 0", "Traceback (most recent call last) in stderr: ZeroDivisionError"),
    "escape": ("print('\\x1b[2J')", "stdout holds '\\x1b[2J"),
    "command": ("print('::set-output name=a::b')", "stdout holds '::s"),
    "markup": ("(root / 'report' / 'signoff.html').write_text('<p><script>')", "<script>"),
    "no xml": ("(root / 'out' / 'junit.xml').write_text('<a>')", "junit.xml is no XML"),
    "status": ("sys.exit(1)", "CONFORMANT with exit 1"),
    "orphan": (
        "subprocess.Popen(['sleep', '30'], env=clean); time.sleep(0.5)",
        "1 processes left behind",
    ),
}  # fmt: skip


@pytest.mark.parametrize("vice", PLANTED)
def test_what_is_planted_is_reported(vice: str) -> None:
    act, expected = PLANTED[vice]
    watch.adopt_orphans()
    result = judged(VERDICT + act)
    assert any(expected in each for each in result.wrong), result.wrong


def test_nothing_is_reported_of_who_does_nothing() -> None:
    assert [each for each in judged(VERDICT).wrong if "verdict.json" not in each] == []


def test_a_verdict_that_is_not_lawful_is_reported() -> None:
    result = judged(VERDICT, vices.load()["lists-nothing"])
    assert any("lawful is" in each for each in result.wrong)


def test_no_verdict_is_reported() -> None:
    assert any("no verdict.json" in each for each in judged("pass").wrong)


@pytest.mark.slow
def test_excess_is_reported() -> None:
    program = VERDICT + (
        "(root / 'tmp' / 'x').write_bytes(bytes(60_000_000))\n"
        "a = b'x' * 300_000_000; time.sleep(1.5)"
    )
    base = judged(VERDICT)
    result = replace(judged(program), seconds=100.0)
    problems = " ".join(referee.beyond(result, base, BOUNDS))
    assert "MB of memory above" in problems
    assert "60 MB written" in problems
    assert "100 s, an honest run takes" in problems


def test_no_end_is_reported() -> None:
    with referee.place() as here:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        began = time.monotonic()
        result = referee.run(HONEST, command, here, replace(BOUNDS, hard=1))
    assert "no end within 1 s" in result.wrong
    assert time.monotonic() - began < 20


def test_elsewhere_hears_who_comes() -> None:
    with Elsewhere() as there:
        with pytest.raises(httpx.HTTPError):
            httpx.get(there.url, headers={"X-Key": SECRET}, timeout=5)
        assert hunt(there.heard()[0], KEY) == "raw"


def test_each_deployment_starts_and_is_judged_by_lawful_words() -> None:
    for each in vices.load().values():
        assert each.lawful, each.name
        assert all(referee.STATUSES.get(text, 6) == status for text, status in each.lawful)
    assert len(vices.load()) >= 120


def test_a_deployment_that_crashes_is_reported() -> None:
    with referee.place() as here, referee.serving(HONEST, here, "") as served:
        pass
    assert served.crash == ""
    with referee.place() as here, referee.serving(replace(HONEST, name="x"), here, "") as served:
        pass
    assert served.crash == "KeyError: 'x'"


def test_a_deployment_ends_with_its_parent() -> None:
    world = json.dumps({"key": SECRET, "canary": "/x", "elsewhere": "http://127.0.0.1:9"})
    command = [sys.executable, "-m", "tests.hostile.serve", "honest"]
    done = subprocess.run(
        command, input=world + "\n", capture_output=True, text=True, timeout=30, cwd=referee.ROOT
    )
    assert done.stdout.startswith("listening on http://127.0.0.1:")
