"""Who works here, as every partition knows it: one record per employee, each field by event time."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from streams.events import EmployeeUpserted

FIELDS = ("role", "team", "department", "manager_id", "name", "active", "level", "region")

Stamp = tuple[int, str, str]


class Organisation:
    """The employees' records. Of two values of a field the newer by event time stands, whichever arrived first."""

    def __init__(self) -> None:
        self._employees: dict[str, dict[str, tuple[Stamp, Any]]] = {}
        self._dirty: set[str] = set()

    def __len__(self) -> int:
        return len(self._employees)

    def learn(self, stamp: Stamp, data: EmployeeUpserted) -> bool:
        """Take in an upsert; says whether the record is another now."""
        fields = self._employees.setdefault(data.employee_id, {})
        changed = False
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

    def team_of(self, employee: str | None) -> str | None:
        """The team of an employee; None where there is no record."""
        known = self._employees.get(employee, {}).get("team") if employee is not None else None
        return known[1] if known is not None else None

    def record(self, employee: str) -> dict[str, Any]:
        """The fields that are known of an employee."""
        return {name: value for name, (_, value) in self._employees[employee].items()}

    def take_dirty(self) -> list[tuple[str, bytes]]:
        """The records that changed since the last call, as (employee id, bytes)."""
        changed = [(employee, msgspec.msgpack.encode(self._employees[employee])) for employee in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def restore(self, employee: str, value: bytes) -> None:
        """Put back a record that `take_dirty` gave."""
        self._employees[employee] = msgspec.msgpack.decode(value, type=dict[str, tuple[Stamp, Any]])
