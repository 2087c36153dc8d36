"""One hostile deployment in a process of its own: python -m tests.hostile.serve NAME

Reads where it stands from standard input, one line of JSON; says where it listens; ends when its
standard input does.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading

from tests.hostile import vices
from tests.hostile.ground import World, open_port


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(0)


async def main(name: str, world: World) -> None:
    """Serve until the parent is gone."""
    server, url = await open_port(vices.load()[name], world)
    sys.stdout.write(f"listening on {url}\n")
    sys.stdout.flush()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], World(**json.loads(sys.stdin.readline()))))
