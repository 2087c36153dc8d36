"""Each profile has a deployment that promises exactly what it says, and is called CONFORMANT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fixtures.reference import variants
from schemas import files, profiles
from tests import bench

if TYPE_CHECKING:
    from pathlib import Path

KEYLESS = "name: keyless\ntitle: An engine at home\nextends: openai\nauth_enforced: false\n"
NAMED = profiles.known()
# Where no flag says what a model can do, the operator does.
ASKED = {
    "profile-openai": (
        ("chat", "cai-llama-3-1-8b-slim"),
        ("completions", "cai-llama-3-1-8b-slim"),
        ("tools", "cai-llama-3-1-8b-slim"),
        ("responses", "blackstar-10b"),
        ("transcription", "cai-whisper-large-v3-turbo-slim"),
    ),
    "profile-openai-bare": (
        ("chat", "cai-llama-3-1-8b-slim"),
        ("tools", "cai-llama-3-1-8b-slim"),
    ),
}


def test_every_profile_has_one() -> None:
    assert {*NAMED, "keyless"} == {*variants.of_profiles().values()}


@pytest.mark.parametrize("tier", ["smoke", "standard"])
@pytest.mark.parametrize("name", sorted(variants.of_profiles()))
def test_who_keeps_a_profile_is_conformant(
    name: str, tier: str, reference: str, tmp_path: Path
) -> None:
    profile = variants.of_profiles()[name]
    if profile not in NAMED:
        own = tmp_path / "keyless.yaml"
        files.replace(own, KEYLESS.encode())
        profile = str(own)
    models = ASKED.get(name, ())
    url = f"{reference}/variant/{name}/v1"
    found = bench.examine(url, of=lambda _: True, profile=profile, tier=tier, models=models)
    wrong = [f"{each.clause.id} {each.verdict} {each.reason}" for each in found.outcome.open]
    assert not found.violated, found.text()
    assert not wrong
    assert found.outcome.exit_status == 0
