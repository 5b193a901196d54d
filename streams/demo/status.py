"""What is to be said besides the records: where we are, how fast it goes, and how to take part."""

from __future__ import annotations

from typing import NamedTuple

WIDE_WINDOW = 8
"""Rates that make up the one that is told: a simulated day and its night."""


class Status(NamedTuple):
    """`at` is the simulated instant (us); `rates` are events a second, the oldest first; `behind` is how long ago, in
    real seconds, it was when everything had been judged, None before the first time."""

    phase: str
    at: int
    day_s: float
    address: str
    command: str
    events: int
    rates: tuple[float, ...]
    waiting: int
    behind: float | None

    @property
    def rate(self) -> float:
        """Events a second lately."""
        lately = self.rates[-WIDE_WINDOW:]
        return sum(lately) / len(lately) if lately else 0.0
