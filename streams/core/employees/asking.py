"""What employees are asked for: the lines of their scorecards for a period, their targets, and how those stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from streams.core.aims import Aim, Aims
from streams.core.employees.adjusting import Mark, marks_of
from streams.core.employees.sheet import Sheet, won_amount_target
from streams.core.employees.state import Employee
from streams.core.employment import day_of, presence
from streams.core.kpis import Value
from streams.core.notices.desk import Desk
from streams.core.pace import outlook, spread_of
from streams.core.page import Page
from streams.core.periods import current
from streams.core.pseudonyms import is_pseudonym
from streams.core.ratio import Ratio
from streams.core.scoring import WHOLE, Card, Rule, rule_of
from streams.core.targets import TARGET, Group
from streams.core.units import ATOM
from streams.policy import Policy
from streams.policy.periods import ROLLING, months, periods_of_year


class Asking:
    """What is asked of the employees of one partition by a policy."""

    def __init__(self, policy: Policy, page: Page, desk: Desk) -> None:
        self._policy, self._page, self._desk = policy, page, desk
        self._rules: dict[tuple[str, str, Ratio], tuple[Rule, ...]] = {}

    def adopt(self, policy: Policy, employees: Mapping[str, Employee]) -> None:
        """Ask by another policy from now on."""
        self._policy = policy
        self._rules.clear()
        for employee in employees.values():
            employee.aims.forget()
            employee.look_back()

    def update(self, employee: Employee, period: str, sheet: Sheet) -> None:
        """Bring what is told of a period up to date."""
        sheet.update(
            period in current(self._page.today),
            self.rules(employee, period),
            partial(self.goal, employee, period),
            partial(self._outlook, employee, period),
            self._policy.assessments,
        )

    def aim(self, employee: Employee, group: Group, change: Callable[[Aims], bool]) -> bool:
        """Change the targets of a group, if that is news; what is told of a period whose target is another is due."""
        told = [period for period in periods_of_year(group.year) if period in employee.published]
        before = [self.goal(employee, period, group.kpi) for period in told]
        if not change(employee.aims):
            return False
        employee.moved = True
        if group.level == TARGET:
            for period, aim in zip(told, before, strict=True):
                if self.goal(employee, period, group.kpi) != aim:
                    employee.due.add(period)
            for period in periods_of_year(group.year):
                if (sheet := employee.sheets.get(period)) is not None:
                    sheet.rescore()
        return True

    def goal(self, employee: Employee, period: str, kpi: str) -> Aim | None:
        """The target of an employee, as far as one was set."""
        return employee.aims.of(kpi, period, self._policy)

    def rules(self, employee: Employee, period: str) -> tuple[Rule, ...]:
        """The lines of the scorecard; none without a record, and of a period in which the employee was not here."""
        if not employee.profile or is_pseudonym(employee.id):
            return ()
        card, lines = self._policy.card(employee.id, employee.profile["role"], employee.profile["team"])
        here = self._presence(employee, period) if self._policy.targets.pro_rata else WHOLE
        rules = self._rules.get((card, period, here))
        if rules is None:
            rules = tuple(rule_of(line, period, here) for line in lines) if here.over else ()
            self._rules[card, period, here] = rules
        return rules

    def card(self, employee: Employee, sheet: Sheet) -> Card | None:
        """The scorecard of an employee for the period of a sheet that is up to date; None where there is none."""
        if not employee.profile:
            return None
        name, _ = self._policy.card(employee.id, employee.profile["role"], employee.profile["team"])
        return sheet.card(self._policy, self._policy.combining.get(name))

    def marks(self, employee: Employee, period: str, sheet: Sheet) -> dict[str, Mark]:
        """What a period says of the targets that were set for the employee, if the policy asks for such periods; the
        sheet is up to date."""
        asked = self._policy.recommendations.adjusting
        if not asked.enabled or not employee.aims or period in ROLLING or len(months(period)) != asked.period.months:
            return {}
        whole = not self._policy.targets.pro_rata or self._presence(employee, period) == WHOLE
        kpis, rules = employee.aims.kpis(period), self.rules(employee, period)
        return marks_of(kpis, partial(self.goal, employee, period), sheet.figures.scored, rules, whole)

    def won_amount(self, employee: Employee, period: str) -> int | None:
        """The target for the amount won, in atoms, the last of which is rounded."""
        found = won_amount_target(self.rules(employee, period), partial(self.goal, employee, period))
        return None if found is None else round(found.fraction * ATOM)

    def _outlook(self, employee: Employee, period: str, value: Value, target: Ratio) -> Mapping[str, Any]:
        if period in ROLLING:
            return {}
        key = value.kpi, period
        today = self._page.today
        if key not in employee.spreads:
            employee.spreads[key] = spread_of(value.kpi, period, today, employee.sums)
        return outlook(value, target, period, today, self._policy, employee.spreads[key])

    def _presence(self, employee: Employee, period: str) -> Ratio:
        """For which part of a period somebody was here."""
        zone, profile = self._policy.zone, employee.profile
        hired, left = (day_of(profile.get(name), zone) for name in ("hired_at", "left_at"))
        today = self._page.today if period in ROLLING else 0
        return presence(period, today, hired, left, tuple(self._desk.absences(employee.id)), self._policy)
