"""What is known of one customer. Everything is kept by event time, so that late events find their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from streams.core.alerts import Key
from streams.core.customers.cases import Case, Daybook, Likeness, Source, Standing
from streams.core.customers.contacts import Contacts
from streams.core.customers.entries import Entry, Origin, View
from streams.core.customers.files import File
from streams.core.customers.ticketview import TicketView
from streams.core.history import END, Change, History
from streams.policy import Policy


class Ack(NamedTuple):
    """Somebody looks after an alert, from `time` to before `until`, or until it ends."""

    time: int
    source: str
    id: str
    alert: str
    by: str
    until: int | None


class Opportunity(Case):
    """The events of one opportunity. One that only contacts have named so far has no view."""

    __slots__ = ("log", "told", "view")
    KIND = "o"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[Entry] = []
        self.view: View | None = None
        self.told = 0
        """The fingerprint of what was told of it last; 0 where nothing was."""


ISSUED, RECEIVED, REFUNDED, WRITTEN_OFF = range(4)


class MoneyEntry(NamedTuple):
    """One event of an invoice; sorts by time. `amount` in atoms."""

    time: int
    source: str
    id: str
    kind: int
    amount: int
    due: int | None
    """Of `ISSUED`: the instant by which it is to be paid; of a plain date, the end of that day."""
    employee: str | None
    opportunity: str | None


class Invoice(Case):
    """What was billed and paid under one invoice id."""

    __slots__ = ("log",)
    KIND = "i"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[MoneyEntry] = []


class TicketEntry(NamedTuple):
    """One event of a ticket; sorts as it applies. `kind` is one of those in `ticketview`."""

    time: int
    kind: int
    source: str
    id: str
    employee: str | None
    automatic: bool = False
    """Of an answer: that of a machine."""
    about: str | None = None
    """Of an opening: what kind of wish it is."""
    priority: str | None = None


class Ticket(Case):
    """The events of one ticket. Without a view it is not known to be this customer's, or was not opened."""

    __slots__ = ("log", "view")
    KIND = "t"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[TicketEntry] = []
        self.view: TicketView | None = None


class LeadEntry(NamedTuple):
    """One event of a lead; sorts as it applies. `kind` is one of those in `leads`."""

    time: int
    kind: int
    source: str
    id: str
    employee: str | None
    """Whose it is from then on; of an attempt, who made it."""
    origin: Origin | None = None
    """Of a creation."""


class Lead(Case):
    """The events of one lead, attempts to reach it among them."""

    __slots__ = ("counted", "log")
    KIND = "l"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[LeadEntry] = []
        self.counted = True
        """Whether the funnel has it; former releases counted none."""


class TaskEntry(NamedTuple):
    """One event of a task; sorts as it applies. `kind` is one of those in `tasks`."""

    time: int
    kind: int
    source: str
    id: str
    employee: str
    due: int | None = None
    """Of an assignment: the instant by which it is to be done; of a plain date, the end of that day."""
    about: str | None = None
    opportunity: str | None = None
    day: int | None = None
    """Of an assignment: the local day on which it is due; former releases did not keep it."""


class Task(Case):
    """The events of one task."""

    __slots__ = ("log",)
    KIND = "k"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[TaskEntry] = []


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


class Signed(NamedTuple):
    """A contract: when it was signed, and the opportunity that it names."""

    time: int
    opportunity: str | None


class Turn(NamedTuple):
    """An employee solved a ticket of a customer at an instant."""

    time: int
    employee: str


class Merge(NamedTuple):
    """A customer went on into another one at an instant, as an event says. Sorts as merges apply."""

    time: int
    source: str
    id: str
    customer: str
    """Whom the event names."""
    into: str
    place: tuple[str, int, int, bytes]
    """Of the event: topic, partition, offset, and its bytes."""

    @property
    def stamp(self) -> tuple[int, str, str, str]:
        """Which one it is."""
        return self[:4]


class Part(NamedTuple):
    """What is to be known of each of several customers that are one: when it was first seen, and its first contract."""

    first: int
    contract: Purchase | None


class Joined(NamedTuple):
    """How a customer or a lead came into touch with a campaign: when first, and the newest status that was said."""

    first: int
    time: int
    source: str
    id: str
    status: str | None


LEAD, DESK, FEED = "\x1f", "\x1e", "\x1d"
"""How the name of what is no customer begins: that of a lead, that of an employee's own tasks and daybooks, and that of
a topic of events."""


class Customer:
    """One customer: registers by event time, contacts, plans, opportunities, money, and the alerts that stand.

    A lead that is no customer yet, and an employee with tasks that have to do with none and with daybooks, are kept in
    the same way under names of their own, and so is a topic of events.
    """

    __slots__ = (
        "acks",
        "armed",
        "attendance",
        "cases_counted",
        "casts",
        "contacts",
        "contract",
        "contracts",
        "counted",
        "daybooks",
        "deadline",
        "dirty",
        "dirty_cases",
        "dirty_months",
        "files",
        "first",
        "gone",
        "grades",
        "helped",
        "id",
        "invoices",
        "joined",
        "joint",
        "keys",
        "latest",
        "leads",
        "leaning",
        "likenesses",
        "merged",
        "names",
        "noted",
        "open",
        "opportunities",
        "owners",
        "parts",
        "plans",
        "presence",
        "purchase",
        "receipts",
        "related",
        "revision",
        "roles",
        "segments",
        "solutions",
        "sources",
        "standing",
        "statuses",
        "tasks",
        "tickets",
        "told",
        "watchers",
        "whole",
    )

    def __init__(self, id: str) -> None:
        self.id = id
        self.first = END
        self.latest = -END
        self.owners = History()
        self.grades = History()
        self.segments = History()
        self.statuses = History()
        self.acks: list[Ack] = []
        self.contacts = Contacts()
        self.plans: list[Plan] = []
        self.opportunities: dict[str, Opportunity] = {}
        self.invoices: dict[str, Invoice] = {}
        self.tickets: dict[str, Ticket] = {}
        self.leads: dict[str, Lead] = {}
        self.tasks: dict[str, Task] = {}
        self.daybooks: dict[str, Daybook] = {}
        self.likenesses: dict[str, Likeness] = {}
        self.sources: dict[str, Source] = {}
        self.files: dict[str, File] = {}
        """By their names."""
        self.keys = History()
        self.names = History()
        """What identifies it, as fingerprints."""
        self.gone: tuple[int, int] | None = None
        """When it was merged into another or erased, and which of them, as `likeness` has it."""
        self.merged: Merge | None = None
        """Where all that is known of it went; see `merging`."""
        self.parts: dict[str, Part] = {}
        """By name, all customers that it is by now, itself among them; empty where none was merged into it."""
        self.watchers: dict[str, int] = {}
        """The leads that want to know of the first attempt to reach this customer from an instant on."""
        self.contract: Purchase | None = None
        """The first."""
        self.contracts: list[Signed] = []
        self.roles: dict[str, str] = {}
        """By whom it shares, the roles that those have; see `sharing`."""
        self.casts: dict[str, list[Change]] = {}
        """By who was in charge of its alerts, the roles that these were counted by, where a rule asks for them."""
        self.joined: dict[str, Joined] = {}
        """By campaign."""
        self.receipts: dict[str, int] = {}
        """What came in without an invoice, refunds taken off, in atoms by the opportunity that it names, else ""."""
        self.told = 0
        """The fingerprint of what was told of it last; 0 where nothing was."""
        self.counted = True
        """Whether the funnel has it; a former release kept none."""
        self.cases_counted = True
        """Whether the ledger has its leads, tickets and tasks; former releases counted none."""
        self.related = True
        """Whether its purchases and the firings of its alerts are counted, which former releases did not."""
        self.joint = True
        """Whether what it did is told of those who serve it together, which former releases did not."""
        self.helped = True
        """Whether who solved a ticket of it counts as serving it, which former releases did not."""
        # Derived from the above, and kept up to date with it:
        self.open: dict[str, Opportunity] = {}
        self.leaning: dict[str, Opportunity] = {}
        self.attendance: list[tuple[int, str | None]] = []
        self.presence: list[tuple[int, bool]] = []
        self.noted = -END
        self.purchase: Purchase | None = None
        self.solutions: list[Turn] = []
        self.standing: dict[Key, Standing] = {}
        self.deadline = END
        self.armed = END
        """The earliest instant at which it stands in the queue of deadlines."""
        self.revision = 0
        """The number, in its partition, of the policy that it was last judged by."""
        self.written()

    @property
    def name(self) -> str:
        """What it knows itself by, beside its cases."""
        return ""

    def segments_at(self, time: int, policy: Policy) -> list[str]:
        """The segments of a policy that it belonged to at an instant; `END` is now."""
        segments = policy.customers.segments
        if not segments:
            return []
        grade, segment = self.grades.at(time), self.segments.at(time)
        return [one.name for one in segments if one.has(grade, segment)]

    @property
    def is_customer(self) -> bool:
        """Whether it is one, not a lead, an employee or a topic."""
        return self.id[:1] not in (LEAD, DESK, FEED)

    def written(self) -> None:
        """All of it is as the state topic has it."""
        self.dirty = False
        self.dirty_months: set[int] | None = None
        self.dirty_cases: set[str] | None = None
        self.whole = False
        """Whether what is told of its opportunities may be other for all of them."""

    def touch_month(self, month: int) -> None:
        """Contacts or plans of a month changed."""
        if self.dirty_months is None:
            self.dirty_months = set()
        self.dirty_months.add(month)

    def touch(self, holder: Holder) -> None:
        """Events or alerts of a case changed, or those of the customer itself."""
        if holder is self:
            self.dirty = True
            return
        if self.dirty_cases is None:
            self.dirty_cases = set()
        self.dirty_cases.add(holder.name)

    def refile(self, file: File) -> None:
        """A file is new, or another one now."""
        self.files[file.name] = file
        if self.dirty_cases is None:
            self.dirty_cases = set()
        self.dirty_cases.add(file.name)

    def holders(self) -> Iterator[Holder]:
        """Itself, and its cases."""
        yield self
        yield from self.opportunities.values()
        yield from self.invoices.values()
        yield from self.tickets.values()
        yield from self.leads.values()
        yield from self.tasks.values()
        yield from self.daybooks.values()
        yield from self.likenesses.values()
        yield from self.sources.values()

    def has(self, name: str) -> bool:
        """Whether there is one of a name."""
        try:
            self.holder(name)
        except KeyError:
            return False
        return True

    def holder(self, name: str) -> Holder:
        """The one of a name."""
        kind, id = name[:1], name[1:]
        if kind == Opportunity.KIND:
            return self.opportunities[id]
        if kind == Invoice.KIND:
            return self.invoices[id]
        if kind == Ticket.KIND:
            return self.tickets[id]
        if kind == Lead.KIND:
            return self.leads[id]
        if kind == Daybook.KIND:
            return self.daybooks[id]
        if kind == Likeness.KIND:
            return self.likenesses[id]
        if kind == Source.KIND:
            return self.sources[id]
        return self.tasks[id] if kind else self


Holder = Customer | Opportunity | Invoice | Ticket | Lead | Task | Daybook | Likeness | Source
"""Who keeps standing alerts and a deadline: a customer those of contact, a case its own."""
