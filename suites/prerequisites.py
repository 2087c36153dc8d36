"""What must work before a clause can be judged, so that one defect turns one clause red.

When a plain chat request fails, that is CHAT-PATH-01; the other chat clauses are then untestable,
which is red too, and says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fixtures.outcomes import NotApplicable, Untestable
from schemas import contract
from schemas.records import Judgement, Result
from suites.speech import plain
from suites.verify import accepted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fixtures.cast import Cast
    from fixtures.deployment import Deployment
    from fixtures.exchange import Exchange
    from suites.checks import Check

Probe = tuple[str, "Callable[[Deployment], Exchange]"]

BY_ENDPOINT: dict[str, Probe] = {
    "GET /models": ("MODELS-LIST-01", lambda dut: dut.models()),
    "GET /models/{model_id}": ("MODELS-LIST-01", lambda dut: dut.models()),
    "POST /chat/completions": ("CHAT-PATH-01", lambda dut: dut.chat()),
    "POST /completions": ("COMP-PATH-01", lambda dut: dut.completions()),
    "POST /responses": ("RESP-PATH-01", lambda dut: dut.responses()),
    "POST /audio/transcriptions": ("AUDIO-PATH-01", lambda dut: dut.transcribe(plain(dut))),
}
BY_AREA: dict[str, Probe] = {
    "chat-stream": ("STREAM-CHAT-CTYPE-01", lambda dut: dut.chat(stream=True)),
    "responses-stream": ("STREAM-RESP-CTYPE-01", lambda dut: dut.responses(stream=True)),
}

# They ask each model by itself: one that fails must not hide what the others do.
EACH_MODEL = frozenset({"RESP-GATE-01", "RESP-GATE-06"})


def unserved(cast: Cast) -> Iterator[Judgement]:
    """What is said of the clauses that need a model which this deployment does not have.

    Some are decided by judges of answers alone, and of an endpoint that no model serves there are
    none. Whatever else was said of a clause counts before this.
    """
    for clause in contract.load().clauses.values():
        try:
            for role in clause.needs:
                cast.model(role)
        except NotApplicable as why:
            yield Judgement((clause.id,), "models", Result.NOT_APPLICABLE, str(why))
        except Untestable:
            continue


def require(case: Check, dut: Deployment) -> None:
    """Raise NotApplicable or Untestable when the clause of this check cannot be judged."""
    clause = dut.contract.clauses[case.clause]
    if case.sent:
        for role in (*clause.needs, *case.needs):
            dut.cast.model(role)
        for probe in (BY_ENDPOINT.get(clause.endpoint), BY_AREA.get(clause.area)):
            if probe and probe[0] != clause.id and clause.id not in EACH_MODEL:
                _works(probe, dut)
    dut.used = []


def _works(probe: Probe, dut: Deployment) -> None:
    clause, ask = probe
    if any(True for _ in accepted(ask(dut))):
        raise Untestable(f"the plain request fails: see {clause}")
