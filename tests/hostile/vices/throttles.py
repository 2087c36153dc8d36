"""Please come back later: 429, 503 and their kin, with every Retry-After."""

from __future__ import annotations

from tests.hostile.ground import (
    ABSENT,
    BLAMED,
    LIES,
    ODD,
    POSTS,
    UNDECIDED,
    Call,
    Deployment,
    add,
    anything,
    hostile,
)

THROTTLED = {"error": {"message": "slow down", "type": "rate_limit", "param": None, "code": None}}
RETRY_AFTER = {
    "in-thirty-years": "1000000000",
    "before-now": "-1",
    "never": "NaN",
    "at-infinity": "Infinity",
    "in-the-year-9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "in-the-year-10000": "Fri, 31 Dec 10000 23:59:59 GMT",
    "in-1970": "Thu, 01 Jan 1970 00:00:00 GMT",
    "with-huge-digits": "9" * 5000,
    "with-digits-of-others": "٣²",
    "in-a-fraction": "0.000001",
    "in-nineteen-seconds": "19",
    "in-words": "$(sleep 99); ::set-output name=a::b",
}

for _name, _value in RETRY_AFTER.items():

    async def _vice(call: Call, value: str = _value) -> None:
        await call.answer(429, json=THROTTLED, headers={"Retry-After": value})

    add(Deployment(f"throttles-posts-until-{_name}", "throttles", _vice, UNDECIDED, POSTS))


@hostile(UNDECIDED)
async def throttles_everything(call: Call) -> None:
    await call.answer(429, json=THROTTLED, headers={"Retry-After": "5"})


@hostile(ODD, lambda call: call.nth % 2 == 0)
async def throttles_each_second_request(call: Call) -> None:
    await call.answer(429, json=THROTTLED, headers={"Retry-After": "4"})


@hostile(ODD, lambda call: call.nth % 2 == 0)
async def storms_with_503(call: Call) -> None:
    await call.answer(503, b"upstream connect error", headers={"Retry-After": "3"})


@hostile(LIES | ABSENT)
async def has_no_backend(call: Call) -> None:
    await call.answer(502, b"<html><h1>502</h1></html>", headers={"Content-Type": "text/html"})


@hostile(BLAMED | UNDECIDED)
async def fails_always(call: Call) -> None:
    await call.answer(
        500, json={"error": {"message": "x", "type": "x", "param": None, "code": None}}
    )


@hostile(LIES, POSTS)
async def fails_on_posts(call: Call) -> None:
    await call.answer(500, b"")


@hostile(UNDECIDED)
async def wants_to_be_paid(call: Call) -> None:
    await call.answer(
        402, json={"error": {"message": "pay", "type": "x", "param": None, "code": None}}
    )


@hostile(LIES, POSTS)
async def has_no_quota_left(call: Call) -> None:
    error = {
        "message": "quota",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }
    await call.answer(429, json={"error": error})


@hostile(UNDECIDED)
async def refuses_our_key(call: Call) -> None:
    await call.answer(
        401, json={"error": {"message": "no", "type": "x", "param": None, "code": None}}
    )


@hostile(ODD, lambda call: call.nth % 4 == 3)
async def refuses_our_key_at_random(call: Call) -> None:
    await call.answer(
        401, json={"error": {"message": "no", "type": "x", "param": None, "code": None}}
    )


@hostile(ODD, lambda call: call.nth % 3 == 0)
async def flaps(call: Call) -> None:
    status = (500, 502, 503, 504, 429, 401, 403, 404)[call.nth // 3 % 8]
    await call.answer(status, b"x" * 99)


@hostile(ODD, anything)
async def answers_after_two_seconds(call: Call) -> None:
    import asyncio

    await asyncio.sleep(2)
    await call.pass_on()


@hostile(LIES, POSTS)
async def answers_after_four_seconds_and_then_hangs(call: Call) -> None:
    import asyncio

    await asyncio.sleep(4 if call.nth < 9 else 3600)
    await call.pass_on()
