"""Each route under drawn requests: the borders of its table at standard, thousands at deep.

Whatever is promised of a request is held: accepted is answered, refused is a 4xx, anything else
is one of both, in JSON, and never a 5xx. The invariants judge each of these exchanges besides.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, islice
from typing import TYPE_CHECKING

from schemas import shell
from schemas.outcomes import Inconclusive, NotApplicable, NotRun, Untestable
from suites.engine import verify
from suites.engine.checks import Cases, Check, Findings, case, checks
from suites.engine.speech import plain
from suites.fuzz import generated, paths, plan
from suites.fuzz.cases import Target, target, turns
from suites.fuzz.drive import Hunt
from suites.fuzz.paths import MODELS
from suites.fuzz.verdict import speakable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.target.setup import Setup
    from fixtures.transport.exchange import Exchange, Request
    from schemas.contract import Contract
    from suites.fuzz.cases import Case

CLAUSE = "ERR-5XX-01"
# Time-outs that a hunt may run into before it gives up.
PATIENCE = 3
# Borders that are sent before anything is drawn, which takes seconds to begin with.
FIRST = 100
TRICKS = 4
# Of each listed model, other suites ask; a few show that the link holds.
LINKS = 1


def _cases(tier: str) -> Cases:
    """A case for each operation that takes a body and gets drawn requests."""

    def cases(contract: Contract) -> Iterator[Check]:
        for endpoint, one in contract.operations.items():
            if one.drawn and one.request:
                also = speakable(contract, one)
                made = case(CLAUSE, f"{endpoint} {tier}", tier=tier, on=endpoint)
                yield replace(made, also=also, last=True)

    return cases


def _models_cases() -> list[Check]:
    also = ("MODELS-GET-01", "MODELS-GET-03")
    return [
        replace(case(CLAUSE, f"{MODELS} {tier}", tier=tier, tier_=tier), also=also, last=True)
        for tier in ("standard", "deep")
    ]


@checks(_cases("standard"))
def test_borders_of_each_field_are_answered_or_refused(dut: Deployment, on: str) -> Findings:
    """Values at the borders of each documented field are accepted or refused as documented."""
    hunt = _hunt(_target(dut, on), dut.send)
    yield from _results(hunt, plan.standard(hunt.target))


@checks(_cases("deep"))
def test_drawn_requests_are_answered_or_refused(dut: Deployment, on: str) -> Findings:
    """Thousands of drawn requests are accepted or refused as documented, and none crashes."""
    hunt = _hunt(_target(dut, on), dut.once, _share(dut, on))
    drawn = generated.first(hunt.target, dut.setup.seed, max(_deep(dut, on), hunt.most or 0))
    every = plan.every(hunt.target)
    yield from _results(hunt, chain(islice(every, FIRST), turns([every, drawn])))


@checks(_models_cases())
def test_odd_paths_of_models_are_found_or_refused(dut: Deployment, tier_: str) -> Findings:
    """Odd model ids and paths below /models are found or refused, and none crashes."""
    operation = dut.contract.operations.get(MODELS)
    if operation is None:
        raise NotApplicable(f"{MODELS} is not offered")
    hunt = _hunt(Target(dut, operation, dut.cast.model("chat")), dut.send)
    linked = islice(paths.followed(dut), LINKS)
    cases: Iterable[Case] = chain(linked, islice(paths.tricks(dut), TRICKS))
    if tier_ == "deep":
        hunt.most = _share(dut, MODELS)
        cases = chain(
            paths.followed(dut),
            paths.used(dut),
            paths.tricks(dut),
            islice(paths.drawn(dut, dut.setup.seed), max(_deep(dut, MODELS), hunt.most or 0)),
        )
    yield from _results(hunt, cases)


def _hunt(on: Target, ask: Callable[[Request], Exchange], most: int | None = None) -> Hunt:
    setup = on.dut.setup
    return Hunt(on, ask, setup.fuzz_case, most, PATIENCE * setup.request_timeout)


def _target(dut: Deployment, operation: str) -> Target:
    """What is hunted on, once its plain request works. Raises NotApplicable or Untestable."""
    one = dut.contract.operations.get(operation)
    if one is None:
        raise NotApplicable(f"{operation} is not offered")
    found = target(dut, one, plain(dut) if one.is_form else None)
    if any(True for _ in verify.accepted(dut.send(found.request(found.plain)))):
        raise Untestable(f"the plain request of {operation} fails")
    return found


def _share(dut: Deployment, on: str) -> int | None:
    """What is left of the run's budget for this route, when the routes after it get theirs.

    So a budget bounds the deep tier, and what the borders said of the clause stands.
    """
    allowance = dut.client.allowance
    if allowance.requests is None:
        return None
    left = allowance.requests - allowance.spent()["sent"]
    drawn = sorted(dut.contract.operations, key=lambda each: each == MODELS)  # as they are run
    after = sum(_deep(dut, each) for each in drawn[drawn.index(on) :])
    return left * _deep(dut, on) // max(after, 1)


def _deep(dut: Deployment, endpoint: str) -> int:
    """Drawn requests of the deep tier, besides all borders; a larger budget is used up."""
    drawn = dut.contract.operations[endpoint].drawn
    return drawn.deep if drawn else 0


def _again(setup: Setup) -> str:
    """The command that draws the same requests on the same deployment, up to the id of one."""
    given = {"--profile": setup.profile, "--tier": setup.tier, "--seed": setup.seed}
    if not setup.reference:
        given = {"--base-url": setup.base_url, "--api-key-env": setup.key_env, **given}
    options = [f"{name}={value}" for name, value in given.items()]
    options += [
        f"--model={role}={each}" if role else f"--model={each}" for role, each in setup.models
    ]
    return f"pytest suites/fuzz {shell.line(options)} --fuzz-case="


def _results(hunt: Hunt, cases: Iterable[Case]) -> Findings:
    """What the hunt found; a budget that ends it early is no reason to say nothing."""
    setup = hunt.target.dut.setup
    hunt.run(cases)
    yield from hunt.findings(_again(setup))
    if hunt.lacking:
        raise hunt.lacking
    if not hunt.sent and hunt.most is None:
        raise NotRun("no such request here" if setup.fuzz_case else "the budget is spent")
    if hunt.weary:
        raise Inconclusive(
            f"given up: {hunt.troubled} requests met trouble, {hunt.lost:.0f} s brought no answer"
        )
