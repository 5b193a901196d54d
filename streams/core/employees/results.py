"""What employees reached in years that are over, told to those who spread the targets of the next one by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import MINYEAR

from streams.core.cascade import adds_up
from streams.core.employees.state import Employee
from streams.core.kpis import Value
from streams.core.ledger import Measures
from streams.core.page import Page
from streams.core.pseudonyms import is_pseudonym
from streams.core.reached import figure_of, read_reached, write_reached
from streams.core.records import key_of
from streams.core.stage import ALL, REACHED, Send
from streams.core.units import QUANTITY
from streams.policy import Policy, Shares

KIND = "reached"
"""The first of the two parts of the keys of the state records."""
Figures = Callable[[Employee, str], Mapping[str, Value]]
"""An employee and a period to the KPIs."""


class Results:
    """Of whom a share of a target was spread over, the same KPI in the year before."""

    def __init__(self, policy: Policy, page: Page, figures: Figures) -> None:
        self._policy, self._page, self._figures = policy, page, figures
        self._told: dict[str, Measures] = {}
        self._looked: dict[str, set[tuple[str, str]]] = {}
        self._dirty: set[str] = set()

    def adopt(self, policy: Policy) -> None:
        """Go by another policy from now on."""
        self._policy = policy
        self._looked.clear()

    def look(self, employee: Employee) -> Iterator[Send]:
        """Tell what is other than it was told. Of a year that goes on nothing is told, as shares are to stand still."""
        if self._policy.targets.shares is not Shares.LAST_YEAR or is_pseudonym(employee.id):
            return
        wanted = {
            (year, group.kpi)
            for group in employee.aims.shared()
            if int(group.year) > MINYEAR and adds_up(group.kpi)
            if not self._page.was_open(year := f"{int(group.year) - 1:04}", self._page.now)
        }
        fresh = employee.due | employee.changed
        if wanted == self._looked.get(employee.id, set()) and fresh.isdisjoint(year for year, _ in wanted):
            return
        self._looked[employee.id] = wanted
        years = {year: self._figures(employee, year) for year in sorted({year for year, _ in wanted})}
        found = {
            figure_of(kpi, year): int(value.ratio[0] * QUANTITY // value.ratio[1])
            for year, kpi in sorted(wanted)
            if (value := years[year].get(kpi)) is not None
        }
        if found != self._told.get(employee.id, {}):
            yield self._tell(employee.id, found)

    def depart(self, name: str) -> None:
        """Forget somebody who was erased, as those who were told do by themselves."""
        self._looked.pop(name, None)
        if self._told.pop(name, None) is not None:
            self._dirty.add(name)

    def _tell(self, name: str, found: Measures) -> Send:
        self._told[name] = found
        self._dirty.add(name)
        return Send("streams.inbox", REACHED, write_reached(name, found), ALL)

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The state records that changed since the last time."""
        for name in sorted(self._dirty):
            told = self._told.get(name)
            yield key_of(KIND, name), None if told is None else write_reached(name, told)
        self._dirty.clear()

    def restore(self, value: bytes) -> None:
        """Take one record of the state topic."""
        name, told = read_reached(value)
        self._told[name] = told
