"""Streams to clients that take compressed answers, as most do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from suites.chat_stream import support
from suites.engine import verify
from suites.engine.checks import Findings, check
from suites.support.probes import CHAT, STORY, zipped

if TYPE_CHECKING:
    from fixtures.target.deployment import Deployment
    from fixtures.transport.exchange import Exchange


@check("STREAM-CHAT-INCR-01", tier="deep")
def test_stream_comes_in_pieces_for_those_who_take_gzip(dut: Deployment) -> Findings:
    """A long answer comes over time also where the client takes gzip. n = 3.

    Rule: a deviation when each of three streams comes as late as its end, and the same stream
    without compression does not.
    """
    plain = dut.chat(stream=True, messages=STORY, max_tokens=120)
    packed = [_zipped(dut, sample) for sample in range(3)]
    late = [share for each in packed if (share := support.late(each)) is not None]
    if len(late) == len(packed) and min(late) > support.LATE and not _is_late(plain):
        actual = ", ".join(f"{share:.0%}" for share in late)
        expected = "a first chunk long before the last, as without Accept-Encoding"
        yield verify.deviation(packed[0], expected, actual=f"it came after {actual} of the time")


def _zipped(dut: Deployment, sample: int) -> Exchange:
    request = dut.request(CHAT, messages=STORY, max_tokens=120, stream=True, sample=sample)
    return dut.send(zipped(request))


def _is_late(exchange: Exchange) -> bool:
    share = support.late(exchange)
    return share is None or share > support.LATE
