"""What is followed by itself, beside a customer or without one: what every such case has, and those of which nobody
sends an event of its own. A case that events name stands in `state`.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from msgspec import Struct

from streams.core.alerts import Key
from streams.core.customers.logbook import Block
from streams.core.history import END


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
    """The last contact made before it began, for the rules that a contact has to do with."""
    invoice: str | None = None
    amount: str | None = None
    """What money is at stake, in atoms."""
    grade: str | None = None
    """The customer's grade that chose the bound, where bounds go by it."""
    case: str | None = None
    """The id of the ticket, the lead or the task; of a customer that is there twice, of the other one."""
    level: int = 0
    recipients: tuple[str, ...] = ()
    suppressed: str | None = None
    """What keeps it quiet while it fires."""
    channel: str | None = None
    """That of the last contact."""

    @property
    def key(self) -> Key:
        """Names the episode among those of its subject."""
        return self.rule, self.basis


class Case:
    """Something of a customer that is followed by itself: its events, and the alerts that stand for it."""

    __slots__ = ("armed", "blocks", "deadline", "id", "standing")
    KIND: ClassVar[str]
    """One letter, which no other kind of case begins its names with."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.standing: dict[Key, Standing] = {}
        self.deadline = self.armed = END
        self.blocks: list[Block] = []
        """Those parts of its log that stand in records of their own."""

    @property
    def name(self) -> str:
        """What its customer knows it by."""
        return self.KIND + self.id


class Twin(NamedTuple):
    """Something, by its fingerprint, that a customer shared with an `other` one from `start` to before `end`. `why` it
    does so no more is one of those in `likeness`, as is the kind of what has none of its own."""

    print: str
    start: int
    end: int
    why: int
    other: str
    kind: str


class Likeness(Case):
    """What a customer shares with others that had it before; there is one, without an id."""

    __slots__ = ("log",)
    KIND = "m"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[Twin] = []


class DayEntry(NamedTuple):
    """A contact that counts on a day at the instant `time`; `made` is when it was made. `kind` is one of those in
    `daybooks`."""

    time: int
    kind: int
    made: int


class Daybook(Case):
    """What an employee logged on a local day, as far as that tells of the employee; its id is the number of the day."""

    __slots__ = ("log",)
    KIND = "d"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[DayEntry] = []


class Gap(NamedTuple):
    """The longest silence of a topic that ended on a local day, in all time and in working time, us."""

    day: int
    elapsed: int
    working: int


class Silence(NamedTuple):
    """A topic does not move from `since` to `end`; what was usual until then, as `Gap` has it, None without a habit."""

    since: int
    end: int
    usual: int | None
    usual_working: int | None


class Source(Case):
    """A topic of events: its newest silences; its id is the topic's plain name."""

    __slots__ = ("log",)
    KIND = "s"

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.log: list[Silence] = []

    def note(self, silences: list[Silence]) -> None:
        """It moved."""
        self.log = silences
