"""What is known of one customer. Everything is kept by event time, so that late events find their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import UNSET, Struct, UnsetType

from streams.core.alerts import Key
from streams.core.customers.contacts import Contacts
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


class Standing(Struct, array_like=True, frozen=True, gc=False):
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

    @property
    def key(self) -> Key:
        """Names the episode among those of its subject."""
        return self.rule, self.basis


class Opportunity:
    """The events of one opportunity, and the alerts that stand for it."""

    __slots__ = ("armed", "deadline", "id", "log", "standing", "view")

    def __init__(self, id: str) -> None:
        self.id = id
        self.log: list[Entry] = []
        self.standing: dict[Key, Standing] = {}
        self.deadline = self.armed = END
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


class Purchase(NamedTuple):
    """A first won opportunity or contract: when, which, and whose it is."""

    time: int
    source: str
    id: str
    employee: str | None


class Customer:
    """One customer: registers by event time, contacts, plans, opportunities, money, and the alerts that stand."""

    __slots__ = (
        "armed",
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
        self.standing: dict[Key, Standing] = {}
        self.deadline = END
        self.armed = END
        """The earliest instant at which it stands in the queue of deadlines."""
        self.revision = 0
        """The number, in its partition, of the policy that it was last judged by."""
        self.written()

    def written(self) -> None:
        """All of it is as the state topic has it."""
        self.dirty = False
        self.dirty_months: set[int] | None = None
        self.dirty_opportunities: set[str] | None = None
        self.dirty_invoices: set[str] | None = None

    def touch_month(self, month: int) -> None:
        """Contacts or plans of a month changed."""
        if self.dirty_months is None:
            self.dirty_months = set()
        self.dirty_months.add(month)

    def touch_opportunity(self, id: str) -> None:
        """Events or alerts of an opportunity changed."""
        if self.dirty_opportunities is None:
            self.dirty_opportunities = set()
        self.dirty_opportunities.add(id)

    def touch_invoice(self, id: str) -> None:
        """Sums of an invoice changed."""
        if self.dirty_invoices is None:
            self.dirty_invoices = set()
        self.dirty_invoices.add(id)

    def holders(self) -> Iterator[tuple[str, Holder]]:
        """Itself under "", and its opportunities by their ids."""
        yield "", self
        yield from self.opportunities.items()

    def holder(self, name: str) -> Holder:
        """One of those."""
        return self.opportunities[name] if name else self


Holder = Customer | Opportunity
"""Who keeps standing alerts and a deadline: a customer those of contact, an opportunity its own."""

__all__ = [
    "CREATED",
    "LOST",
    "RANK",
    "REOPENED",
    "STAGE_CHANGED",
    "UNSET",
    "UPDATED",
    "WON",
    "Change",
    "Customer",
    "Entry",
    "Holder",
    "Invoice",
    "Opportunity",
    "Plan",
    "Purchase",
    "Standing",
    "View",
    "Visit",
]
