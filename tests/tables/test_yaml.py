"""The data files mean the same with libyaml and without it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("schemas", "fixtures", "reports", "tests")
    for path in (ROOT / folder).rglob("*.yaml")
)


@pytest.mark.skipif(not hasattr(yaml, "CSafeLoader"), reason="there is no libyaml to compare with")
@pytest.mark.parametrize("name", FILES)
def test_both_readers_agree(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert yaml.load(text, yaml.SafeLoader) == yaml.load(text, yaml.CSafeLoader)
