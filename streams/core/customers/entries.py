"""What is known of an opportunity: the entries of its log, and the view that they are folded into."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import UNSET, UnsetType

from streams.core.history import END

CREATED, STAGE_CHANGED, UPDATED, WON, LOST, REOPENED, NOTED = range(7)
RANK = (0, 1, 1, 2, 2, 3, 1)
"""By kind: at one instant an opportunity is created, changed, closed and reopened in this order."""


class Close(NamedTuple):
    """When a deal is expected: the instant by which it is (of a plain date, the end of that day), and its month."""

    at: int
    month: int


class Origin(NamedTuple):
    """Where a lead or an opportunity came from, as its creation says."""

    campaign: str | None
    source: str | None


class Entry(NamedTuple):
    """One event of an opportunity; sorts as it applies. `UNSET` leaves a field as it is, None clears it.

    `NOTED` is a contact that names it and a next step: no event of its own, so alone it makes no opportunity.
    """

    time: int
    rank: int
    source: str
    id: str
    kind: int
    stage: str | None
    amount: int | None | UnsetType
    owner: str | None | UnsetType
    from_stage: str | None
    close: Close | None | UnsetType = UNSET
    next_step: str | None | UnsetType = UNSET
    origin: Origin | None = None
    """Of a creation."""


class Visit(NamedTuple):
    """A stay of an opportunity in a stage; `left` is `END` while it lasts."""

    stage: str | None
    entered: int
    left: int
    opened: int
    """Since when the opportunity has been open: its first event, or its reopening."""


class View(NamedTuple):
    """An opportunity as its events make it, in the order of event time."""

    first: int
    created: int | None
    creator: str | None
    visits: tuple[Visit, ...]
    owners: tuple[tuple[int, str | None], ...]
    """(from when, who), each instant once."""
    advances: tuple[tuple[int, str | None], ...]
    """(when, named owner or None) of every forward stage change."""
    amount: int | None
    outcome: int | None
    """`WON`, `LOST`, or None while it is open."""
    closed_at: int
    closed_amount: int
    closed_by: str | None
    """The owner that the outcome names, else None."""
    held: tuple[tuple[int, int, str], ...]
    """When it was open, and whose it was then: (start, end, who); "" for nobody."""
    flags: tuple[str, ...]
    """What is odd about the outcome: names of data-quality rules."""
    closes: tuple[tuple[int, Close | None], ...]
    """(from when, which) of every close date that was set, each instant once."""
    steps: tuple[tuple[int, str | None], ...]
    """(from when, which) of every next step that was set, each instant once."""
    ends: tuple[tuple[int, int], ...]
    """(when, `WON` or `LOST`) of every time that it was closed; of outcomes that follow each other, the newest."""
    amounts: tuple[tuple[int, int | None], ...]
    """(from when, how much in atoms) of every amount that was set, each instant once."""
    origin: Origin | None = None

    @property
    def open(self) -> bool:
        return self.outcome is None

    @property
    def stretches(self) -> list[tuple[int, int]]:
        """When it was open: (start, end), `END` while it is."""
        ends = {visit.opened: visit.left for visit in self.visits}
        return sorted(ends.items())

    def closes_stretch(self, visit: Visit) -> bool:
        """Whether a stay ended with the outcome, not by going on into another stage."""
        following = self.visits.index(visit) + 1
        return visit.left != END and (following == len(self.visits) or self.visits[following].opened != visit.opened)

    @property
    def since(self) -> int:
        """When it was created; where nobody said so, when it was first heard of."""
        return self.first if self.created is None else self.created

    def since_at(self, time: int) -> int:
        """The same, by what had happened up to an instant: its creation may come after its first event."""
        return self.first if self.created is None or time < self.created else self.created

    def amount_at(self, time: int) -> int | None:
        """Its amount at an instant, changes at that very instant included."""
        held = None
        for since, amount in self.amounts:
            if since > time:
                break
            held = amount
        return held

    def owner_at(self, time: int) -> str | None:
        """Its owner at an instant, changes at that very instant included."""
        owner = None
        for start, who in self.owners:
            if start > time:
                break
            owner = who
        return owner
