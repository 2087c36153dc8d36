"""Ignored fields of a transcription request: without them and with them, the answer is alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fixtures.audio import clip
from fixtures.transport.document import dicts
from schemas.outcomes import NoControl, Untestable
from suites.engine import verify
from suites.engine.checks import Findings, case, checks
from suites.engine.speech import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

KIND = "audio.request"
VERBOSE: Mapping[str, Any] = {"response_format": "verbose_json"}
APART = 0.5
IGNORED = ("include", "timestamp_granularities", "chunking_strategy")
# A pause is what a strategy of chunking could act on.
PAUSES = "meeting_minutes.mp3"
# As in the printed request, which is sent with that file anyway.
PRINTED: Mapping[str, Any] = {"language": "en", "temperature": 0}


@dataclass(frozen=True)
class Face:
    """What of an answer an ignored field must leave as it is: its keys, and its segments."""

    keys: tuple[str, ...]
    spans: tuple[tuple[float, float], ...]

    def is_like(self, other: Face) -> bool:
        """Whether keys are equal, and segments about the same."""
        return (
            self.keys == other.keys
            and len(self.spans) == len(other.spans)
            and all(
                abs(mine - yours) < APART
                for span, its in zip(self.spans, other.spans, strict=True)
                for mine, yours in zip(span, its, strict=True)
            )
        )


@checks(
    [
        case("AUDIO-IGN-INCLUDE-02", "include", name="include", file="", forms=({},)),
        case(
            "AUDIO-IGN-GRANULARITY-02",
            "timestamp_granularities",
            name="timestamp_granularities",
            file="",
            forms=({}, VERBOSE),
        ),
        case(
            "AUDIO-IGN-CHUNKING-02",
            "chunking_strategy",
            name="chunking_strategy",
            file=PAUSES,
            forms=({},),
        ),
    ]
)
def test_ignored_field_has_no_effect(
    dut: Deployment, name: str, file: str, forms: tuple[Mapping[str, Any], ...]
) -> Findings:
    """With the field the answer has the keys and the segments that it has without.

    A difference counts when it comes again while the requests without the field agree.
    """
    if dut.setup.tier != "deep" and _none_has_an_effect(dut):
        return
    sent = clip(file) if file else plain(dut)
    for form in forms:

        def look(sample: int, form: Mapping[str, Any] = form, **fields: Any) -> Face:
            return face(dut.transcribe(sent, sample=sample, **form, **fields))

        for value in dut.contract.bodies.rows(KIND)[name].example[: 1 if form else None]:
            if (changed := _change(look, name, value)) is None:
                continue
            exchange = dut.transcribe(sent, **form, **{name: value})
            expected, actual = _difference(*changed)
            yield verify.deviation(exchange, expected, actual=f"{actual}, with {name} {value!r}")


def _none_has_an_effect(dut: Deployment) -> bool:
    """Whether the answer is alike with all ignored fields at once; then each is ignored."""
    rows = dut.contract.bodies.rows(KIND)
    every: dict[str, Any] = {name: rows[name].example[0] for name in IGNORED}
    without, with_them = (
        dut.transcribe(clip(PAUSES), **PRINTED, **fields) for fields in ({}, {**VERBOSE, **every})
    )
    return without.ok and with_them.ok and face(with_them).is_like(face(without))


def face(exchange: Exchange) -> Face:
    """The face of an answer. Raises Inconclusive, and Untestable when it is none."""
    verify.conclusive(exchange)
    document = exchange.document
    if not exchange.ok or not isinstance(document, dict):
        raise Untestable("there is no JSON object to compare, which is another clause's finding")
    parts = dicts(document.get("segments"))
    keys = {key for key, value in document.items() if value is not None}
    keys |= {
        f"segments/{key}" for each in parts for key, value in each.items() if value is not None
    }
    spans = tuple((_time(each, "start"), _time(each, "end")) for each in parts)
    return Face(tuple(sorted(keys)), spans)


def _difference(without: Face, with_: Face) -> tuple[str, str]:
    """What was expected and what came, in what the two faces differ."""
    lost = sorted(set(without.keys) - set(with_.keys))
    new = sorted(set(with_.keys) - set(without.keys))
    if lost or new:
        return "the keys of the answer without it", f"more: {new}, missing: {lost}"
    shown = (f"segments at {verify.show(each.spans)}" for each in (without, with_))
    return next(shown), next(shown)


def _change(look: Callable[..., Face], name: str, value: object) -> tuple[Face, Face] | None:
    """The faces without and with the field, when they differ again and again."""
    without, with_ = look(0), look(0, **{name: value})
    if with_.is_like(without):
        return None
    if not look(1).is_like(without):
        raise NoControl("two answers to the same request differ, so an effect cannot be seen")
    return None if look(1, **{name: value}).is_like(without) else (without, with_)


def _given(value: Mapping[str, Any], prefix: str = "") -> set[str]:
    """The keys that hold something."""
    return {prefix + key for key, each in value.items() if each is not None}


def _time(segment: Mapping[str, Any], name: str) -> float:
    value = segment.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
