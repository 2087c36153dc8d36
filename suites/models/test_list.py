"""The list of models, and what its entries say."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from fixtures.transport.exchange import Request
from schemas.outcomes import Inconclusive, NotApplicable, Untestable
from schemas.records import Observation
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.invariants.models import entries
from suites.support.probes import zipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange

APART = 1.1  # seconds: a time of creation that is the time of the call shows after one second
SPELLINGS = ("support_chat_completion", "supports_chat_completion")


@check("MODELS-LIST-01", tier="smoke")
def test_models_are_listed(dut: Deployment) -> Findings:
    """GET /models with the key is answered with 200 and JSON."""
    yield from verify.accepted(dut.models())


@check("MODELS-LIST-05")
def test_the_list_is_stable(dut: Deployment) -> Findings:
    """Lists fetched one after the other agree on ids, times of creation and capabilities.

    A list may change once while it is asked for, because a model was added; it may not change
    back and forth.
    """
    listings = [dut.models()]
    for sample in (1, 2, 3):
        if sample == 1 or _view(listings[-1]) != _view(listings[0]):
            time.sleep(max(0.0, listings[-1].at + APART - time.time()))
        request = Request("GET", "/models", sample=sample)
        # What is listed is the same to a client that takes gzip.
        listings.append(dut.send(zipped(request) if sample == 1 else request))
    yield from _stable(listings)


@check("MODELS-LIST-05", tier="deep")
def test_the_list_is_stable_under_load(dut: Deployment) -> Findings:
    """Twelve lists fetched at the same time agree: every replica knows the same models."""
    yield from _stable(dut.together([Request("GET", "/models", sample=9)] * 12))


@check("MODELS-LIST-06", tier="smoke")
def test_printed_models_are_compared(dut: Deployment) -> Findings:
    """The printed list is an example: which of its models are listed is told, and nothing asked."""
    printed = set(dut.contract.example_models)
    listed = {str(entry.get("id")) for entry in entries(dut.models())}
    if not printed:
        raise NotApplicable("the profile names no printed models")
    common = printed & listed
    side = "all" if common == printed else "some" if common else "none"
    yield Observation("printed_models", side)


@check("MODELS-CAP-02", tier="smoke")
def test_the_chat_flag_is_spelled_as_printed(dut: Deployment) -> Findings:
    """The chat flag of every model is support_chat_completion, as all printed entries have it."""
    listing = dut.models()
    flags = [entry["capabilities"] for entry in entries(listing) if _flagged(entry)]
    spelled = [name for name in SPELLINGS if any(name in each for each in flags)]
    yield Observation("chat_flag_spelling", ", ".join(spelled) or "none")
    for each in flags:
        if SPELLINGS[0] not in each:
            actual = ", ".join(sorted(each)) or "no flag"
            yield verify.deviation(listing, f"the key {SPELLINGS[0]}", actual=actual)


@check("MODELS-CAP-04", tier="smoke")
def test_whisper_models_hear_and_do_not_chat(dut: Deployment) -> Findings:
    """A listed Whisper model declares audio, and neither chat nor responses."""
    listing = dut.models()
    flagged = [entry for entry in entries(listing) if _flagged(entry)]
    whisper = [entry for entry in flagged if "whisper" in str(entry.get("id")).lower()]
    if not whisper:
        raise NotApplicable("no Whisper model is listed")
    for entry in whisper:
        flags = entry["capabilities"]
        wrong = [name for name in (SPELLINGS[0], "supports_responses") if flags.get(name) is True]
        wrong += ["no supports_audio"] if flags.get("supports_audio") is False else []
        if wrong:
            actual = f"{entry['id']}: {', '.join(wrong)}"
            yield verify.deviation(listing, "audio, and neither chat nor responses", actual=actual)
    heard = [entry for entry in flagged if entry["capabilities"].get("supports_audio") is True]
    chats = any(entry["capabilities"].get(SPELLINGS[0]) is True for entry in heard)
    yield Observation("audio_flag", "both" if chats else "transcription")


def _stable(listings: Sequence[Exchange]) -> Findings:
    for each in listings:
        verify.conclusive(each)
    views = [_view(each) for each in listings if each.ok]
    if len(views) < len(listings):
        raise Inconclusive("not every list was answered")
    changes = [n for n in range(1, len(views)) if views[n] != views[n - 1]]
    if len(changes) > 1:
        exchange = listings[changes[0]]
        actual = f"{len(set(map(str, views)))} lists in {len(views)} answers, {_difference(views)}"
        yield verify.deviation(exchange, "the same list each time", actual=actual, where="/data")


def _view(listing: Exchange) -> dict[str, Any]:
    """What has to be stable, by id: the order of the list is free."""
    if not entries(listing):
        raise Untestable("nothing is listed: see MODELS-LIST-03")
    return {
        str(entry.get("id")): (entry.get("created"), entry.get("capabilities"))
        for entry in entries(listing)
    }


def _difference(views: Sequence[dict[str, Any]]) -> str:
    first, second = next((a, b) for a, b in pairwise(views) if a != b)
    names = [name for name in {**first, **second} if first.get(name) != second.get(name)]
    return f"first in {', '.join(sorted(names)[:3])}"


def _flagged(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("capabilities"), dict)
