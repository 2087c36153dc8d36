"""What the guide's snippets take for granted, and what is called of what they define.

The former return the names that a snippet finds; the latter take what it left.
"""

from __future__ import annotations

import os
from typing import Any

from openai import OpenAI

ASKED = [{"role": "user", "content": "Say OK"}]


def names(_: Any) -> dict[str, Any]:
    """What is imported."""
    return {"os": os, "OpenAI": OpenAI}


def client(at: Any) -> dict[str, Any]:
    """What is imported, and a client."""
    made = OpenAI(base_url=at.BASE_URL, api_key=at.API_KEY)
    return {"os": os, "OpenAI": OpenAI, "client": made}


def conversation(at: Any) -> None:
    """Three answers of one conversation."""
    talk = at.Conversation(at.client)
    for said in ("My name is Ada.", "Hello!", "Bye!"):
        print(talk.send(said, model=at.MODEL, max_tokens=24))


def providers(at: Any) -> None:
    """An answer of each provider."""
    for name in ("local", "cloud"):
        response = at.MultiProviderClient(name).chat(ASKED, max_tokens=8)
        print(response.choices[0].message.content)


def response(at: Any) -> dict[str, Any]:
    """A client, and an answer of its."""
    found = client(at)
    create: Any = found["client"].chat.completions.create
    return {**found, "response": create(model=at.MODEL, max_tokens=8, messages=ASKED)}


def usage(at: Any) -> None:
    """The counts of tokens."""
    print(at.prompt_tokens, at.completion_tokens, at.total_tokens)


def key(at: Any) -> dict[str, Any]:
    """The key by the name that LiteLLM's page gives it."""
    return {"your_api_key": at.API_KEY}


def listed(at: Any) -> None:
    """The ids of the models that the snippet read."""
    for each in at.models["data"]:
        print(each["id"])
