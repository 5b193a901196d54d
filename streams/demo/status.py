"""What is to be said besides the records: where we are, how fast it goes, and how to take part."""

from __future__ import annotations

from typing import NamedTuple

WIDE_WINDOW = 8
"""Rates that make up the one that is told: a simulated day and its night."""


class Status(NamedTuple):
    """`at` is the simulated instant (us); `day_s` how many seconds a simulated day takes, None while it goes as fast as
    it can; `rates` are events a second, the oldest first; `behind` is how many seconds ago everything was judged that
    had happened by then, None where that says nothing."""

    phase: str
    at: int
    day_s: float | None
    address: str
    command: str
    events: int
    rates: tuple[float, ...]
    waiting: int
    behind: float | None
    dashboard: str = ""
    """Where it is; empty until it listens."""

    @property
    def rate(self) -> float:
        """Events a second lately."""
        lately = self.rates[-WIDE_WINDOW:]
        return sum(lately) / len(lately) if lately else 0.0
