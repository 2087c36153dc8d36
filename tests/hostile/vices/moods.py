"""Honest parts in the wrong order, at the wrong time, to the wrong one."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from tests.hostile.ground import (
    BLAMED,
    CHAT,
    CONFORMANT,
    LIES,
    MODELS,
    ODD,
    POSTS,
    RUDE,
    Call,
    anything,
    hostile,
)


@hostile(LIES, CHAT)
async def answers_with_the_last_answer(call: Call) -> None:
    """Answers are swapped: each one gets what the one before asked for."""
    reply = await call.honest()
    await call.send(call.kept.get("last") or reply)
    call.kept["last"] = reply


@hostile(BLAMED, CHAT)
async def answers_from_a_stale_cache(call: Call) -> None:
    call.kept.setdefault("first", await call.honest())
    await call.send(call.kept["first"].with_header("age", "99999999"))


@hostile(BLAMED, POSTS)
async def answers_the_list_to_all(call: Call) -> None:
    await call.answer(json={"object": "list", "data": []})


@hostile(LIES, anything)
async def answers_the_same_to_all(call: Call) -> None:
    await call.answer(json={})


@hostile(LIES, MODELS)
async def lists_other_models_each_time(call: Call) -> None:
    body = (await call.honest()).json
    body["data"][0]["id"] = f"model-{random.random()}"
    await call.answer(json=body)


@hostile(LIES, MODELS)
async def lists_nothing(call: Call) -> None:
    await call.answer(json={"object": "list", "data": []})


@hostile(BLAMED, CHAT)
async def swallows_the_end_of_texts(call: Call) -> None:
    def amend(body: Any) -> None:
        body["choices"][0]["message"]["content"] = "\x1b]8;;http://127.0.0.1:9\x07\u202e" * 99
        body["usage"]["total_tokens"] += 1

    await call.send(await call.amended(amend))


@hostile(LIES, CHAT)
async def counts_a_billion_tokens(call: Call) -> None:
    usage = {"prompt_tokens": 10**9, "completion_tokens": 10**9, "total_tokens": 2 * 10**9}
    await call.send(await call.amended(lambda body: body.update(usage=usage)))


@hostile(ODD, CHAT)
async def calls_itself_by_program_text(call: Call) -> None:
    text = f"'; touch {call.world.canary}; '\"$(touch {call.world.canary})"
    extra = {"id": text, "system_fingerprint": text, "service_tier": text, "x": {text: [text]}}
    reply = await call.amended(lambda body: body.update(extra))
    await call.send(reply.with_header("x-request-id", "$(id)`id`"))


@hostile(RUDE, CHAT)
async def calls_functions_that_were_not_offered(call: Call) -> None:
    """A tool call whose arguments are program text."""
    text = f"__import__('os').system('touch {call.world.canary}')"
    calls = [{"id": text, "type": "function", "function": {"name": text, "arguments": text}}]

    def amend(body: Any) -> None:
        body["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": calls}
        body["choices"][0]["finish_reason"] = "tool_calls"

    await call.send(await call.amended(amend))


@hostile(LIES, POSTS)
async def is_honest_to_the_first_ten_alone(call: Call) -> None:
    if call.nth < 10:
        return await call.pass_on()
    return await call.answer(200, b"\xff" * 1000)


@hostile(CONFORMANT, CHAT)
async def hurries_and_idles(call: Call) -> None:
    await asyncio.sleep(random.choice((0, 0, 0.5)))
    await call.pass_on()


@hostile(ODD, lambda call: call.header("user-agent") != "compactifai-conformance", tier="standard")
async def lies_to_other_clients(call: Call) -> None:
    """What the suite itself asks is answered honestly; its clients get a bomb or garbage."""
    await call.answer(200, b"[" * 1_000_000, headers={"Set-Cookie": "a=b", "X-Key": call.key})


@hostile(LIES, POSTS, tier="standard")
async def answers_clients_with_program_text(call: Call) -> None:
    text = f"'; touch {call.world.canary}; '$(touch {call.world.canary})\"; import os"
    await call.answer(200, text.encode(), headers={"Content-Type": "text/x-sh"})
