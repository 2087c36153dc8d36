"""Faults and variants: each is found, named, and changes something; the honest app stays honest."""

from __future__ import annotations

import ast
import asyncio
import re
from pathlib import Path

import pytest

from fixtures.reference import faults, variants
from fixtures.reference.alter import Alteration, Register, asking, every, nth, on, streamed
from fixtures.reference.asgi import create_app
from fixtures.reference.messages import Answer, Cut, Frame, Frames, Reply, Request, answer, stream
from tests.reference.local import Local, chat_body, events, joined

PACKAGE = Path(faults.__file__).parents[1]
APP = create_app()
HONEST = Local(APP)


def at(root: str) -> Local:
    return Local(APP, root)


def test_each_fault_is_named_and_described() -> None:
    for name, entry in faults.load().entries.items():
        assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name)
        assert entry.violates, f"{name}: a fault violates a clause"
        assert entry.about.endswith("."), name


def test_no_variant_violates_anything() -> None:
    for name, entry in variants.load().entries.items():
        assert re.fullmatch(r"[a-z0-9]+([-_][a-z0-9]+)*", name)
        assert not entry.violates, name
        assert entry.about.endswith("."), name


def test_alterations_are_mounted_together() -> None:
    local = at("/fault/stream-forgets-done/variant/stream-crlf+stream-comments/v1")
    text = local.post("/chat/completions", json=chat_body(stream=True)).text
    assert "\r\n\r\n" in text
    assert ": keep-alive" in text
    assert "[DONE]" not in text
    assert at("/fault/no-such-fault/v1").get("/models").status_code == 404
    assert at("/fault/stream-forgets-done").get("/models").status_code == 404


def test_names_given_at_the_start_hold_for_v1() -> None:
    local = Local(create_app("other", ["models-rename-chat-flag"], ["extra-fields"]))
    entry = local.get("/models", headers={"Authorization": "Bearer other"}).json()["data"][0]
    assert "supports_chat_completion" in entry["capabilities"]
    assert "x_reference_extra" in entry
    with pytest.raises(KeyError):
        create_app(faults_=["no-such-fault"])


def test_nothing_of_the_suite_is_imported() -> None:
    """The reference reads the documents, not our schemas."""
    for path in PACKAGE.rglob("*.py"):
        for name in imported(path):
            ours = name.split(".")[0] in ("fixtures", "schemas", "suites", "reports", "tests")
            assert not ours or name.startswith("fixtures.reference"), path


def test_the_honest_app_knows_no_fault() -> None:
    reached, waiting = set(), {"fixtures.reference.app"}
    while waiting:
        module = waiting.pop()
        reached.add(module)
        path = PACKAGE / (module.split(".", 2)[2].replace(".", "/") + ".py")
        names = {n for n in imported(path) if n.startswith("fixtures.reference.")}
        waiting |= names - reached
    assert "fixtures.reference.tokenizer" in reached
    assert not {n for n in reached if n.split(".")[2] in ("faults", "variants", "alter", "asgi")}


def imported(path: Path) -> set[str]:
    """Names of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module == "fixtures.reference":
            names |= {f"fixtures.reference.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def altered(entry: Alteration, reply: Reply, request: Request) -> Reply:
    async def handler(_: Request) -> Reply:
        return reply

    return asyncio.run(_awaited(entry, handler, request))


async def _awaited(entry: Alteration, handler: object, request: Request) -> Reply:
    return await entry.around(handler)(request)  # type: ignore[arg-type]


def request(body: bytes = b"{}", nth_: int = 1) -> Request:
    return Request("POST", "/chat/completions", [], body, nth=nth_)


def test_hooks_take_what_they_need() -> None:
    entry = Alteration("an-example", "Shows.")

    @entry.request
    async def _(request: Request) -> None:
        request.json["seen"] = request.asked.get("seen", 0) + 1
        request.method = "PUT"

    @entry.answer
    def _(answer: Answer) -> None:
        answer.json["status"] = answer.status = 201

    asked = request(b'{"seen": 1}')
    reply = altered(entry, answer({}), asked)
    assert (asked.method, asked.body) == ("PUT", b'{"seen": 2}')
    assert isinstance(reply, Answer)
    assert (reply.status, reply.body) == (201, b'{"status": 201}')


def test_a_hook_may_answer_or_hang_up_in_place_of_the_app() -> None:
    entry, rude = Alteration("an-answer", "Answers."), Alteration("a-cut", "Cuts.")

    @entry.instead
    def _() -> Reply:
        return answer({}, 503)

    @rude.instead
    def _() -> None:
        raise Cut

    assert altered(entry, answer({}), request()).status == 503
    with pytest.raises(Cut):
        altered(rude, answer({}), request())


def test_a_stream_may_become_an_answer() -> None:
    entry = Alteration("no-stream", "Answers in one piece.")

    @entry.reply
    async def _(reply: Reply) -> Reply | None:
        return None if isinstance(reply, Answer) else answer({"whole": True})

    async def frames() -> Frames:
        yield Frame({})

    reply = altered(entry, stream(frames()), request())
    assert isinstance(reply, Answer)
    assert reply.json == {"whole": True}


def test_untouched_bodies_keep_their_bytes() -> None:
    for body in (b'{ "a": 1.0 }', b'{"a": NaN}', b'{"a": "\\ud800"}', b"\xff", b"[" * 9999):
        asked = request(body)
        assert asked.json is None or asked.json
        asked.seal()
        assert asked.body == body


def test_conditions() -> None:
    assert streamed(request(b'{"stream": true}'))
    assert not streamed(request(b"[]"))
    assert on("/chat/")(request())
    assert not on("/chat")(request())
    assert asking(n=2, a=...)(request(b'{"n": 2, "a": 0}'))
    assert not asking(n=...)(request())
    assert [nth(3)(request(nth_=n)) for n in (1, 2, 3)] == [False, False, True]
    third = every(3)
    assert [third(request()) for _ in range(6)] == [False, False, True, False, False, True]


def test_requests_of_a_connection_are_counted() -> None:
    register = Register("fault")
    register.add(Alteration("once", "Once."))
    with pytest.raises(ValueError, match="two faults named 'once'"):
        register.add(Alteration("once", "Twice."))
    local = at("/v1")
    local.get("/models")
    local.get("/models")
    assert local.connection["requests"] == 2


def test_lawful_streams_tell_the_same() -> None:
    plain = joined(HONEST.chunks("Count from 1 to 20"))
    for name in ("stream-usage-on-last-chunk", "extra-fields"):
        local = at(f"/variant/{name}/v1")
        assert joined(local.chunks("Count from 1 to 20")) == plain
    body = chat_body(stream=True, stream_options={"include_usage": True})
    local = at("/variant/stream-usage-on-last-chunk/v1")
    *_, last, done = events(local.post("/chat/completions", json=body))
    assert done == "[DONE]"
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["total_tokens"] == 10
