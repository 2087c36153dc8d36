"""LiteLLM's proxy in front of the deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from fixtures.target.plain_requests import post
from fixtures.transport.exchange import Chunk, Exchange
from fixtures.transport.proxy import Proxy
from schemas.outcomes import Inconclusive
from schemas.records import Observation
from suites.clients import calls, reading, tools
from suites.clients.gateway import KEY, gateway
from suites.clients.runs import Ran
from suites.engine import verify
from suites.engine.checks import Findings, check

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment

TRIED = ("chat", "chat stream")
NAME = "litellm-proxy"


@check("LITELLM-PROXY-01", tier="deep")
def test_deployment_works_behind_a_litellm_proxy(dut: Deployment) -> Findings:
    """A chat and a chat stream through LiteLLM's proxy give the text that was on the wire."""
    model, label = dut.cast.model("chat"), tools.LITELLM.label
    bodies = [{"model": model, **calls.CAPABILITIES[name].asked} for name in TRIED]
    with (
        Proxy(dut.client, (NAME,)) as proxy,
        gateway(proxy.url(NAME), proxy.token(NAME), (model,)) as url,
    ):
        answers = [_ask(url, body) for body in bodies]
    seen = proxy.announce(NAME)
    dut.used += [exchange.id for exchange in seen]
    if len(seen) != len(TRIED):
        raise Inconclusive(f"{label} sent {len(seen)} requests for {len(TRIED)}")
    for name, exchange, (status, text) in zip(TRIED, seen, answers, strict=True):
        ran = Ran(name, f"the proxy of {label}", text, exchanges=(exchange,))
        found = list(reading.works(ran, lambda one: reading.visible_text(one.exchanges[-1])))
        yield from found
        if status != 200 and not found:
            actual = f"HTTP {status}: {text[:200]}"
            yield verify.deviation(exchange, "HTTP 200 from the proxy", actual=actual)
        works = status == 200 and not found
        cell = "works" if works else f"fails (deployment): HTTP {exchange.status}"
        yield Observation(f"client {tools.GATEWAY.name} {tools.LITELLM.version} {name}", cell)


def _ask(url: str, body: dict[str, object]) -> tuple[int, str]:
    """Status and text that the proxy answers, read with the eyes of our own reader."""
    headers = {"Authorization": f"Bearer {KEY}"}
    try:
        answer = httpx.post(
            f"{url}/chat/completions", headers=headers, json=body, timeout=120, trust_env=False
        )
    except httpx.TransportError as error:
        raise Inconclusive(f"LiteLLM's proxy does not answer: {error}") from None
    if answer.status_code != 200:
        return answer.status_code, answer.text
    request = post("/chat/completions", dict(body))
    seen = Exchange("proxied", request, 200, chunks=(Chunk(0.0, answer.content),))
    return 200, reading.visible_text(seen)
