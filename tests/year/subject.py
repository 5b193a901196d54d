"""A subject of alerts from change to change: plain columns, in which nothing is judged.

A state is written once it is over, with the first and the last hour that saw it. Times are microseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from tests.oracle.law import Law, instant
from tests.oracle.worktime import us
from tests.year.hours import Hours, Meter
from tests.year.patience import Patience

Cell = str | int | bool | None
Write = Callable[["Subject"], None]


class World:
    """What all subjects share."""

    def __init__(self, law: Law, hours: Hours, meter: Meter, write: Write) -> None:
        self.law, self.hours, self.meter, self.write = law, hours, meter, write
        self.patience = Patience(law, meter)
        self._ends: dict[str, int] = {}

    def end_of(self, text: str) -> int:
        """A date-time, or the end of a plain day."""
        if "T" in text:
            return us(instant(text))
        if text not in self._ends:
            self._ends[text] = us(self.law.ends(text))
        return self._ends[text]


class Subject:
    """Something that alerts are about. Call `turn` before its state changes."""

    COLUMNS: ClassVar[tuple[str, ...]] = ()
    CLOCKED: ClassVar[tuple[str, ...]] = ()
    """The columns that are instants from which something is measured, be it in working time."""

    def __init__(self, world: World, id: str, time: int) -> None:
        self.world, self.id = world, id
        self.first = world.hours.number(time)
        self.last = -1
        """The last hour that saw the state that is written."""

    def turn(self, time: int) -> None:
        """Something changes at an instant."""
        number = self.world.hours.number(time)
        if number > self.first:
            self.last = number - 1
            self.world.write(self)
            self.first = number

    def row(self) -> dict[str, Cell]:
        """The state as it is."""
        raise NotImplementedError

    def cells(self) -> list[Cell]:
        """The state with its hours, and what the meter of working time read at the instants in it."""
        row, meter = self.row(), self.world.meter
        read = [None if (at := row[name]) is None else meter.read(int(at)) for name in self.CLOCKED]
        return [self.id, self.first, self.last, *(row[name] for name in self.COLUMNS), *read]
