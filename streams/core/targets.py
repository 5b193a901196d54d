"""Targets as they were set: the newest by event time for each scope, KPI, period and level."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from streams.core.formats import reader, tagged
from streams.core.organisation import Stamp
from streams.events import TargetSet

_read = reader(tuple[Stamp, Decimal])


class TargetKey(NamedTuple):
    """What a target is set for. `level` is target, sprint or challenge."""

    scope: str
    scope_id: str
    kpi: str
    period: str
    level: str


class Targets:
    """The targets of one partition's scopes. Those of employees are used; the others wait for the cascade."""

    def __init__(self) -> None:
        self._values: dict[TargetKey, tuple[Stamp, Decimal]] = {}
        self._dirty: set[TargetKey] = set()

    def __len__(self) -> int:
        return len(self._values)

    def set(self, stamp: Stamp, data: TargetSet) -> bool:
        """Take in a target, late or not; says whether its scope is one that is scored."""
        if data.scope != "employee":
            return False
        key = TargetKey(data.scope, data.scope_id, data.kpi, data.period, data.level or "target")
        known = self._values.get(key)
        if known is None or stamp > known[0]:
            self._values[key] = (stamp, data.value)
            self._dirty.add(key)
        return True

    def take_dirty(self) -> list[tuple[TargetKey, Decimal, bytes]]:
        """The targets that changed since the last call: (what for, value, bytes to keep)."""
        changed = [(key, self._values[key][1], tagged(self._values[key])) for key in sorted(self._dirty)]
        self._dirty.clear()
        return changed

    def restore(self, key: TargetKey, value: bytes) -> None:
        """Put back a target that `take_dirty` gave."""
        self._values[key] = _read(value)
