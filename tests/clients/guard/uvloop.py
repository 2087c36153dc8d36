"""Stands in for uvloop, whose connections no audit hook hears: asyncio takes its place."""

from asyncio import DefaultEventLoopPolicy as EventLoopPolicy
from asyncio import SelectorEventLoop as Loop
from asyncio import new_event_loop, run

__all__ = ["EventLoopPolicy", "Loop", "install", "new_event_loop", "run"]


def install() -> None:
    """Leave asyncio as it is."""
