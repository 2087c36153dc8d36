"""Pictures and sounds beside a question, for probes of chat."""

from __future__ import annotations

import base64
from typing import Any

from fixtures import audio, images

COLOUR = "What colour is this image? Answer with one word."

SAID = "What is this audio file about?"


def image(url: str) -> dict[str, Any]:
    """The part that shows an image."""
    return {"type": "image_url", "image_url": {"url": url}}


def sound(file: str, form: str) -> dict[str, Any]:
    """The part that plays a clip."""
    data = base64.b64encode(audio.clip(file).data).decode()
    return {"type": "input_audio", "input_audio": {"data": data, "format": form}}


def beside(text: str, part: dict[str, Any]) -> list[dict[str, Any]]:
    """One message with a text and another part."""
    return [{"role": "user", "content": [{"type": "text", "text": text}, part]}]


def shown(text: str, colour: str) -> list[dict[str, Any]]:
    """One message with a text and an image of one colour."""
    return beside(text, image(images.image(colour).url))
