"""What one employee is to reach: targets that were set for the employee, and shares of those of wider scopes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from streams.core.cascade import NONE, Given, Months, adds_up, month_weights, months_of, places, whole_of, year_of
from streams.core.ledger import Measures
from streams.core.ratio import Ratio, lowest
from streams.core.targets import EMPLOYEE, SHARE, TARGET, Group
from streams.core.units import QUANTITY
from streams.policy import Policy
from streams.policy.periods import ROLLING


class Aim(NamedTuple):
    """A target, and where it comes from."""

    value: Ratio
    basis: str
    """`set` for the employee and the very period; `spread`: what was set for the employee in longer or shorter ones;
    `team`, `department`, `company`: a share of theirs; `months`: some of each."""


class Aims:
    """The targets of one employee, in atoms; what follows from them is worked out once."""

    __slots__ = ("_found", "_given", "_shares", "_versions")

    def __init__(self) -> None:
        self._given: dict[Group, dict[str, int]] = {}
        self._shares: dict[Group, dict[int, tuple[int, str]]] = {}
        self._versions: dict[tuple[Group, str], int] = {}
        self._found: dict[tuple[str, str, str], Aim | None] = {}

    def __bool__(self) -> bool:
        return bool(self._given or self._shares)

    def set(self, group: Group, period: str, version: int, value: int) -> bool:
        """A target was set for the employee; False for what is older than is known."""
        if not self._is_news(group, period, version):
            return False
        self._given.setdefault(group, {})[period] = value
        return True

    def share(self, group: Group, version: int, measures: Measures) -> bool:
        """The months that come from wider scopes, the whole of them; False as above."""
        if not self._is_news(group, "", version):
            return False
        self._shares[group] = {
            int(month): (value, scope)
            for (month, _, scope), value in ((name.partition(" "), value) for name, value in measures.items())
        }
        return True

    def _is_news(self, group: Group, period: str, version: int) -> bool:
        if version < self._versions.get((group, period), -1):
            return False
        self._versions[group, period] = version
        self._found.clear()
        return True

    def kpis(self, period: str) -> list[str]:
        """The KPIs of which anything was set that may have to do with a period."""
        year = year_of(period)
        return sorted({g.kpi for g in (*self._given, *self._shares) if g.year == year and g.level == TARGET})

    def shared(self) -> Iterable[Group]:
        """That of which a share comes from wider scopes, or came once."""
        return self._shares.keys()

    def facts(self) -> list[str]:
        """The names of the facts that it all comes from."""
        return [
            f"target {period} {group.level} {group.kpi}"
            if period
            else f"{SHARE} {group.year} {group.level} {group.kpi}"
            for group, period in self._versions
        ]

    def forget(self) -> None:
        """Targets are spread in another way."""
        self._found.clear()

    def of(self, kpi: str, period: str, policy: Policy, level: str = TARGET) -> Aim | None:
        """The target for a KPI in a period; None where none follows from what was set."""
        if not self or period in ROLLING:
            return None
        key = (kpi, period, level)
        if key not in self._found:
            self._found[key] = self._work_out(Group(kpi, level, year_of(period)), period, policy)
        return self._found[key]

    def _work_out(self, group: Group, period: str, policy: Policy) -> Aim | None:
        given: Given = self._given.get(group, {})
        if period in given:
            return Aim(lowest(given[period], QUANTITY), "set")
        shares = self._shares.get(group, {})
        if not adds_up(group.kpi) or not (given or shares):
            return None
        own = months_of(given, group.year, month_weights(policy, group.year)) if given else NONE
        months: Months = tuple(
            shares[place][0] if month is None and place in shares else month for place, month in enumerate(own)
        )
        whole = whole_of(given, months, period)
        if whole is None:
            return None
        scopes = {EMPLOYEE if own[place] is not None else shares[place][1] for place in places(period)}
        basis = "months" if len(scopes) > 1 else "spread" if EMPLOYEE in scopes else scopes.pop()
        return Aim(lowest(whole, QUANTITY), basis)
