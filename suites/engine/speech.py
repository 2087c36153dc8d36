"""What a deployment hears: which clip to upload, and whether its words came back.

The words are compared generously, because the error rate is the model's: half of them may be
missing, wrong or made up. What fails that on clear speech is not a transcription of it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from fixtures.audio import Clip, speech
from schemas.outcomes import Untestable
from suites.engine import verify

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

OPERATION = "POST /audio/transcriptions"
MOST_ERRORS = 0.5


def plain(dut: Deployment) -> Clip:
    """The clip that the plain request uploads: the wav file, or mp3 where wav is not taken."""
    wav = speech("wav")
    if any(True for _ in verify.accepted(dut.transcribe(wav))):
        mp3 = speech("mp3")
        return wav if any(True for _ in verify.accepted(dut.transcribe(mp3))) else mp3
    return wav


def ask(dut: Deployment, *, sample: int = 0, **fields: Any) -> Exchange:
    """The plain request, varied by the fields given."""
    return dut.transcribe(plain(dut), sample=sample, **fields)


def made(file: str, media: str, data: bytes) -> Clip:
    """An upload of any bytes under any name: nothing is known to be said in it."""
    return Clip(file, "", "en", 0.0, "", media, data)


def text_of(exchange: Exchange) -> str:
    """The transcript. Raises Inconclusive, and Untestable where there is none."""
    verify.conclusive(exchange)
    text = exchange.value("text")
    if not isinstance(text, str):
        raise Untestable("the transcript is no string: see AUDIO-OUT-TEXT-01")
    return text


def heard(exchange: Exchange, clip: Clip) -> bool:
    """Whether the transcript is of what is said in the clip."""
    return exchange.ok and errors(clip.words, text_of(exchange)) <= MOST_ERRORS


def errors(said: str, transcript: str) -> float:
    """The word error rate: words to change, leave out or add, for each word that was said."""
    wanted, got = words(said), words(transcript)
    row = list(range(len(got) + 1))
    for number, word in enumerate(wanted, 1):
        last, row[0] = row[0], number
        for place, other in enumerate(got, 1):
            cost = min(last + (word != other), row[place] + 1, row[place - 1] + 1)
            last, row[place] = row[place], cost
    return row[-1] / max(len(wanted), 1)


def words(text: str) -> list[str]:
    """The words of a text, without case, accents, punctuation and markup."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    return re.findall(r"[a-z0-9']+", bare)
