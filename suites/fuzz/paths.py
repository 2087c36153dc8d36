"""Model ids in the path: each listed one, tricks with them, and drawn ones."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from schemathesis.generation import GenerationMode

from fixtures.transport.exchange import Request
from suites.fuzz import generated
from suites.fuzz.cases import Case
from suites.fuzz.promise import ACCEPTED, OPEN, Promise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fixtures.target.deployment import Deployment

ROUTE = "/models/{model_id}"
UNKNOWN = Promise("refused", ("MODELS-GET-03",))
NOBODY = (
    *(
        "\"'<b>&#%s{}|\\^`=😀",
        "%",
        "😀",
        "a" * 2000,
        "null",
        "0",
        "-1",
        "\n",
        "'",
        "İ",
        "a\u0301",
        "{}",
    ),
    *("__proto__", "*", "%s%n", "<b>", " ", "a b", '"', "\u202e", "\x7f", "ﷺ", "#", "&", "a=b"),
)
# Nothing that a proxy may lawfully tidy up on the way: no dots, no slashes without a name between.
MODELS = "GET /models/{model_id}"
TRICKS = (
    *("/{id}?x=1", "/{id}%00", "/{id};x", "/%ff", "/%C0%AE", "/{id}%20", "/%25", "/{id}%0a", "/%"),
    *("?limit=0", "?limit=-1&after=%00", "?%ff=%fe", "?a[]=1&a[]=2", "?x=" + "y" * 2000),
)


def tricks(dut: Deployment) -> Iterator[Case]:
    """Ids that nobody lists, and paths that are none."""
    listed = next(iter(_listed(dut)), "none")
    for number, name in enumerate(NOBODY):
        yield unknown(name)
        if number < len(TRICKS):
            path = TRICKS[number].replace("{id}", quote(listed, safe=""))
            yield Case(Request("GET", f"/models{path}"), f"the path /models{path[:60]}", OPEN)


def unknown(name: str) -> Case:
    """A model that no list holds."""
    label = f"the model {name[:40]!r}"
    return Case(Request("GET", f"/models/{quote(name, safe='')}"), label, UNKNOWN)


def followed(dut: Deployment) -> Iterator[Case]:
    """The links of the documents, from each listed model: list, then retrieve."""
    links = [link for each in dut.contract.tables.operations for link in each.links]
    if any(link.operation == "retrieveModel" for link in links):
        for name in _listed(dut):
            label = f"the listed model {name!r}"
            yield Case(dut.retrieval(name), label, ACCEPTED)


def used(dut: Deployment) -> Iterator[Case]:
    """The next step after a link: each model on its routes. Its flags, others judge."""
    for one in dut.contract.operations.values():
        for name in dut.cast.models(one.role) if one.role and not one.is_form else ():
            label = f"the listed model {name!r} on {one.path}"
            yield Case(dut.request(one.path, model=name), label, OPEN)


def drawn(dut: Deployment, seed: str) -> Iterator[Case]:
    """Ids and headers as schemathesis draws them, for ever."""
    known = set(_listed(dut))
    number = 0
    while True:
        for mode in GenerationMode:
            name = f"{seed}/{ROUTE}/{number}/{mode.value}"
            for each in generated.draw(
                generated.drawing(dut.contract, ROUTE, mode), generated.BATCH, name
            ):
                path = each.formatted_path
                plain = path.removeprefix("/models/")
                promise = UNKNOWN if plain.isalnum() and plain not in known else OPEN
                headers = generated.headers_of(each)
                yield Case(Request("GET", path, headers=headers), f"the path {path}", promise)
        number += 1


def _listed(dut: Deployment) -> list[str]:
    return [str(entry["id"]) for entry in dut.cast.entries]
