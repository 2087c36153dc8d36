"""What no document forbids, and users still stumble over, is told: it fails nobody."""

from __future__ import annotations

import pytest

from tests import bench

SIDES = (
    ("model-says-its-arguments", "CHAT-TOOL-08", "text_beside_a_call", "the arguments"),
    ("model-is-lost-for-words", "CHAT-MSG-HISTORY-01", "long_prompt", "nothing"),
)


@pytest.mark.parametrize(("name", "clause", "key", "side"), SIDES)
def test_the_side_of_a_lawful_variant_is_told(
    reference: str, name: str, clause: str, key: str, side: str
) -> None:
    outcome = bench.examine(f"{reference}/variant/{name}/v1", clause).outcome
    assert not outcome.violated
    assert side in {seen.value for seen in outcome.observations if seen.key == key}


@pytest.mark.parametrize(("clause", "key", "side"), [each[1:] for each in SIDES])
def test_the_reference_takes_the_other_side(
    reference: str, clause: str, key: str, side: str
) -> None:
    outcome = bench.examine(f"{reference}/v1", clause).outcome
    told = {seen.value for seen in outcome.observations if seen.key == key}
    assert told
    assert side not in told
