"""When figures that change all the time are told: the current month at each flush, other periods that contain now once
in `wait`, microseconds of the clock, at instants that differ from one name to another."""

from __future__ import annotations

from zlib import crc32

from streams.core.page import Page
from streams.core.periods import current


def may_wait(page: Page) -> frozenset[str]:
    """The periods that need not be told at each flush."""
    return frozenset(current(page.today)[1:])


def turn_of(page: Page, name: str, wait: int) -> int:
    """The number of a name's turn; the next one comes within `wait`."""
    return (page.now + crc32(name.encode())) // wait
