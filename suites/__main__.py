"""What decides each clause, as JSON: `python -m suites`, for programs that do not import us."""

from __future__ import annotations

import json
import sys

from suites import catalogue


def main() -> None:
    """Print for each clause what its checks say, their digest, and the smallest tier."""
    tiers = catalogue.tiers()
    rules = {clause: {**rule, "tier": tiers[clause]} for clause, rule in catalogue.rules().items()}
    json.dump(rules, sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
