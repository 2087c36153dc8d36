"""Good bodies, rich enough to hold every field that a table names."""

from typing import Any

NOW = 1749600000
USAGE = {"prompt_tokens": 12, "completion_tokens": 10, "total_tokens": 22}
RESPONSES_USAGE = {"input_tokens": 12, "output_tokens": 10, "total_tokens": 22}
CALL = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
MODEL = {
    "id": "hypernova-60b",
    "created": NOW,
    "object": "model",
    "owned_by": "multiverse_computing",
    "parameters_number": "60B",
    "capabilities": {
        "supports_audio": False,
        "supports_image": False,
        "supports_function_calling": True,
        "support_chat_completion": True,
        "supports_responses": True,
    },
}
MESSAGE = {
    "type": "message",
    "id": "msg_1",
    "status": "completed",
    "role": "assistant",
    "content": [{"type": "output_text", "text": "Hello!"}],
}
RESPONSE = {
    "id": "resp_123",
    "object": "response",
    "created_at": NOW,
    "model": "hypernova-60b",
    "status": "completed",
    "output": [{"type": "reasoning", "summary": []}, MESSAGE],
    "usage": RESPONSES_USAGE,
    "completed_at": NOW + 5,
}
OPENAI = {
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "parallel_tool_calls": True,
    "tools": [],
    "tool_choice": "auto",
    "metadata": {},
    "temperature": 1.0,
    "top_p": 1.0,
    "text": {"format": {"type": "text"}},
    "truncation": "disabled",
    "output": [MESSAGE],
}
FRAGMENT = {"index": 0, "id": "call_1", "type": "function", "function": CALL["function"]}

GOOD: dict[str, list[Any]] = {
    "models.list": [{"object": "list", "data": [MODEL]}],
    "models.object": [MODEL],
    "chat.response": [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": NOW,
            "model": "hypernova-60b",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello", "tool_calls": [CALL]},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": USAGE,
        }
    ],
    "chat.chunk": [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": NOW,
            "model": "hypernova-60b",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": "He", "tool_calls": [FRAGMENT]},
                    "logprobs": None,
                    "finish_reason": None,
                }
            ],
            "usage": USAGE,
        }
    ],
    "completions.response": [
        {
            "id": "cmpl-1",
            "object": "text_completion",
            "created": NOW,
            "model": "hypernova-60b",
            "choices": [{"text": "Paris", "index": 0, "logprobs": None, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    ],
    "completions.chunk": [
        {
            "id": "cmpl-1",
            "object": "text_completion",
            "choices": [{"text": "Pa", "index": 0, "finish_reason": None}],
        }
    ],
    "responses.response": [RESPONSE],
    "responses.openai": [OPENAI],
    "responses.event": [
        {"type": "response.completed", "sequence_number": 9, "response": RESPONSE},
        {"type": "response.output_text.delta", "sequence_number": 4, "delta": "He"},
        {"type": "response.output_text.done", "sequence_number": 5, "text": "Hello!"},
    ],
    "audio.response": [
        {
            "task": "transcribe",
            "language": "en",
            "duration": 7.5,
            "text": "Welcome.",
            "segments": [
                {
                    "id": 0,
                    "start": 0.0,
                    "end": 7.5,
                    "text": "Welcome.",
                    "temperature": 0,
                    "avg_logprob": -0.12,
                    "no_speech_prob": 0.01,
                }
            ],
        }
    ],
    "embeddings.response": [
        {
            "object": "list",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}],
            "model": "nomic-embed-text",
            "usage": {"prompt_tokens": 2, "total_tokens": 2},
        }
    ],
    "error": [
        {
            "error": {"message": "No.", "type": "invalid", "param": None, "code": None},
            "detail": [{"loc": ["body", "n"], "msg": "No.", "type": "value_error"}],
        }
    ],
}

BASE: dict[str, dict[str, Any]] = {
    "chat.request": {"model": "m", "messages": [{"role": "user", "content": "Say OK"}]},
    "completions.request": {"model": "m", "prompt": "The capital of France is"},
    "responses.request": {"model": "m", "input": "Say OK"},
    "audio.request": {"file": b"RIFF", "model": "m"},
    "embeddings.request": {"model": "m", "input": "Hello world"},
}
