"""What the summary says of other clients."""

from __future__ import annotations

from reports import clients

FAILS = "fails (deployment): HTTP 400"
DOCUMENT = {
    "observations": {
        "client curl 7.88.1 ref-chat-curl": "works",
        "client litellm 1.106.2 chat": FAILS,
        "client litellm 1.106.2 async chat": FAILS,
        "client litellm 1.106.2 models": "not offered",
        "client openai-node 6.49.0 chat": "works, without user",
        "json_mode": "ignored",
        "client_isolation": "as nobody",
    },
    "clauses": [
        {"verdict": "not_applicable", "reason": "requests is not installed: pip install it"},
        {"verdict": "not_applicable", "reason": "requests is not installed: pip install it"},
        {"verdict": "not_applicable", "reason": "no model for the role 'tools'"},
        {"verdict": "met"},
    ],
}


def test_those_that_work_share_a_line_and_those_that_fail_have_their_own() -> None:
    assert [text for text, _ in clients.lines(DOCUMENT)] == [
        "client litellm 1.106.2: chat, async chat: fails (deployment): HTTP 400",
        "  clients that work: curl 7.88.1, openai-node 6.49.0",
        "  clients ran as nobody",
        "  not applicable: requests is not installed: pip install it",
    ]


def test_nothing_is_said_of_clients_that_were_not_asked() -> None:
    assert list(clients.lines({"observations": {"json_mode": "ignored"}, "clauses": []})) == []
