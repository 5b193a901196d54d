"""Who works here, as every partition knows it: one record per employee, each field by event time."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from streams.core.formats import reader, tagged
from streams.core.history import END, Change, History
from streams.core.pseudonyms import is_pseudonym, team_of
from streams.events import EmployeeUpserted
from streams.events.instants import iso, to_us

FIELDS = ("role", "team", "department", "manager_id", "name", "active", "level", "region", "hired_at")
_OVER_TIME = ("department", "active")
"""Fields whose former values matter too, beside team and manager."""

Stamp = tuple[int, str, str]


class Absence(NamedTuple):
    """When somebody is away: from `start` to before `end`."""

    time: int
    source: str
    id: str
    start: int
    end: int


class _Known(msgspec.Struct, array_like=True):
    """An employee's record. Former releases kept neither managers and roles over time nor absences."""

    fields: dict[str, tuple[Stamp, Any]]
    teams: list[Change]
    managers: list[Change] = []
    absences: list[Absence] = []
    roles: list[Change] = []
    others: dict[str, list[Change]] | None = None
    """The fields of `_OVER_TIME` that were ever set; of former releases what the fields are now."""
    pseudonym: str = ""
    """Of who was erased: the name under which what it brought goes on. Of its fields the team and the role stay."""


_read = reader(_Known)


class Organisation:
    """The employees' records. Of two values of a field the newer by event time stands, whichever arrived first."""

    def __init__(self) -> None:
        self._employees: dict[str, dict[str, tuple[Stamp, Any]]] = {}
        self._teams: dict[str, History] = {}
        self._managers: dict[str, History] = {}
        self._roles: dict[str, History] = {}
        self._absences: dict[str, list[Absence]] = {}
        self._others: dict[str, dict[str, History]] = {}
        self._dirty: set[str] = set()
        self.pseudonyms: dict[str, str] = {}
        """Who was erased, and the name under which what it brought goes on."""

    def __len__(self) -> int:
        return len(self._employees)

    def learn(self, stamp: Stamp, data: EmployeeUpserted) -> bool:
        """Take in an upsert; says whether the record is another now."""
        if data.employee_id in self.pseudonyms:
            return False
        fields = self._employees.setdefault(data.employee_id, {})
        changed = self._teams.setdefault(data.employee_id, History()).set_once(Change(*stamp, data.team))
        if changed:
            self._dirty.add(data.employee_id)
        manager = None if data.manager_id in self.pseudonyms else data.manager_id
        for histories, other in ((self._managers, manager), (self._roles, data.role)):
            if other is not UNSET and histories.setdefault(data.employee_id, History()).set_once(Change(*stamp, other)):
                changed = True
                self._dirty.add(data.employee_id)
        for name in FIELDS:
            value: Any = manager if name == "manager_id" else getattr(data, name)
            if value is UNSET:
                continue
            if name == "hired_at" and value is not None:
                value = iso(to_us(value)) if isinstance(value, datetime) else value.isoformat()
            if name in _OVER_TIME:
                others = self._others.setdefault(data.employee_id, {}).setdefault(name, History())
                if others.set_once(Change(*stamp, _as_text(value))):
                    changed = True
                    self._dirty.add(data.employee_id)
            known = fields.get(name)
            if known is None or stamp > known[0]:
                changed = changed or known is None or known[1] != value
                fields[name] = (stamp, value)
                self._dirty.add(data.employee_id)
        return changed

    def excuse(self, employee: str, absence: Absence) -> bool:
        """Take in an absence, which may come again; says whether it is a new one."""
        if employee in self.pseudonyms:
            return False
        known = self._absences.setdefault(employee, [])
        if any(one[:3] == absence[:3] for one in known):
            return False
        insort(known, absence)
        self._dirty.add(employee)
        return True

    def erase(self, employee: str, name: str) -> None:
        """Forget what is known of somebody but the team and the role, by which others are counted. What it brought goes
        on under a name."""
        self.pseudonyms[employee] = name
        fields = self._employees.pop(employee, {})
        if fields:
            self._employees[employee] = {field: fields[field] for field in ("role", "team") if field in fields}
        self._managers.pop(employee, None)
        self._others.pop(employee, None)
        self._absences.pop(employee, None)
        self._dirty.add(employee)

    def unlink(self, manager: str) -> list[str]:
        """Forget that somebody has ever been a manager; of whom."""
        found = []
        for employee, history in self._managers.items():
            if any(change.value == manager for change in history.changes):
                changes = [c._replace(value=None) if c.value == manager else c for c in history.changes]
                self._managers[employee] = History(changes)
                stamp, now = self._employees[employee]["manager_id"]
                self._employees[employee]["manager_id"] = stamp, None if now == manager else now
                self._dirty.add(employee)
                found.append(employee)
        return found

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

    def roles_of(self, employee: str) -> History:
        """The roles of an employee by event time; not to be changed."""
        return self._roles.get(employee) or History()

    def team_at(self, employee: str | None, time: int) -> str | None:
        """The team of an employee at an instant; None before the first record, and where there is none."""
        teams = self._teams.get(employee) if employee is not None else None
        return None if teams is None else teams.at(time)

    def first_team(self, employee: str) -> str | None:
        """The team that the first record of an employee names."""
        changes = self._teams[employee].changes
        return changes[0].value if changes else None

    def department_at(self, employee: str, time: int) -> str | None:
        """The department of an employee at an instant; before the first record the first one."""
        departments = self._others.get(employee, {}).get("department")
        if departments is None:
            return None
        first = departments.changes[0]
        return first.value if time < first.time else departments.at(time)

    def is_active(self, employee: str, time: int) -> bool:
        """Whether an employee works here at an instant, as far as anybody has said."""
        active = self._others.get(employee, {}).get("active")
        return active is None or active.at(time) != "False"

    def hired_at(self, employee: str) -> str | None:
        """When the employment began, as `employment.day_of` reads it."""
        known = self._employees[employee].get("hired_at")
        return None if known is None else known[1]

    def employees(self) -> Iterator[str]:
        """Everybody who has a record and was not erased."""
        return (employee for employee in self._employees if employee not in self.pseudonyms)

    def team(self, employee: str | None) -> str | None:
        """The team of an employee as the newest record has it."""
        known = self._employees.get(employee, {}).get("team") if employee is not None else None
        return None if known is None else known[1]

    def role(self, employee: str) -> str | None:
        """The role of an employee as the newest record has it."""
        known = self._employees.get(employee, {}).get("role")
        return None if known is None else known[1]

    def record(self, employee: str) -> dict[str, Any]:
        """The fields that are known of an employee, and since when somebody who is not active has not been. Of those of
        a team who were erased there is the team alone."""
        if is_pseudonym(employee):
            return {"team": team_of(employee)}
        fields = {name: value for name, (_, value) in self._employees[employee].items()}
        if fields.get("active") is False:
            changes = self._others[employee]["active"].changes
            gone = list(takewhile(lambda change: change.value == str(False), reversed(changes)))
            fields["left_at"] = iso(gone[-1].time)
        return fields

    def take_dirty(self) -> list[tuple[str, bytes]]:
        """The records that changed since the last call, as (employee id, bytes)."""
        changed = [(employee, tagged(self._known(employee))) for employee in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def _known(self, employee: str) -> _Known:
        teams, managers, roles = (
            known.get(employee, History()).changes for known in (self._teams, self._managers, self._roles)
        )
        others = {name: history.changes for name, history in self._others.get(employee, {}).items()}
        absences = self._absences.get(employee, [])
        pseudonym = self.pseudonyms.get(employee, "")
        return _Known(self._employees.get(employee, {}), teams, managers, absences, roles, others, pseudonym)

    def restore(self, employee: str, value: bytes) -> None:
        """Put back a record that `take_dirty` gave."""
        known = _read(value)
        if known.pseudonym:
            self.pseudonyms[employee] = known.pseudonym
        if known.fields:
            self._employees[employee] = known.fields
        self._teams[employee], self._managers[employee] = History(known.teams), History(known.managers)
        stamp, role = known.fields.get("role", ((0, "", ""), None))
        self._roles[employee] = History(known.roles or ([] if role is None else [Change(*stamp, role)]))
        if known.absences:
            self._absences[employee] = known.absences
        others = known.others
        if others is None:
            kept = {name: known.fields[name] for name in _OVER_TIME if name in known.fields}
            others = {name: [Change(*stamp, _as_text(value))] for name, (stamp, value) in kept.items()}
        if others:
            self._others[employee] = {name: History(changes) for name, changes in others.items()}


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)
