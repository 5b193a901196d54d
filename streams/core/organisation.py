"""Who works here, as every partition knows it: one record per employee, each field by event time."""

from __future__ import annotations

from bisect import insort
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from streams.core.formats import reader, tagged
from streams.core.history import END, Change, History
from streams.events import EmployeeUpserted

FIELDS = ("role", "team", "department", "manager_id", "name", "active", "level", "region")

Stamp = tuple[int, str, str]


class Absence(NamedTuple):
    """When somebody is away: from `start` to before `end`."""

    time: int
    source: str
    id: str
    start: int
    end: int


class _Known(msgspec.Struct, array_like=True):
    """An employee's record. Former releases kept neither managers over time nor absences."""

    fields: dict[str, tuple[Stamp, Any]]
    teams: list[Change]
    managers: list[Change] = []
    absences: list[Absence] = []


_read = reader(_Known)


class Organisation:
    """The employees' records. Of two values of a field the newer by event time stands, whichever arrived first."""

    def __init__(self) -> None:
        self._employees: dict[str, dict[str, tuple[Stamp, Any]]] = {}
        self._teams: dict[str, History] = {}
        self._managers: dict[str, History] = {}
        self._absences: dict[str, list[Absence]] = {}
        self._dirty: set[str] = set()

    def __len__(self) -> int:
        return len(self._employees)

    def learn(self, stamp: Stamp, data: EmployeeUpserted) -> bool:
        """Take in an upsert; says whether the record is another now."""
        fields = self._employees.setdefault(data.employee_id, {})
        changed = self._teams.setdefault(data.employee_id, History()).set_once(Change(*stamp, data.team))
        if changed:
            self._dirty.add(data.employee_id)
        if data.manager_id is not UNSET:
            managers = self._managers.setdefault(data.employee_id, History())
            if managers.set_once(Change(*stamp, data.manager_id)):
                changed = True
                self._dirty.add(data.employee_id)
        for name in FIELDS:
            value = getattr(data, name)
            if value is UNSET:
                continue
            known = fields.get(name)
            if known is None or stamp > known[0]:
                changed = changed or known is None or known[1] != value
                fields[name] = (stamp, value)
                self._dirty.add(data.employee_id)
        return changed

    def excuse(self, employee: str, absence: Absence) -> bool:
        """Take in an absence, which may come again; says whether it is a new one."""
        known = self._absences.setdefault(employee, [])
        if any(one[:3] == absence[:3] for one in known):
            return False
        insort(known, absence)
        self._dirty.add(employee)
        return True

    def absences(self, employee: str) -> list[tuple[int, int]]:
        """Every absence of somebody: from the first instant to before the second."""
        return [(one.start, one.end) for one in self._absences.get(employee, ())]

    @property
    def knows_absences(self) -> bool:
        """Whether anybody has ever been away."""
        return bool(self._absences)

    def is_absent(self, employee: str | None, time: int) -> bool:
        """Whether somebody is away at an instant."""
        if employee is None:
            return False
        return any(one.start <= time < one.end for one in self._absences.get(employee, ()))

    def next_absence_change(self, employee: str | None, time: int) -> int:
        """The first instant after `time` at which an absence of somebody begins or ends, else `END`."""
        if employee is None:
            return END
        edges = (edge for one in self._absences.get(employee, ()) for edge in (one.start, one.end))
        return min((edge for edge in edges if edge > time), default=END)

    def manager_at(self, employee: str | None, time: int) -> str | None:
        """The manager of an employee at an instant; None where there is none, or nothing was known yet."""
        managers = self._managers.get(employee) if employee is not None else None
        return None if managers is None else managers.at(time)

    def team_at(self, employee: str | None, time: int) -> str | None:
        """The team of an employee at an instant; None before the first record, and where there is none."""
        teams = self._teams.get(employee) if employee is not None else None
        return None if teams is None else teams.at(time)

    def team(self, employee: str | None) -> str | None:
        """The team of an employee as the newest record has it."""
        known = self._employees.get(employee, {}).get("team") if employee is not None else None
        return None if known is None else known[1]

    def record(self, employee: str) -> dict[str, Any]:
        """The fields that are known of an employee."""
        return {name: value for name, (_, value) in self._employees[employee].items()}

    def take_dirty(self) -> list[tuple[str, bytes]]:
        """The records that changed since the last call, as (employee id, bytes)."""
        changed = [(employee, tagged(self._known(employee))) for employee in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def _known(self, employee: str) -> _Known:
        histories = (self._teams.get(employee, History()), self._managers.get(employee, History()))
        teams, managers = (history.changes for history in histories)
        return _Known(self._employees.get(employee, {}), teams, managers, self._absences.get(employee, []))

    def restore(self, employee: str, value: bytes) -> None:
        """Put back a record that `take_dirty` gave."""
        known = _read(value)
        if known.fields:
            self._employees[employee] = known.fields
        self._teams[employee], self._managers[employee] = History(known.teams), History(known.managers)
        if known.absences:
            self._absences[employee] = known.absences
