"""A link to a deployment that takes its time: each request arrives later, nothing else changes."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 2**20


@contextmanager
def serving(base_url: str, seconds: float) -> Iterator[str]:
    """The base URL of a deployment behind a link that adds so many seconds to each request."""
    parts = urlsplit(base_url)
    loop = asyncio.new_event_loop()

    async def carry(source: asyncio.StreamReader, to: asyncio.StreamWriter, pause: float) -> None:
        with suppress(OSError):
            while data := await source.read(LARGEST):
                await asyncio.sleep(pause)
                to.write(data)
                if pause:  # what came meanwhile belongs to it: a head and its body are two pieces
                    with suppress(TimeoutError):
                        to.write(await asyncio.wait_for(source.read(LARGEST), 0.005))
                await to.drain()
            if to.can_write_eof():
                to.write_eof()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(parts.hostname, parts.port, limit=LARGEST)
        await asyncio.gather(carry(reader, there[1], seconds), carry(there[0], writer, 0.0))
        there[1].close()
        writer.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(connect, "127.0.0.1", 0, limit=LARGEST)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}{parts.path}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
