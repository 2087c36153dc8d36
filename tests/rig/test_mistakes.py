"""What can be wrong with an option or an address: one line of cause, the designed exit status.

Never green, never a traceback of ours, never longer than the time-out.
"""

from __future__ import annotations

import json
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from fixtures.session import plugin
from fixtures.target import setup
from schemas import profiles
from schemas.profiles import ProfileError
from tests.bench import BENCH_KEY
from tests.rig import liars, runs

if TYPE_CHECKING:
    from pathlib import Path

LAW = profiles.load(profiles.DEFAULT)
PATHS = tuple(one.path for one in LAW.tables.operations)

NOWHERE = "http://127.0.0.1:1/v1"
ONE = "suites/models"

# arguments, and the words of the one line that explains
USAGE = {
    "route of chat": (
        ["--base-url", "http://localhost:8000/v1/chat/completions"],
        "write --base-url=http://localhost:8000/v1",
    ),
    "unknown profile": (["--profile", "nobody"], "no profile 'nobody'"),
    "unknown tier": (["--tier", "wide"], "invalid choice: 'wide'"),
    "missing waivers": (["--waivers", "no-such-file.toml"], "No such file"),
    "key on the command line": (["--api-key", "sk-0123456789"], "--api-key-env"),
    "report directory that is a file": (["--report-dir", "README.md"], "README.md: File exists"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_option_is_a_usage_error(tmp_path: Path, name: str) -> None:
    arguments, words = USAGE[name]
    run = runs.start(tmp_path, ONE, *arguments)
    run.no_traceback()
    assert run.exit_status == 4, run.out + run.err
    lines = [line for line in run.err.splitlines() if words in line]
    assert len(lines) == 1, run.err
    assert "sk-0123456789" not in run.out + run.err
    assert not (tmp_path / "report" / "verdict.json").exists()


RIGHT: dict[str, object] = {
    "api_key": None,
    "api_key_env": "KEY",
    "base_url": None,
    "control_key_env": "CONTROL_KEY",
    "control_url": None,
    "har": [],
    "profile": "compactifai",
    "rate_limit": "",
    "replay": None,
    "request_budget": None,
    "request_timeout": 60.0,
    "time_budget": None,
    "token_budget": None,
}
REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no scheme": ({"base_url": "localhost:8000"}, "write a whole URL"),
    "credentials in the URL": ({"base_url": "http://a:b@localhost/v1"}, "holds credentials"),
    "query": ({"base_url": "http://localhost/v1?x=1"}, "leave out the query"),
    "port out of range": ({"base_url": "http://localhost:99999/v1"}, "host or port is wrong"),
    "no host": ({"base_url": "http://:80/v1"}, "host or port is wrong"),
    "half an address": ({"base_url": "http://[::1/v1"}, "host or port is wrong"),
    "space in the URL": ({"base_url": "http://localhost/v1 /x"}, "host or port is wrong"),
    "profile that is no YAML": ({"profile": "README.md"}, "README.md"),
    "rate that is none": ({"rate_limit": "fast"}, "such as 60/m"),
    "budget of nothing": ({"request_budget": 0}, "give a number above 0"),
    "negative budget": ({"token_budget": -5}, "give a number above 0"),
    "no time": ({"time_budget": 0.0}, "give a number above 0"),
    "time-out of nothing": ({"request_timeout": 0.0}, "give a number above 0"),
    "time-out that is no number": ({"request_timeout": float("nan")}, "give a number above 0"),
    "key for a variable": ({"api_key_env": "sk-0123456789abcdef"}, "name of a variable"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_wrong_value_is_refused_in_one_line(name: str) -> None:
    values, words = REFUSED[name]
    with pytest.raises((setup.UsageError, ProfileError), match=words) as refused:
        plugin.check(Namespace(**{**RIGHT, **values}))
    assert "\n" not in str(refused.value)
    assert "sk-0123456789" not in str(refused.value)


def test_right_values_are_taken() -> None:
    plugin.check(Namespace(**RIGHT))


ACCEPTED = {
    "https://api.example.com/v1": "https://api.example.com/v1",
    "https://api.example.com/v1/": "https://api.example.com/v1",
    " http://[::1]:8000/v1// ": "http://[::1]:8000/v1",
    "HTTP://localhost:8000": "HTTP://localhost:8000",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_base_url_is_taken_with_or_without_slash(text: str) -> None:
    assert setup.base_url(text, PATHS) == ACCEPTED[text]


@pytest.mark.parametrize("route", [*PATHS, "/models/", "/v1/models"])
def test_base_url_with_a_route_is_refused_with_the_right_one(route: str) -> None:
    with pytest.raises(setup.UsageError, match="write --base-url=http://localhost"):
        setup.base_url(f"http://localhost{route}", PATHS)


def test_model_may_have_a_role() -> None:
    chosen = setup.models(["a", "tools=b", "c=d"], {"chat", "tools"})
    assert chosen == (("", "a"), ("tools", "b"), ("", "c=d"))


@pytest.mark.parametrize("text", ["chatt=x", "Chat=x", "tool=b"])
def test_role_with_a_slip_is_refused_with_the_right_one(text: str) -> None:
    with pytest.raises(setup.UsageError, match=r"is no role; write --model=(chat|tools)="):
        setup.models([text], {"chat", "tools"})


def test_role_with_a_slip_is_reported_in_one_line() -> None:
    with pytest.raises(setup.UsageError, match=r"write --model=chat=x\\n::error::y") as refused:
        setup.models(["chatt=x\n::error::y"], {"chat", "tools"})
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("seconds", "idle"), [(5.0, 5.0), (60.0, 30.0), (120.0, 120.0)])
def test_longer_time_out_holds_while_nothing_arrives(seconds: float, idle: float) -> None:
    asked = setup.Setup("http://x/v1", "KEY", "compactifai", "smoke", "1", request_timeout=seconds)
    assert (asked.limits.total, asked.limits.idle) == (seconds, idle)


def one_cause(run: runs.Run, verdict: str, words: str) -> None:
    """The run ended before any check, says why in one line, and is not green."""
    run.no_traceback()
    assert run.exit_status == 6, run.out + run.err
    document = run.verdict
    assert (document["verdict"], document["exit_status"]) == (verdict, 6)
    assert words in document["cause"]
    headline, cause, report = run.summary
    assert headline.startswith(verdict)
    assert cause.strip() == document["cause"]
    assert report == f"report: {run.folder / 'verdict.json'}"
    promised = [row for row in document["clauses"] if LAW.promises(row["id"])]
    assert {row["verdict"] for row in promised} == {"inconclusive"}


@pytest.mark.parametrize("processes", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_wrong_port(tmp_path: Path, processes: list[str]) -> None:
    run = runs.start(tmp_path, ONE, "--base-url", NOWHERE, *processes)
    one_cause(run, "UNREACHABLE", "no connection")


def test_wrong_key(tmp_path: Path, reference: str) -> None:
    run = runs.start(tmp_path, ONE, "--base-url", f"{reference}/v1", COMPACTIFAI_API_KEY="wrong")
    one_cause(run, "INCOMPLETE", "the key in $COMPACTIFAI_API_KEY was refused (401)")


def test_no_key(tmp_path: Path, reference: str) -> None:
    run = runs.start(tmp_path, ONE, "--base-url", f"{reference}/v1", "--api-key-env", "OTHER")
    one_cause(run, "INCOMPLETE", "put it into $OTHER")


def test_site(tmp_path: Path) -> None:
    with liars.serving(liars.serves_a_site) as running:
        run = runs.start(tmp_path, ONE, "--base-url", running.url)
    one_cause(run, "UNREACHABLE", "web page")


def test_silence(tmp_path: Path) -> None:
    with liars.serving(liars.says_nothing) as running:
        run = runs.start(tmp_path, ONE, "--base-url", running.url, "--request-timeout", "2")
    one_cause(run, "UNREACHABLE", "no answer within the time-out: 2 s allowed")
    assert run.verdict["seconds"] < 10
    assert running.requests == 1


def test_redirect(tmp_path: Path) -> None:
    with liars.serving(liars.honest) as elsewhere:
        with liars.serving(liars.redirects_to(elsewhere.url)) as running:
            run = runs.start(tmp_path, ONE, "--base-url", running.url, COMPACTIFAI_API_KEY="a-key")
        assert elsewhere.connections == 0
    one_cause(run, "UNREACHABLE", f"redirects to {elsewhere.url}")


def test_host_without_root(tmp_path: Path, reference: str) -> None:
    run = runs.start(tmp_path, ONE, "--base-url", reference, COMPACTIFAI_API_KEY=BENCH_KEY)
    one_cause(run, "INCOMPLETE", f"is it --base-url={reference}/v1?")


def test_base_below_the_root(tmp_path: Path, reference: str) -> None:
    url = f"{reference}/v1/api/v1"
    run = runs.start(tmp_path, ONE, "--base-url", url, COMPACTIFAI_API_KEY=BENCH_KEY)
    one_cause(run, "INCOMPLETE", "no documented route is served: is it the right --base-url?")


@pytest.mark.parametrize("role", ["", "chat="])
def test_model_with_a_slip(role: str, tmp_path: Path, reference: str) -> None:
    options = ("--base-url", f"{reference}/v1", f"--model={role}cai-llama-3-1-8b-slm")
    run = runs.start(tmp_path, ONE, *options, COMPACTIFAI_API_KEY=BENCH_KEY)
    one_cause(run, "INCOMPLETE", "is not listed; did you mean --model=cai-llama-3-1-8b-slim?")


def test_model_of_two_lines_is_named_in_one(tmp_path: Path, reference: str) -> None:
    options = ("--base-url", f"{reference}/v1", "--model=x\n::error::y")
    run = runs.start(tmp_path, ONE, *options, COMPACTIFAI_API_KEY=BENCH_KEY)
    one_cause(run, "INCOMPLETE", "--model=x\\n::error::y is refused (400), and is not listed")


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1", "cai-llama-3-1-8b-slim"),
        ("/fault/chat-unknown-model-is-200/v1", "cai-llama-3-1-8b-slm"),
    ],
    ids=["listed", "served and not listed"],
)
def test_model_without_a_slip(path: str, model: str, tmp_path: Path, reference: str) -> None:
    options = ("--base-url", reference + path, f"--model={model}")
    run = runs.start(tmp_path, ONE, *options, COMPACTIFAI_API_KEY=BENCH_KEY)
    assert not run.verdict["cause"]


def test_filter_that_matches_nothing(tmp_path: Path) -> None:
    run = runs.start(tmp_path, "-k", "no_such_check")
    run.no_traceback()
    assert run.exit_status == 5
    assert (run.verdict["verdict"], run.verdict["exit_status"]) == ("INCOMPLETE", 5)


def test_collecting_sends_nothing(tmp_path: Path) -> None:
    with liars.serving(liars.honest) as running:
        run = runs.start(tmp_path, "--collect-only", "-q", "--base-url", running.url)
        planned = runs.start(tmp_path, ONE, "--setup-plan", "-q", "--base-url", running.url)
    assert (run.exit_status, planned.exit_status) == (0, 0)
    assert "suites/models" in run.out
    assert running.connections == 0
    assert not (tmp_path / "report").exists()


def test_own_tests_start_no_conformance_run(tmp_path: Path) -> None:
    run = runs.start(tmp_path, "tests/rig/test_waivers.py", "-q", "--base-url", NOWHERE)
    assert run.exit_status == 0
    assert "conformance" not in run.out
    assert not (tmp_path / "report").exists()


def test_budget_leaves_the_rest_undone(tmp_path: Path) -> None:
    run = runs.start(tmp_path, ONE, "suites/auth", "--request-budget", "3")
    run.no_traceback()
    assert run.exit_status == 6
    assert run.verdict["requests"] == 3
    assert "the budget of 3 requests is spent" in {
        row.get("reason") for row in run.clauses.values()
    }


def test_report_directory_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    with FileLock(tmp_path / "report" / ".lock"):
        run = runs.start(tmp_path, ONE)
    run.no_traceback()
    assert run.exit_status == 4
    assert "give this one its own --report-dir" in run.err


def test_old_verdict_is_gone_when_a_run_does_not_end(tmp_path: Path) -> None:
    runs.start(tmp_path, ONE, "--base-url", NOWHERE)  # a run that makes the folder its own
    (tmp_path / "report" / "verdict.json").write_text(json.dumps({"verdict": "CONFORMANT"}))
    assert runs.start(tmp_path, ONE, "--base-url", NOWHERE).verdict["verdict"] == "UNREACHABLE"


@pytest.mark.parametrize("proxy", [":::", "not a proxy", "ftp://me:secret@x"])
def test_proxy_of_the_environment_that_is_none(proxy: str, tmp_path: Path) -> None:
    run = runs.start(tmp_path, ONE, "--base-url=https://example.invalid/v1", HTTPS_PROXY=proxy)
    run.no_traceback()
    assert run.exit_status == 4, run.out + run.err
    assert "$HTTPS_PROXY is no proxy that can be used" in run.err
    assert "secret" not in run.out + run.err
