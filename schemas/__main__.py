"""Write the derived files, or check that they are what the tables derive to."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from schemas import catalogue, derive, openapi
from schemas.yaml_rows import ContractError

ROOT = Path(__file__).parent.parent
USAGE = "usage: python -m schemas [-h] {derive,check}"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line of usage, and nothing more."""
        self.exit(2, f"{USAGE}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command. 0: done or fresh, 1: stale or a mistake in a table, 2: usage."""
    parser = _Parser(
        prog="python -m schemas",
        description="Derive the JSON Schemas and the OpenAPI document from the documented tables.",
        epilog="Exit status: 0 done or fresh, 1 stale files or a mistake in a table, 2 usage.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="{derive,check}")
    commands.add_parser("derive", help="write the derived files, and print those that changed")
    commands.add_parser("check", help="name the files that are not what the tables derive to")
    command = parser.parse_args(arguments).command
    try:
        wanted = _wanted()
    except ContractError as error:
        print(error, file=sys.stderr)
        return 1
    stale = _stale(wanted)
    return _write(wanted, stale) if command == "derive" else _check(stale)


def _wanted() -> dict[Path, str]:
    """Each derived file with the text that it must hold. Raises ContractError."""
    tables = catalogue.read().tables
    return {**derive.files(tables), openapi.PATH: derive.text(openapi.document(tables))}


def _stale(wanted: Mapping[Path, str]) -> list[Path]:
    """The files that differ, are missing, or that no table derives any more."""
    found = {*derive.DIRECTORY.glob("*.json"), *wanted}
    return sorted(path for path in found if _read(path) != wanted.get(path))


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8") if path.exists() else None


def _write(wanted: Mapping[Path, str], stale: list[Path]) -> int:
    for path in stale:
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(wanted[path].encode("utf-8"))
        else:
            path.unlink()
        print(f"{'wrote' if path in wanted else 'removed'} {path.relative_to(ROOT)}")
    print(f"{len(stale)} files changed, {len(wanted)} in all")
    return 0


def _check(stale: list[Path]) -> int:
    for path in stale:
        print(f"stale: {path.relative_to(ROOT)}", file=sys.stderr)
    if stale:
        print("run: python -m schemas derive", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
