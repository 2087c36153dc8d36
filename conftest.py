"""Wiring: registers the plugins, and connects the client's exchanges to judge and recorder."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.redaction.secret import Redactor
from fixtures.session import control, ending, facts, har_import, keys, run
from fixtures.session import plugin as fixtures_plugin
from fixtures.session.replay_client import Replies
from fixtures.target.setup import Setup
from fixtures.transport import har
from reports import allure, compared, fingerprint, output, progress, signoff, waivers
from reports.console import Console
from reports.evidence import Evidence, HarError, entries, whole
from reports.plugin import Facts, Reporter
from reports.verdicts import Scope
from schemas import files, profiles, records
from schemas.outcomes import NotRun
from suites.engine import catalogue, judge, offline, prerequisites
from suites.engine import plugin as suites_plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange
    from schemas.contract import Contract
    from schemas.records import Judgement

pytest_plugins = ["fixtures.session.plugin", "suites.engine.plugin"]
VERSION = metadata.version("compactifai-conformance")
REPORTER = "conformance-reporter"
NOWHERE = "http://nowhere.invalid"
REDACTOR = pytest.StashKey[Redactor]()
RECORDING = pytest.StashKey[har_import.Recording]()


@dataclass(frozen=True)
class Wiring:
    """Where the exchanges of this process go: into the evidence, and before the judge.

    Nothing is written down that `redactor` has not cleaned.
    """

    base_url: str
    contract: Contract
    evidence: Evidence
    ledger: Path
    redactor: Redactor
    broke: Callable[[str], None]
    broken: list[str] = field(default_factory=list)

    def keep(self, exchange: Exchange) -> None:
        """Record an exchange, in whatever thread it ended."""
        try:
            self.evidence.add(har.to_entry(exchange, self.base_url))
        except OSError as error:
            self._stop(error)

    def judge(self, exchange: Exchange) -> None:
        """Judge an exchange that was recorded. Raises NotRun when nothing can be recorded."""
        for judgement in judge.judge(exchange, self.contract):
            self.note(judgement)
        if self.broken:
            raise NotRun(f"the run cannot be written down: {self.broken[0]}")

    def note(self, judgement: Judgement) -> None:
        """Write a judgement down; where that is impossible, the run stops."""
        try:
            records.append(self.ledger, records.bounded(judgement), self.redactor.text)
        except OSError as error:
            self._stop(error)

    def _stop(self, error: OSError) -> None:
        why = output.reason(error)
        if not self.broken:
            self.broken.append(why)
            self.broke(why)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Register the reporter for a conformance run."""
    if not fixtures_plugin.is_conformance_run(config) or config.option.help:
        return
    allure.take_over(config)
    contract = profiles.load(config.option.profile)
    config.stash[suites_plugin.CONTRACT] = contract
    try:
        file = config.option.waivers
        accepted = waivers.load(Path(file), contract.clauses.keys()) if file else ()
    except waivers.WaiverError as wrong:
        raise fixtures_plugin.refusal(str(wrong)) from None
    reporter = Reporter(
        strict=bool(config.getoption("strict")),
        contract=contract,
        accepted=accepted,
        redact=lambda text: redactor(config).text(text),
        facts=lambda: gather(config),
        worker=fixtures_plugin.is_worker(config),
        waiver_file=Path(file).read_text("utf-8") if file else "",
    )
    config.pluginmanager.register(reporter, REPORTER)
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and not fixtures_plugin.is_worker(config):
        writer = terminal._tw  # pytest has no other way to its output
        writer._file = output.Output(writer._file, reporter.broke)
    if obstacle := signoff.summary_takes_none():
        raise fixtures_plugin.refusal(obstacle)
    config.pluginmanager.register(Console(reporter.redact))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Prepare or join the run, connect the deployment, and take a first look at it."""
    config = session.config
    if not fixtures_plugin.is_sending(config):
        return
    worker = fixtures_plugin.is_worker(config)
    if not worker:
        _read_recording(config)
        _read_run(config)
    try:
        _begin(session)
    except (OSError, files.PathError, NotRun) as error:
        raise fixtures_plugin.refusal(output.reason(error)) from None


def _begin(session: pytest.Session) -> None:
    config = session.config
    worker = fixtures_plugin.is_worker(config)
    if not worker:
        fixtures_plugin.begin(config)
    folder = fixtures_plugin.folder_of(config)
    if folder is None:
        return
    setup = Setup.read(folder / "setup.json")
    if worker:
        fixtures_plugin.watch(config, setup.time)
        ending.is_worker(folder, _name(config))
    config.stash[REDACTOR] = Redactor.of(keys.key(setup.key_env))
    wiring = _wire(session, folder, setup.base_url)
    if not worker:
        with ending.cut_short():
            _judge_recorded(config, wiring)
    dut = run.join(folder, wiring.judge, _replies(config, folder), record=wiring.keep)
    config.add_cleanup(dut.client.close)
    config.stash[suites_plugin.DUT] = dut
    config.stash[suites_plugin.LEDGER] = wiring.note
    if not worker and RECORDING not in config.stash:
        fixtures_plugin.first_look(config, dut)
    if not (worker or setup.offline):
        sent = partial(_sent, dut)
        config.pluginmanager.register(progress.of(sent, dut.contract, setup.tier))


def _sent(dut: Deployment) -> int:
    return dut.client.allowance.spent()["sent"]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """After a run that came to its end, run the control in the time that is left."""
    config = session.config
    folder = fixtures_plugin.folder_of(config)
    try:
        if folder and not fixtures_plugin.is_worker(config):
            # What the reports tell of the suite takes a second to find out: not at the end, where
            # an interruption may have left five.
            contract = config.stash[suites_plugin.CONTRACT]
            _ = catalogue.tiers(contract), catalogue.rules(contract), catalogue.digest()
        result = yield
        if config.option.control_url and folder and not fixtures_plugin.is_worker(config):
            setup = Setup.read(folder / "setup.json")
            if fixtures_plugin.OBSTACLE not in config.stash:
                left = config.stash[suites_plugin.DUT].client.allowance.left()
                control.run(config, setup.seed, folder.parent / control.FOLDER, left)
    finally:
        ending.closing()
    return result


def _judge_recorded(config: pytest.Config, wiring: Wiring) -> None:
    """Take over what was recorded: as evidence, and before the judge."""
    if RECORDING in config.stash:
        for base_url, exchange in config.stash[RECORDING].exchanges:
            # What the judges derive from the bytes goes with the copy.
            taken, copy = replace(wiring, base_url=base_url), exchange.copy()
            taken.keep(copy)
            taken.judge(copy)
    if config.option.replay:
        for entry in entries(Path(config.option.replay, "exchanges.har")):
            exchange = har.from_entry(entry)
            wiring.keep(exchange)
            wiring.judge(exchange)


def _replies(config: pytest.Config, folder: Path) -> Replies | None:
    """What the deployment replied in the run that is judged again."""
    if not config.option.replay:
        return None
    return Replies(har.from_entry(entry) for entry in entries(folder.parent / "exchanges.har"))


def _read_recording(config: pytest.Config) -> None:
    """What `--har` names, read before the run's folder is emptied."""
    option = config.option
    if not option.har:
        return
    try:
        files = [(Path(name).name, whole(Path(name))) for name in option.har]
    except HarError as wrong:
        raise fixtures_plugin.refusal(f"--har {wrong}") from None
    operations = config.stash[suites_plugin.CONTRACT].operations.values()
    found = har_import.load(files, operations, option.base_url or "")
    config.stash[RECORDING] = found
    config.stash[fixtures_plugin.JUDGED] = True
    option.base_url = next(iter(found.base_urls), option.base_url or NOWHERE)


def _read_run(config: pytest.Config) -> None:
    """Refuse the evidence that `--replay` names where an entry of it is none, before the run."""
    try:
        if config.option.replay:
            for entry in entries(Path(config.option.replay, "exchanges.har")):
                har.from_entry(entry)
    except (HarError, har.EntryError) as wrong:
        raise fixtures_plugin.refusal(f"--replay {wrong}") from None


def _wire(session: pytest.Session, folder: Path, base_url: str) -> Wiring:
    config = session.config
    worker = fixtures_plugin.is_worker(config)
    catalogue.invariants()
    name = _name(config) if worker else "main"
    cleaner = redactor(config)
    evidence = Evidence(
        folder.parent / "exchanges.har",
        folder / "har.lock",
        {"name": "compactifai-conformance", "version": VERSION},
        cleaner.text,
    )
    ledger = folder / "ledger" / f"{name}.jsonl"
    contract = config.stash[suites_plugin.CONTRACT]
    return Wiring(base_url, contract, evidence, ledger, cleaner, partial(_broke, session))


def _broke(session: pytest.Session, why: str) -> None:
    """End the run: what it would still send could not be written down."""
    session.shouldstop = why
    config = session.config
    if fixtures_plugin.is_worker(config):
        config.workeroutput["broke"] = why  # type: ignore[attr-defined]
    else:
        config.pluginmanager.get_plugin(REPORTER).broke(why)  # type: ignore[union-attr]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear of a worker that could not write."""
    why = getattr(node, "workeroutput", {}).get("broke")
    if why:
        node.config.pluginmanager.get_plugin(REPORTER).broke(why)


def _name(config: pytest.Config) -> str:
    """The name that pytest-xdist gives this worker."""
    return str(config.workerinput["workerid"])  # type: ignore[attr-defined]


def redactor(config: pytest.Config) -> Redactor:
    """What removes the key from everything that is written or shown."""
    early = Redactor.of(keys.key(config.option.api_key_env))
    return config.stash.get(REDACTOR, early)


def gather(config: pytest.Config) -> Facts | None:
    """What the reports are given at the end of a run."""
    dut = config.stash.get(suites_plugin.DUT, None)
    folder = fixtures_plugin.folder_of(config)
    if dut is None or folder is None:
        return None
    obstacle = config.stash.get(fixtures_plugin.OBSTACLE, None)
    evidence = folder.parent / "exchanges.har"
    recording = config.stash.get(RECORDING, None)
    contract = dut.contract
    ending.end_workers()
    judgements = [] if obstacle else _at_the_end(evidence, dut)
    ending.end_workers()
    if recording:
        judged = frozenset(c for each in records.read(folder / "ledger") for c in each.clauses)
        judgements += offline.undecided(contract, judged)
    return Facts(
        folder=folder,
        report_dir=folder.parent,
        scope=Scope(
            tiers={} if obstacle else catalogue.tiers(contract),
            tier=dut.setup.tier,
            unpromised=contract.not_promised,
        ),
        deployment=facts.deployment(dut, fingerprint.of(entries(evidence))),
        suite=facts.suite(dut, folder.parent, VERSION, catalogue.digest()),
        spent=dut.client.allowance.spent(),
        key_env=dut.setup.key_env,
        rules=catalogue.rules(contract),
        judgements=judgements,
        obstacle=obstacle.cause if obstacle else "",
        interrupted=ending.why(),
        unfinished=ending.late() or dut.client.allowance.unfinished,
        reachable=obstacle.reachable if obstacle else True,
        recorded=bool(recording and recording.exchanges),
        amend=lambda built: _amended(config, folder.parent, built),
    )


def _at_the_end(evidence: Path, dut: Deployment) -> list[Judgement]:
    """What is judged when all was exchanged, as far as the run may still last."""
    contract = dut.contract
    judgements: list[Judgement] = []
    if not ending.why():
        with ending.cut_short():
            judgements += _over_run(evidence, contract)
            judgements += prerequisites.unserved(contract, facts.cast(dut))
            judgements += prerequisites.unoffered(dut)
    if not judgements and (cause := ending.why() or ending.late()):
        judgements += judge.left_out(cause)
    return judgements


def _over_run(evidence: Path, contract: Contract) -> Iterator[Judgement]:
    """What holds between the exchanges of a run; of a recording, between those of one service."""
    services: dict[str, list[Exchange]] = defaultdict(list)
    for entry in entries(evidence):
        services[entry["_base"]].append(har.from_entry(entry))
    for exchanges in services.values():
        yield from judge.judge_run(exchanges, contract)


def _amended(config: pytest.Config, report_dir: Path, built: dict[str, Any]) -> dict[str, Any]:
    """The document of the run, with what is known besides: of a recording, of another run."""
    option = config.option
    if option.replay:
        built["replayed"] = compared.with_recorded(Path(option.replay), built)
    if option.control_url:
        return compared.with_control(report_dir / control.FOLDER, option.control_url, built)
    return {**built, **_recorded(config)}


def _recorded(config: pytest.Config) -> dict[str, Any]:
    """What the recordings held, for the report."""
    recording = config.stash.get(RECORDING, None)
    if recording is None:
        return {}
    return {
        "recording": {
            "files": list(config.option.har),
            "base_urls": list(recording.base_urls),
            "exchanges": len(recording.exchanges),
            "passed_over": dict(recording.passed_over),
        }
    }
