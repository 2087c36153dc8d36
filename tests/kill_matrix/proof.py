"""Which clauses need no fault, and why: a clause that is none of these is proved by one."""

from __future__ import annotations

_OFFLINE = "compares printed examples with our own schemas: nothing is sent"

# Clauses that block or warn, and that no deployment can break on the wire.
UNBREAKABLE = {
    "MODELS-EX-01": _OFFLINE,
    "MODELS-EX-02": _OFFLINE,
    "CHAT-EX-04": _OFFLINE,
    "STREAM-CHAT-EX-02": _OFFLINE,
    "COMP-EX-02": _OFFLINE,
    "RESP-EX-02": _OFFLINE,
    "AUDIO-EX-02": _OFFLINE,
    "GEN-EX-01": _OFFLINE,
    "RESP-GATE-09": "needs a model without an endpoint, which only an operator can name",
}

# Clauses that block and whose own checks have not yet seen any of their faults.
_SOONER = (
    "other clauses see its faults sooner, and end the examination; "
    "tests/clients/test_faults.py shows it red"
)
UNPROVEN: dict[str, str] = dict.fromkeys(
    ("SDK-PY-STREAM-01", "SDK-PY-CHAT-01", "SDK-PY-MAIN-01", "SDK-PY-AUDIO-01"), _SOONER
)

# Variants that no whole run has measured yet: `python -m tests.kill_matrix --update` does.
UNMEASURED: frozenset[str] = frozenset()
