"""Who works here, as every partition knows it: one record per employee, each field by event time."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from streams.core.formats import reader, tagged
from streams.core.history import Change, History
from streams.events import EmployeeUpserted

FIELDS = ("role", "team", "department", "manager_id", "name", "active", "level", "region")

Stamp = tuple[int, str, str]

_read = reader(tuple[dict[str, tuple[Stamp, Any]], list[Change]])


class Organisation:
    """The employees' records. Of two values of a field the newer by event time stands, whichever arrived first."""

    def __init__(self) -> None:
        self._employees: dict[str, dict[str, tuple[Stamp, Any]]] = {}
        self._teams: dict[str, History] = {}
        self._dirty: set[str] = set()

    def __len__(self) -> int:
        return len(self._employees)

    def learn(self, stamp: Stamp, data: EmployeeUpserted) -> bool:
        """Take in an upsert; says whether the record is another now."""
        fields = self._employees.setdefault(data.employee_id, {})
        changed = self._teams.setdefault(data.employee_id, History()).set_once(Change(*stamp, data.team))
        if changed:
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

    def team_at(self, employee: str | None, time: int) -> str | None:
        """The team of an employee at an instant; None before the first record, and where there is none."""
        teams = self._teams.get(employee) if employee is not None else None
        return None if teams is None else teams.at(time)

    def record(self, employee: str) -> dict[str, Any]:
        """The fields that are known of an employee."""
        return {name: value for name, (_, value) in self._employees[employee].items()}

    def take_dirty(self) -> list[tuple[str, bytes]]:
        """The records that changed since the last call, as (employee id, bytes)."""
        changed = [
            (employee, tagged((self._employees[employee], self._teams[employee].changes)))
            for employee in sorted(self._dirty)
        ]
        self._dirty.clear()
        return changed

    def restore(self, employee: str, value: bytes) -> None:
        """Put back a record that `take_dirty` gave."""
        fields, teams = _read(value)
        self._employees[employee], self._teams[employee] = fields, History(teams)
