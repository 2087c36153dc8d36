"""Bodies, loaded into the types that OpenAI publishes; one line of JSON for each complaint.

The types do not validate by themselves: the SDK builds them of anything. Here they do. What the
Response object lacks is not asked: the vendor's own example lacks most of it.
"""

from __future__ import annotations

import json
from typing import Any

from openai.types import Completion, Model, chat, responses
from openai.types.audio import Transcription

KINDS: dict[str, Any] = {
    "Model": Model,
    "ChatCompletion": chat.ChatCompletion,
    "Completion": Completion,
    "ChatCompletionChunk": chat.ChatCompletionChunk,
    "Response": responses.Response,
    "Transcription": Transcription,
}
FILLED = {
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "metadata": None,
    "temperature": None,
    "top_p": None,
}
ITEM = {"id": "item", "status": "completed", "role": "assistant", "summary": []}
USAGE = {
    "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
    "output_tokens_details": {"reasoning_tokens": 0},
}


def _filled(body: Any) -> Any:
    body = {**FILLED, **body}
    if isinstance(body.get("usage"), dict):
        usage = body["usage"]
        deep = {key: {**USAGE[key], **(usage.get(key) or {})} for key in USAGE}
        body["usage"] = {**usage, **deep}
    if isinstance(body.get("output"), list):
        body["output"] = [_item(one) for one in body["output"]]
    return body


def _item(one: Any) -> Any:
    if not isinstance(one, dict) or one.get("type") != "message":
        return one
    return {**ITEM, **one, "content": _parts(one.get("content"))}


def _parts(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    return [{"annotations": [], **one} if isinstance(one, dict) else one for one in content]


def complain(at: Any) -> None:
    """Load each of BODIES, which are (name, type, body)."""
    for name, kind, body in at.BODIES:
        try:
            KINDS[kind].model_validate(_filled(body) if kind == "Response" else body)
        except Exception as error:  # noqa: BLE001  (whatever ends it is what is said of the body)
            listed = getattr(error, "errors", lambda e=error: [{"loc": [], "msg": str(e)}])()
            for each in listed:
                place = "/" + "/".join(map(str, each["loc"]))
                print(json.dumps([name, kind, place, each.get("type", ""), each["msg"]]))
