"""LiteLLM, on its route compactifai/: one function a capability, and what else it offers."""

from __future__ import annotations

from typing import Any

import litellm


def _at(at: Any) -> dict[str, Any]:
    model = f"compactifai/{at.MODEL}"
    return {"api_base": at.BASE_URL, "model": model, "num_retries": 0, "max_retries": 0}


def chat(at: Any) -> None:
    """The content of a chat answer."""
    response = litellm.completion(**_at(at), **at.ASKED)
    print(response.choices[0].message.content)


def chat_stream(at: Any) -> None:
    """The text of a chat stream."""
    for chunk in litellm.completion(**_at(at), **at.ASKED):
        for choice in chunk.choices:
            print(choice.delta.content or "", end="")


def ask(at: Any) -> None:
    """A chat, of which nothing is printed: what it raises is asked."""
    litellm.completion(**_at(at), **at.ASKED)


def forced_call(at: Any) -> None:
    """The names of the functions that the model calls."""
    response = litellm.completion(**_at(at), **at.ASKED)
    for call in response.choices[0].message.tool_calls:
        print(call.function.name)


def text_completion(at: Any) -> None:
    """The text of a completion, on the route compactifai/."""
    response = litellm.text_completion(**_at(at), **at.ASKED)
    print(response.choices[0].text)


def text_of_openai(at: Any) -> None:
    """The text of a completion, on the route text-completion-openai/."""
    address = {**_at(at), "model": f"text-completion-openai/{at.MODEL}"}
    response = litellm.text_completion(**address, api_key=at.API_KEY, **at.ASKED)
    print(response.choices[0].text)
