"""LiteLLM, asynchronous, on its route compactifai/."""

from __future__ import annotations

import asyncio
from typing import Any

import litellm


def _at(at: Any) -> dict[str, Any]:
    model = f"compactifai/{at.MODEL}"
    return {"api_base": at.BASE_URL, "model": model, "num_retries": 0, "max_retries": 0}


async def chat(at: Any) -> None:
    """The content of a chat answer."""
    response = await litellm.acompletion(**_at(at), **at.ASKED)
    print(response.choices[0].message.content)


async def chat_stream(at: Any) -> None:
    """The text of a chat stream."""
    async for chunk in await litellm.acompletion(**_at(at), **at.ASKED):
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")


async def together(at: Any) -> None:
    """Several chats at a time. All are waited for: what one leaves underway would meet the next
    program.
    """
    underway = []
    for number in range(at.WORDS):
        asked = {**at.ASKED, "messages": [{"role": "user", "content": f"Say {number}"}]}
        underway.append(litellm.acompletion(**_at(at), **asked))
    answers = await asyncio.gather(*underway, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        print(answer.choices[0].message.content)
