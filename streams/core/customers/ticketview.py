"""What is known of a ticket: the view that its events are folded into."""

from __future__ import annotations

from typing import NamedTuple

from streams.core.alerts import Cause

OPENED, ASSIGNED, REPLIED, PAUSED, RESUMED, RESOLVED, REOPENED, CLOSED = range(8)
"""The kinds of entries; at one instant a ticket's events apply in this order."""


class TicketView(NamedTuple):
    """A ticket as its events make it, in the order of event time."""

    opened: int
    kind: str
    priority: str | None
    replied: int
    """When somebody, not a machine, answered first; `END` while nobody has."""
    unsolved: list[tuple[int, int, Cause]]
    """When it was to be resolved: (start, end, why it ended)."""
    running: list[tuple[int, int]]
    """When its clocks ran: of the above what was not spent waiting for the customer."""
    given: list[tuple[int, str]]
    """When it was given to whom, be it before the opening."""
    named: tuple[int, str] | None
    """When an opening first named somebody, and whom."""
