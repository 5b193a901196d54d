"""What is known of one customer. Everything is kept by event time, so that late events find their place."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from streams.core.history import END, Change, History

CREATED, STAGE_CHANGED, UPDATED, WON, LOST, REOPENED = range(6)
RANK = (0, 1, 1, 2, 2, 3)
"""By kind: at one instant an opportunity is created, changed, closed and reopened in this order."""


class Entry(NamedTuple):
    """One event of an opportunity; sorts as it applies. `UNSET` leaves a field as it is, None clears it."""

    time: int
    rank: int
    source: str
    id: str
    kind: int
    stage: str | None
    amount: int | None | UnsetType
    owner: str | None | UnsetType
    from_stage: str | None


class Visit(NamedTuple):
    """A stay of an opportunity in a stage; `left` is `END` while it lasts."""

    stage: str | None
    entered: int
    left: int


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

    @property
    def open(self) -> bool:
        return self.outcome is None

    @property
    def since(self) -> int:
        """When it was created; where nobody said so, when it was first heard of."""
        return self.first if self.created is None else self.created

    def since_at(self, time: int) -> int:
        """The same, by what had happened up to an instant: its creation may come after its first event."""
        return self.first if self.created is None or time < self.created else self.created

    def owner_at(self, time: int) -> str | None:
        """Its owner at an instant, changes at that very instant included."""
        owner = None
        for start, who in self.owners:
            if start > time:
                break
            owner = who
        return owner


class Standing(Struct, array_like=True, frozen=True):
    """An alert as it was published: all that its record says, instants in microseconds."""

    id: str
    rule: str
    basis: int
    started: int
    bound: int
    fired: int | None
    """None while it is pending, and where it ended without having fired."""
    ended: int | None
    status: str
    cause: str
    employee: str | None
    team: str | None
    opportunity: str | None
    about: str
    planned: int | None
    last_contact: int | None
    """The last contact made before it fired, for the rules of contact."""


class Opportunity:
    """The events of one opportunity, and the alerts that stand for it."""

    __slots__ = ("deadline", "id", "log", "standing", "view")

    def __init__(self, id: str) -> None:
        self.id = id
        self.log: list[Entry] = []
        self.standing: dict[str, Standing] = {}
        self.deadline = END
        self.view: View | None = None


class Invoice(Struct, array_like=True):
    """What was billed and paid under one invoice id ("" for receipts that name none), in atoms."""

    billed: int = 0
    received: int = 0
    refunded: int = 0
    written_off: int = 0
    due: int | None = None
    """The local day on which the newest `invoice.issued` asks to be paid."""
    stamp: tuple[int, str, str] | None = None


class Plan(NamedTuple):
    """The next contact as it was set at an instant: None is a cancelled plan."""

    time: int
    source: str
    id: str
    next_at: int | None
    next_step: str | None


MADE, INBOUND = 2, 1


class Contacts:
    """Every interaction with one customer by time; of two at one instant the greater employee id comes later.

    `tags` holds, for each, the index of the employee in `people`, shifted by two, and the flags `MADE` and `INBOUND`.
    """

    __slots__ = ("people", "tags", "times")

    def __init__(self) -> None:
        self.times: list[int] = []
        self.tags: list[int] = []
        self.people: list[str] = []

    def add(self, time: int, employee: str, made: bool, inbound: bool) -> int:
        """Take in a contact, late or not; answers its index."""
        if employee in self.people:
            person = self.people.index(employee)
        else:
            person = len(self.people)
            self.people.append(employee)
        index = len(self.times)
        if index and self.times[-1] >= time:
            index = bisect_right(self.times, time)
            while index and self.times[index - 1] == time and self.who(index - 1) > employee:
                index -= 1
        self.times.insert(index, time)
        self.tags.insert(index, person << 2 | MADE * made | INBOUND * inbound)
        return index

    def who(self, index: int) -> str:
        """The employee of the contact at an index."""
        return self.people[self.tags[index] >> 2]

    def last_by_anyone(self, time: int) -> str | None:
        """Who contacted the customer last, at an instant or before it."""
        index = bisect_right(self.times, time) - 1
        return self.who(index) if index >= 0 else None

    def before(self, time: int, need: int) -> int | None:
        """The newest instant strictly before `time` of a contact that has all flags of `need`."""
        index = bisect_left(self.times, time) - 1
        while index >= 0 and self.tags[index] & need != need:
            index -= 1
        return self.times[index] if index >= 0 else None

    def after(self, time: int, need: int) -> int:
        """The oldest instant strictly after `time` of a contact that has all flags of `need`, else `END`."""
        for index in range(bisect_right(self.times, time), len(self.times)):
            if self.tags[index] & need == need:
                return self.times[index]
        return END

    def between(self, start: int, end: int, need: int) -> list[int]:
        """The distinct instants in [start, end) of contacts that have all flags of `need`."""
        first, last = bisect_left(self.times, start), bisect_left(self.times, end)
        times = self.times
        found = [times[i] for i in range(first, last) if self.tags[i] & need == need]
        return list(dict.fromkeys(found))

    def neighbours(self, index: int) -> tuple[int | None, int | None]:
        """The instants of the same person's contacts next before and next after the one at `index`."""
        person = self.tags[index] >> 2
        before = after = None
        for other in range(index - 1, -1, -1):
            if self.tags[other] >> 2 == person:
                before = self.times[other]
                break
        for other in range(index + 1, len(self.tags)):
            if self.tags[other] >> 2 == person:
                after = self.times[other]
                break
        return before, after


class Purchase(NamedTuple):
    """A first won opportunity or contract: when, which, and whose it is."""

    time: int
    source: str
    id: str
    employee: str | None


class Customer:
    """One customer: registers by event time, contacts, plans, opportunities, money, and the alerts that stand."""

    __slots__ = (
        "attendance",
        "contacts",
        "contract",
        "deadline",
        "dirty",
        "dirty_invoices",
        "dirty_months",
        "dirty_opportunities",
        "first",
        "grades",
        "id",
        "invoices",
        "latest",
        "leaning",
        "noted",
        "open",
        "opportunities",
        "owners",
        "plans",
        "presence",
        "purchase",
        "revision",
        "standing",
    )

    def __init__(self, id: str) -> None:
        self.id = id
        self.first = END
        self.latest = -END
        self.owners = History()
        self.grades = History()
        self.contacts = Contacts()
        self.plans: list[Plan] = []
        self.opportunities: dict[str, Opportunity] = {}
        self.invoices: dict[str, Invoice] = {}
        self.contract: Purchase | None = None
        # Derived from the above, and kept up to date with it:
        self.open: dict[str, Opportunity] = {}
        self.leaning: dict[str, Opportunity] = {}
        self.attendance: list[tuple[int, str | None]] = []
        self.presence: list[tuple[int, bool]] = []
        self.noted = -END
        self.purchase: Purchase | None = None
        self.standing: dict[str, Standing] = {}
        self.deadline = END
        self.revision = 0
        """The number, in its partition, of the policy that it was last judged by."""
        self.dirty = False
        self.dirty_months: set[int] = set()
        self.dirty_opportunities: set[str] = set()
        self.dirty_invoices: set[str] = set()


__all__ = [
    "CREATED",
    "INBOUND",
    "LOST",
    "MADE",
    "RANK",
    "REOPENED",
    "STAGE_CHANGED",
    "UNSET",
    "UPDATED",
    "WON",
    "Change",
    "Contacts",
    "Customer",
    "Entry",
    "Invoice",
    "Opportunity",
    "Plan",
    "Purchase",
    "Standing",
    "View",
    "Visit",
]
