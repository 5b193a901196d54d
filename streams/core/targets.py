"""Targets as they were set: the newest by event time for each scope, KPI, period and level."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from streams.core.cascade import Given, atoms, year_of
from streams.core.formats import reader, tagged
from streams.core.organisation import Stamp
from streams.events import TargetSet

_read = reader(tuple[Stamp, Decimal])
TARGET, EMPLOYEE, TEAM, DEPARTMENT, COMPANY = "target", "employee", "team", "department", "company"
"""The level that is scored, and the scopes."""
SHARE, SUMS, DRIFT = "share", "sums", "drift"
"""The facts that tell an employee of the targets of wider scopes, and the company of those of a team; a part of it."""
WHOLE, SINCE = "whole", "since"
"""Further parts of it: what was set for a scope of which a drift is told, and when it was set last, us."""


class TargetKey(NamedTuple):
    """What a target is set for. `level` is target, sprint or challenge."""

    scope: str
    scope_id: str
    kpi: str
    period: str
    level: str


class Group(NamedTuple):
    """Targets that have to do with each other, whatever their scopes and the periods of the year."""

    kpi: str
    level: str
    year: str


Scope = tuple[str, str]
"""A kind of scope and its id. There is one company, whatever id its targets give it."""


class Targets:
    """The targets of all scopes, which every partition is told of."""

    def __init__(self) -> None:
        self._values: dict[TargetKey, tuple[Stamp, Decimal]] = {}
        self._groups: dict[Group, dict[Scope, dict[str, int]]] = {}
        self._dirty: set[TargetKey] = set()
        self._gone: list[TargetKey] = []

    def __len__(self) -> int:
        return len(self._values)

    def set(self, stamp: Stamp, data: TargetSet) -> Group | None:
        """Take in a target, late or not, and again; answers the group that is another by it."""
        scope_id = "" if data.scope == COMPANY else data.scope_id
        key = TargetKey(data.scope, scope_id, data.kpi, data.period, data.level or TARGET)
        known = self._values.get(key)
        if known is not None and stamp <= known[0]:
            return None
        self._dirty.add(key)
        return self._put(key, stamp, data.value)

    def _put(self, key: TargetKey, stamp: Stamp, value: Decimal) -> Group:
        self._values[key] = (stamp, value)
        group = _group_of(key)
        self._groups.setdefault(group, {}).setdefault((key.scope, key.scope_id), {})[key.period] = atoms(value)
        return group

    def erase(self, employee: str) -> list[TargetKey]:
        """Forget what was set for an employee; for what."""
        gone = [key for key in self._values if key.scope == EMPLOYEE and key.scope_id == employee]
        for key in gone:
            del self._values[key]
            self._dirty.discard(key)
            scopes = self._groups[Group(key.kpi, key.level, year_of(key.period))]
            scopes.pop((EMPLOYEE, employee), None)
        self._gone += gone
        return gone

    def take_gone(self) -> list[TargetKey]:
        """What was forgotten since the last call."""
        gone, self._gone = self._gone, []
        return gone

    def groups(self) -> Iterator[Group]:
        """Every group that anything was set for."""
        return iter(self._groups)

    def newest(self, group: Group) -> int:
        """When a target of a group was set last, us; 0 where that was forgotten."""
        return max((stamp[0] for key, (stamp, _) in self._values.items() if _group_of(key) == group), default=0)

    def given(self, group: Group) -> dict[Scope, Given]:
        """What was set of a group, by scope."""
        return dict(self._groups[group])

    def take_dirty(self) -> list[tuple[TargetKey, Decimal, bytes]]:
        """The targets that changed since the last call: (what for, value, bytes to keep)."""
        changed = [(key, self._values[key][1], tagged(self._values[key])) for key in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def restore(self, key: TargetKey, value: bytes) -> None:
        """Put back a target that `take_dirty` gave."""
        self._put(key, *_read(value))


def _group_of(key: TargetKey) -> Group:
    return Group(key.kpi, key.level, year_of(key.period))
