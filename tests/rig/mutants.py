"""Documents with one to three places that are not as they should be, drawn from a seed."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, float("inf"), float("-inf"), float("nan"), 1e308),
    *("", "x", "200", "../../../tmp/mutant", "/etc/passwd", "\ud800", "a\0b", "con", "x" * 5000),
    *("9999-12-31T23:59:59-12:00", "http://[x/v1", "\x1b[2J\r\n", "%s{}$(id)`id`", "====", "é"),
    *([], {}, [[]], [{}], [["x", 5]], {"name": 5}, [None], {"\ud800": 1}, DEEP),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document that holds something, the whole left out."""
    if isinstance(value, dict | list):
        for name, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield (*path, name)
            yield from places(each, (*path, name))


def document(original: Any, random: Random) -> Any:
    """The document, changed: a value of another type, one left out, one twice, one renamed."""
    changed = copy.deepcopy(original)
    for _ in range(random.randint(1, 3)):
        found = list(places(changed))
        if not found:
            return random.choice(VALUES)
        *way, last = random.choice(found)
        here = changed
        for step in way:
            here = here[step]
        _change(here, last, random)
    return changed if random.random() > 0.02 else random.choice(VALUES)


def _change(here: Any, last: Any, random: Random) -> None:
    act = random.random()
    if act < 0.7:
        here[last] = copy.deepcopy(random.choice(VALUES))
    elif act < 0.8:
        del here[last]
    elif isinstance(here, list):
        here.insert(last, copy.deepcopy(here[last]))
    else:
        here[random.choice(["_id", "name", "status", "a\0", "\ud800"])] = here.pop(last)


def raw(original: bytes, random: Random) -> bytes:
    """The bytes, changed: cut, doubled, flipped, with junk among them."""
    start = random.randrange(len(original) + 1)
    end = min(len(original), start + random.choice((1, 1, 2, 8, 64, 1000)))
    act: Callable[[], bytes] = random.choice(
        (
            lambda: original[:start],
            lambda: original[start:],
            lambda: original[:start] + original[end:],
            lambda: original[:start] + random.randbytes(end - start) + original[end:],
            lambda: original[:end] + original[start:],
            lambda: original[:start] + random.choice(JUNK) + original[end:],
        )
    )
    return act()


JUNK = (
    b"\0",
    b"\xff\xfe",
    b"[" * 3000,
    b"{",
    b'"',
    b"\n",
    b"NaN",
    b"1e400",
    b"9" * 5000,
    b"!!x &a ",
)


def text(value: Any) -> bytes:
    """JSON as no writer of ours leaves it: NaN, halves of surrogate pairs."""
    return json.dumps(value).encode()
