"""What is kept of a customer, or of an employee at the desk, that no alert looks at: each file is a record of its own.

A file is a log of entries that sort by their first four fields, so that one with very many is kept in pieces as the
log of a case is (see `logbook`). All files are records of one kind, by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, NamedTuple

from streams.core.customers import logbook
from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import Rest

KIND = "file"
"""The kind of their state records."""


class CostEntry(NamedTuple):
    """One event of an expense or a trip; `kind` is one of those in `costs`. Of two at one instant the later is last."""

    time: int
    kind: int
    stamp: tuple[str, str]
    """Source and id of the event."""
    customer: str
    """Whom the event names, else ""; two of different customers may have one stamp."""
    amount: str | None = None
    """Of a claim: in atoms."""
    opportunity: str | None = None


class Charged(NamedTuple):
    """What a cost comes to for a customer, as of so many of its events."""

    version: int
    opportunity: str | None
    """None where it is nothing to this customer, or no more."""
    amount: str | None
    """In atoms; None of a trip without a cost."""


class Progress(NamedTuple):
    """The newest update of a key result: how far it has come, of `units.QUANTITY`, and the local day it counts on."""

    time: int
    source: str
    id: str
    progress: int
    day: int


class Rated(NamedTuple):
    """A local day on which somebody rated."""

    day: int
    rater: str


class Used(NamedTuple):
    """A local day on which the CRM was used."""

    day: int


class Answer(NamedTuple):
    """What a customer answered about an employee's work; `opinion` as `answers` has it."""

    time: int
    source: str
    id: str
    employee: str
    kind: str
    opinion: int


class File:
    """A log under an id."""

    __slots__ = ("blocks", "id", "log")
    KIND: ClassVar[str]
    """One letter, which neither another kind of file nor a case begins its names with."""
    log: list[Any]

    def __init__(self, id: str) -> None:
        self.id = id
        self.log = []
        self.blocks: list[logbook.Block] = []

    @property
    def name(self) -> str:
        """What it is known by."""
        return self.KIND + self.id


class Cost(File):
    """An expense or a trip of an employee."""

    __slots__ = ()
    KIND = "e"
    log: list[CostEntry]


class Charge(File):
    """A cost of whichever employee as far as it is a customer's; its log has the newest entry alone."""

    __slots__ = ()
    KIND = "c"
    log: list[Charged]


class KeyResult(File):
    """A key result of an employee; its log has the newest entry alone."""

    __slots__ = ()
    KIND = "y"
    log: list[Progress]


class Usage(File):
    """The days of a month, by its number, on which an employee used the CRM."""

    __slots__ = ()
    KIND = "u"
    log: list[Used]


class Raters(File):
    """Who, of one relation, rated one competency of an employee, and when."""

    __slots__ = ("days",)
    KIND = "r"
    log: list[Rated]

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.days: dict[str, list[int]] | None = None
        """By rater, in order; None until somebody asks."""


class Answers(File):
    """What a customer answered; there is one, without an id."""

    __slots__ = ()
    KIND = "a"
    log: list[Answer]


_TYPES: dict[str, type[File]] = {kind.KIND: kind for kind in (Cost, Charge, KeyResult, Usage, Raters, Answers)}
_READ: dict[type[File], Callable[[bytes], list[Any]]] = {
    Cost: reader(list[CostEntry]),
    Charge: reader(list[Charged]),
    KeyResult: reader(list[Progress]),
    Usage: reader(list[Used]),
    Raters: reader(list[Rated]),
    Answers: reader(list[Answer]),
}


def written(whose: str, file: File) -> Iterator[tuple[bytes, bytes | None]]:
    """The records of a file that are others now."""
    for number, record in logbook.written(file.log, file.blocks, tagged, tagged):
        place = (KIND, whose, file.name)
        yield key_of(*place) if number is None else key_of(*place, number), record


def read(records: Iterable[tuple[Rest, bytes]]) -> dict[str, File]:
    """The files, by their names, of what keys say after the name of whose they are, and values."""
    rests: dict[str, list[Any]] = {}
    blocks: dict[str, dict[int, list[Any]]] = {}
    for rest, value in records:
        name = rest[0] if isinstance(rest, tuple) else str(rest)
        entries = _READ[_TYPES[name[:1]]](value)
        if isinstance(rest, tuple):
            blocks.setdefault(name, {})[rest[1]] = entries
        else:
            rests[name] = entries
    found = {}
    for name, entries in rests.items():
        file = found[name] = _TYPES[name[:1]](name[1:])
        file.log, file.blocks = logbook.joined(blocks.get(name, {}), entries)
    return found
