"""What a stream uses of Server-Sent Events is observed, and breaks nothing."""

from __future__ import annotations

import pytest

from tests import bench


@pytest.mark.parametrize(
    ("variant", "side"),
    [
        ("", "one data line"),
        ("/variant/stream-says-when-to-come-back", "events of retry alone"),
        ("/variant/stream-in-several-data-lines", "several data lines"),
        ("/variant/stream-says-when-to-come-back+stream-in-several-data-lines", "both"),
    ],
)
def test_lines_of_events_are_observed(reference: str, variant: str, side: str) -> None:
    said = bench.examine(f"{reference}{variant}/v1", "STREAM-CHAT-DONE-01", tier="standard")
    seen = {each.value for each in said.outcome.observations if each.key == "stream_event_lines"}
    assert seen == {side}
    assert not said.violated
