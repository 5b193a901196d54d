"""Recommendations by employee. Their records are taken as they are: an object that may name an employee."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from streams.dashboard.alerts import Facts


class _About(msgspec.Struct):
    employee_id: str | None = None
    team: str | None = None


class Advice:
    """Takes the records of `recommendations`. Raises msgspec.MsgspecError for what is none."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._about: dict[str, Facts] = {}
        self._employees: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def take(self, key: str, value: bytes | None) -> Facts:
        """A record; answers whom it concerns, of a deletion whom it concerned."""
        about = None if value is None else _decode(value)
        former = self._about.pop(key, None)
        if former is not None and former.employee is not None:
            self._employees[former.employee].discard(key)
        if about is None or value is None:
            self._values.pop(key, None)
            return former or Facts()
        facts = self._about[key] = Facts(about.team, about.employee_id)
        self._values[key] = value
        if facts.employee is not None:
            self._employees.setdefault(facts.employee, set()).add(key)
        return facts

    def employee_of(self, id: str) -> str | None:
        """Whom a recommendation is about; KeyError for one that is not known."""
        return self._about[id].employee

    def of(self, employee: str) -> list[dict[str, Any]]:
        """Those about an employee, by id."""
        return [msgspec.json.decode(self._values[key]) for key in sorted(self._employees.get(employee, ()))]


_decode: Final = msgspec.json.Decoder(_About).decode
