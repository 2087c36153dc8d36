"""Ways to send the suite, with its key, to somebody else."""

from __future__ import annotations

from tests.hostile.ground import (
    ABSENT,
    BLAMED,
    CHAT,
    CONFORMANT,
    LIES,
    MODELS,
    POSTS,
    Call,
    hostile,
)


async def _redirect(call: Call, to: str, status: int = 307) -> None:
    await call.answer(status, b"", headers={"Location": to})


@hostile(ABSENT)
async def redirects_to_another_port(call: Call) -> None:
    await _redirect(call, call.world.elsewhere + call.target)


@hostile(ABSENT)
async def redirects_to_another_name(call: Call) -> None:
    await _redirect(call, call.world.elsewhere.replace("127.0.0.1", "localhost") + call.target)


@hostile(ABSENT)
async def redirects_for_good(call: Call) -> None:
    await _redirect(call, call.world.elsewhere + call.target, 308)


@hostile(ABSENT)
async def redirects_to_itself(call: Call) -> None:
    await _redirect(call, call.target)


@hostile(ABSENT)
async def redirects_to_a_file(call: Call) -> None:
    await _redirect(call, "file:///etc/passwd")


@hostile(ABSENT)
async def redirects_to_garbage(call: Call) -> None:
    await _redirect(call, "http://[::1/\x1b[2J::set-output name=a::b \xff")


@hostile(ABSENT)
async def redirects_without_a_host(call: Call) -> None:
    await _redirect(call, "//" + call.world.elsewhere.removeprefix("http://") + "/v1")


@hostile(LIES, POSTS, tier="standard")
async def redirects_posts_elsewhere(call: Call) -> None:
    await _redirect(call, call.world.elsewhere + call.target)


@hostile(LIES, CHAT, tier="standard")
async def redirects_through_the_caller(call: Call) -> None:
    """Back to the address that the request names as its host: a proxy's own, where it is wrong."""
    host = call.header("host")
    await _redirect(call, f"http://{host}@{call.world.elsewhere.removeprefix('http://')}/v1")


@hostile(LIES, POSTS)
async def redirects_posts_in_a_circle(call: Call) -> None:
    await _redirect(call, f"/v1/chat/completions?{call.nth}")


@hostile(BLAMED, CHAT)
async def offers_many_choices(call: Call) -> None:
    await call.answer(
        300,
        json={"links": [call.world.elsewhere]},
        headers={
            "Location": call.world.elsewhere,
            "Link": f"<{call.world.elsewhere}>; rel=preload",
        },
    )


@hostile(CONFORMANT)
async def links_elsewhere(call: Call) -> None:
    there = call.world.elsewhere
    reply = await call.honest()
    for name, value in {
        "Refresh": f"0; url={there}/refresh",
        "Link": f"<{there}/style>; rel=preload",
        "Content-Location": f"{there}/location",
        "Alt-Svc": f'h2="{there.removeprefix("http://")}"; ma=9999',
        "Report-To": f'{{"endpoints":[{{"url":"{there}/report"}}]}}',
        "Strict-Transport-Security": "max-age=9999",
        "Proxy-Authenticate": "Basic realm=x",
    }.items():
        reply = reply.with_header(name, value)
    await call.send(reply)


@hostile(LIES, CHAT)
async def asks_for_a_proxy(call: Call) -> None:
    where = {"Location": call.world.elsewhere, "Proxy-Authenticate": "Basic"}
    await call.answer(305 if call.nth % 2 else 407, b"", headers=where)


@hostile(CONFORMANT, MODELS)
async def pages_elsewhere(call: Call) -> None:
    body = (await call.honest()).json
    there = f"{call.world.elsewhere}/v1/models?after=x"
    await call.answer(json={**body, "has_more": True, "next": there, "next_page": there})


@hostile(CONFORMANT, lambda call: "openapi" in call.path or "well-known" in call.path)
async def describes_itself_elsewhere(call: Call) -> None:
    servers = [{"url": call.world.elsewhere}]
    ref = {"$ref": f"{call.world.elsewhere}/schema.json"}
    await call.answer(json={"openapi": "3.1.0", "servers": servers, "paths": {"/x": ref}})
