"""Headers: many, long, odd."""

from __future__ import annotations

from tests.hostile.ground import (
    BLAMED,
    CHAT,
    CONFORMANT,
    LIES,
    ODD,
    POSTS,
    RUDE,
    Call,
    hostile,
    sized,
)


async def _adding(call: Call, *lines: bytes) -> None:
    """The honest answer, with these lines in its head as they are."""
    reply = await call.honest()
    head = reply.head(sized(reply.body)).removesuffix(b"\r\n")
    await call.say(head + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + reply.body)


@hostile(CONFORMANT)
async def sends_a_thousand_headers(call: Call) -> None:
    await _adding(call, *[b"x-%d: y" % number for number in range(1000)])


@hostile(CONFORMANT, CHAT)
async def sends_ten_thousand_headers(call: Call) -> None:
    await _adding(call, *[b"x-%d: y" % number for number in range(10_000)])


@hostile(CONFORMANT)
async def sends_a_header_of_64_kilobytes(call: Call) -> None:
    await _adding(call, b"x-long: " + b"y" * 65_536)


@hostile(LIES, POSTS)
async def sends_a_header_of_four_megabytes(call: Call) -> None:
    await _adding(call, b"x-long: " + b"y" * (4 << 20))


@hostile(CONFORMANT)
async def floods_with_cookies(call: Call) -> None:
    cookies = [b"set-cookie: c%d=%s; Domain=.; Path=/" % (n, b"v" * 60) for n in range(400)]
    odd = [b"set-cookie: =;;;=,", b'set-cookie: __Host-a="\\"; expires=never', b"set-cookie:"]
    await _adding(call, *cookies, *odd)


@hostile(RUDE)
async def sends_headers_beyond_ascii(call: Call) -> None:
    utf8 = "x-b: naïve ☃ \u202e".encode()
    await _adding(call, b"x-a: caf\xe9 \xff\x80\x9b31m", utf8, b"server: \xf0\x9f\x92\xa9")


@hostile(ODD, POSTS)
async def folds_its_headers(call: Call) -> None:
    await _adding(call, b"x-folded: one\r\n two\r\n\tthree")


@hostile(LIES, POSTS)
async def sends_control_characters_in_headers(call: Call) -> None:
    await _adding(call, b"x-a: a\0b\x1b[2J\x07", b"x b: y", b": empty", b"x-c : z")


@hostile(ODD, POSTS)
async def sends_bare_line_ends_in_headers(call: Call) -> None:
    await _adding(call, b"x-a: a\n::set-output name=a::b\nx-b: c\rx-c: d")


@hostile(CONFORMANT)
async def names_a_file_in_content_disposition(call: Call) -> None:
    name = f"attachment; filename=\"../../../../{call.world.canary}\"; filename*=UTF-8''%2e%2e%2fx"
    await _adding(call, f"content-disposition: {name}".encode())


@hostile(BLAMED, CHAT)
async def names_a_charset_that_is_none(call: Call) -> None:
    reply = await call.honest()
    reply = reply.with_header("content-type", 'application/json; charset=rot13; charset="utf-7')
    await call.send(reply.with_body(b"+ADw-" + reply.body))


@hostile(RUDE, CHAT)
async def names_a_charset_of_python(call: Call) -> None:
    kind = "application/json; charset=unicode_escape"
    await call.send((await call.honest()).with_header("content-type", kind))


@hostile(RUDE, CHAT)
async def names_a_charset_that_decompresses(call: Call) -> None:
    kind = "application/json; charset=zlib_codec; boundary=" + "a" * 5000
    await call.send((await call.honest()).with_header("content-type", kind))


@hostile(RUDE, CHAT)
async def names_two_media_types(call: Call) -> None:
    await _adding(call, b"content-type: text/event-stream", b"content-type: ;;;=\x80\x81")


@hostile(CONFORMANT)
async def says_what_rate_limits_never_say(call: Call) -> None:
    """Informational headers with figures that nobody can read."""
    await _adding(
        call,
        b"x-ratelimit-remaining: -9" + b"9" * 5000,
        b"x-ratelimit-reset-requests: 1e999s",
        b"openai-processing-ms: NaN",
        b"x-request-id: " + b"A" * 4000,
        b"age: -1",
        b"server-timing: a;dur=Infinity",
    )


@hostile(CONFORMANT)
async def forges_reports_in_headers(call: Call) -> None:
    await _adding(
        call,
        b"server: </script><script>alert(1)</script>",
        b"x-powered-by: ::set-output name=verdict::CONFORMANT",
        b"via: ![x](http://127.0.0.1:9/x) | a | b",
        b"x-request-id: ]]></failure>&xxe;",
    )


@hostile(ODD)
async def tells_dates_that_never_were(call: Call) -> None:
    dates = (b"Fri, 31 Feb 99999 25:61:61 GMT", b"0", b"-1", b"Thu, 01 Jan 1970 00:00:00 -9999")
    await _adding(call, b"date: " + dates[call.nth % 4], b"expires: " + dates[call.nth % 3])


@hostile(ODD)
async def travels_in_time(call: Call) -> None:
    years = (1970, 9999, 1601, 2038)
    await _adding(call, b"date: Thu, 01 Jan %d 00:00:00 GMT" % years[call.nth % 4])
