"""Work in several processes, each with a reference deployment of its own."""

from __future__ import annotations

import multiprocessing
import os
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING, TypeVar

from fixtures.session import embedded
from tests import bench
from tests.kill_matrix import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.kill_matrix.memory import Memory

Work = TypeVar("Work")
Result = TypeVar("Result")
_here: dict[str, tuple[str, Memory]] = {}


def reference() -> tuple[str, embedded.Reference]:
    """The root of a reference deployment, and the deployment."""
    os.environ[embedded.KEY_ENV] = bench.BENCH_KEY
    running = embedded.Reference.start()
    return running.base_url.removesuffix("/v1"), running


def learned() -> Memory:
    """What the honest reference says, asked once and handed to all workers."""
    root, running = reference()
    try:
        return memory.learn(f"{root}/v1")
    finally:
        running.stop()


def each(
    do: Callable[[str, Memory, Work], Result], work: Sequence[Work], known: Memory, jobs: int
) -> Iterator[Result]:
    """The results, as they come. The workers are forked, so they know what was learned.

    Work that fails has no result: the traceback stands on standard error.
    """
    _here["known"] = ("", known)
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(jobs, fork, _begin) as pool:
        for done in as_completed([pool.submit(_do, do, one) for one in work]):
            result = done.result()
            if result is not None:
                yield result


def _begin() -> None:
    """A reference for this worker; it ends when the worker does, whose pipe it reads."""
    root, running = reference()
    _here["mine"] = (root, _here["known"][1])
    _held.append(running)


def _do(do: Callable[[str, Memory, Work], Result], one: Work) -> Result | None:
    root, known = _here["mine"]
    try:
        return do(root, known, one)
    except Exception:  # noqa: BLE001  (one that fails must not take the hours of the others)
        print(f"not measured: {one}", file=sys.stderr)
        traceback.print_exc()
        return None


_held: list[embedded.Reference] = []
