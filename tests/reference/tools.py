"""Tools that are offered to the reference."""

from __future__ import annotations

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {"location": {"type": "string"}},
            "required": ["location"],
        },
    },
}


CLOCK = {"type": "function", "function": {"name": "read_clock"}}
