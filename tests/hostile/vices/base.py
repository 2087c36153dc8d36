"""The measure of all others: nothing is wrong with it."""

from __future__ import annotations

from tests.hostile.ground import CONFORMANT, Call, hostile


@hostile(CONFORMANT)
async def honest(call: Call) -> None:
    await call.pass_on()
