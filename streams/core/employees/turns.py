"""When an employee's periods are told: the current month at each flush, the others that contain now in turns.

Who is at work changes the figures of six periods with each contact, and telling each of the others takes as long as
telling the month, which is what is looked at. So the quarter, the year and the last so many days of somebody are told
once in `wait`, counted from an instant of that employee's own, at the first change in it; what changes after that waits
for the next turn. What makes a period due and is no contribution to it is told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.core.employees.state import Employee
from streams.core.formats import reader, tagged
from streams.core.page import Page
from streams.core.records import key_of
from streams.core.turns import may_wait, turn_of

KIND = "turn"
"""The first of the two parts of the key of an employee's record: the last turn, and the periods that wait."""

_read = reader(tuple[int, list[str]])


class Turns:
    """Those of one partition's employees. `wait` is in microseconds of the clock; at 0 nothing waits."""

    def __init__(self, page: Page, wait: int) -> None:
        self._page, self._wait = page, wait
        self._waiting: dict[str, Employee] = {}
        self._taken: dict[str, Employee] = {}
        self._gone: list[str] = []

    def take(self, touched: Mapping[str, Employee]) -> Iterator[tuple[Employee, list[str]]]:
        """Of whom which periods are to be told: of those who were touched, and of those who waited."""
        slow = may_wait(self._page)
        others = [employee for name, employee in self._waiting.items() if name not in touched]
        for employee in (*touched.values(), *others):
            waits = self._waits(employee, slow)
            told = sorted((employee.due | employee.changed) - waits)
            employee.due.clear()
            employee.changed = waits
            self._note(employee)
            if told:
                yield employee, told

    def skip(self, touched: Mapping[str, Employee]) -> None:
        """Nothing is told before the time is known; the first day that is known then tells everything."""
        for employee in touched.values():
            employee.due.clear()
            employee.changed.clear()

    def _waits(self, employee: Employee, slow: frozenset[str]) -> set[str]:
        """What of an employee is to wait for the next turn."""
        changed = employee.changed & slow
        if not changed or not self._wait:
            return set()
        turn = turn_of(self._page, employee.id, self._wait)
        if turn != employee.turn:  # by another `wait` than now it may be a greater one
            employee.turn = turn
            self._taken[employee.id] = employee
            return set()
        return changed - employee.due

    def _note(self, employee: Employee) -> None:
        if employee.changed != employee.waiting:
            employee.waiting = frozenset(employee.changed)
            self._taken[employee.id] = employee
        if employee.waiting:
            self._waiting[employee.id] = employee
        else:
            self._waiting.pop(employee.id, None)

    def depart(self, employee: Employee) -> None:
        """Forget an employee who was erased."""
        self._waiting.pop(employee.id, None)
        if employee.turn >= 0:
            self._gone.append(employee.id)

    def restore(self, employee: Employee, value: bytes) -> None:
        """Take one record of the state topic."""
        employee.turn, waiting = _read(value)
        employee.waiting = frozenset(waiting)

    def restored(self, employees: Mapping[str, Employee]) -> None:
        """Every record has been given."""
        for employee in employees.values():
            employee.changed = set(employee.waiting)
            self._note(employee)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        for name, employee in sorted(self._taken.items()):
            yield key_of(KIND, name), tagged((employee.turn, sorted(employee.waiting)))
        for name in self._gone:
            yield key_of(KIND, name), None
        self._taken.clear()
        self._gone.clear()
