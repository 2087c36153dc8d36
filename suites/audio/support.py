"""What the uploads of several checks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


MEETING = "meeting_minutes.mp3"
