"""Alerts of goals: whether a target that was set is reached too slowly, in part, or altogether.

A goal is a target that was set for the employee or a wider scope, for a sum or a count of which more is better, in a
month, a quarter or a year. It is judged as of the local midnights of its period, of a year as of those that end months,
from what each day brought: so what is told depends neither on when it is looked at nor on the order of events. Every
goal has one alert per rule (and part, of milestones), whose newest span of time it tells. All are over with the period.

What a day brought is known for some ninety days: of a period that ended, an alert is judged anew as long as all of its
days are known, and then stays as it was told.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from streams.core.alerts import Cause, Status
from streams.core.employees.alerts import Alerts, Told
from streams.core.employees.state import Employee
from streams.core.goals import Found, Key, Values, marks, measured_at, newest, summary_of
from streams.core.kpis import kpi_of
from streams.core.ledger import DAYS
from streams.core.pace import measures_of
from streams.core.page import Page
from streams.core.stage import Send
from streams.policy import Better, Policy, RulePolicy
from streams.policy.periods import days, months, periods_of_day

KIND = "goals"
"""The first part of the keys of its state records."""
BEHIND, AT_RISK, MILESTONE, ACHIEVED = "goal.behind_pace", "goal.at_risk", "goal.milestone", "goal.achieved"
WATCHED = (BEHIND, AT_RISK, MILESTONE, ACHIEVED)
ALL = Decimal(1)


class Goals:
    """The judge of the goals of one partition's employees."""

    def __init__(self, policy: Policy, page: Page) -> None:
        self._policy, self._page = policy, page
        self.alerts = Alerts(policy, page, KIND, summary_of)

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self._policy = policy
        self.alerts.adopt(policy)

    def judge(self, employee: Employee, version: int) -> Iterator[Send]:
        """What is other than it was told of the goals of an employee."""
        told = self.alerts.of(employee.id)
        if not employee.moved or not (employee.aims or told):
            return
        employee.moved = False
        periods = {*periods_of_day(self._page.today), *(key.period for key in told)}
        periods |= {period for period in employee.due | employee.changed if not period.endswith("d")}
        for period in sorted(periods):
            before = {key: one for key, one in told.items() if key.period == period}
            if self._is_known(period):
                now = dict(self._found(employee, period))
            else:
                now = {key: self._over(key, one) for key, one in before.items()}
            for key in sorted(now.keys() | before.keys()):
                yield from self.alerts.tell(employee, key, now.get(key), version)
        yield from self.alerts.delete(employee.id)

    def _over(self, key: Key, told: Told) -> Told:
        """The same alert, over with its period at the latest."""
        over = self._policy.zone.midnight(days(key.period, 0).stop)
        if told.status == Status.RESOLVED or self._page.now < over:
            return told
        status, cause = Status.RESOLVED.value, Cause.EXPIRED.value
        return msgspec.structs.replace(told, status=status, cause=cause, ended=over, policy="")

    def _is_known(self, period: str) -> bool:
        """Whether every day of a period is known, or, of a year, every month."""
        return len(months(period)) == 12 or days(period, 0).start > self._page.today - DAYS

    def _found(self, employee: Employee, period: str) -> Iterator[tuple[Key, Told]]:
        for kpi in employee.aims.kpis(period):
            known, aim = kpi_of(kpi), employee.aims.of(kpi, period, self._policy)
            if known is None or aim is None or aim.value.over <= 0 or known.better is Better.LOWER:
                continue
            if measures_of(kpi) is None:
                continue
            seen = marks(employee.sums, kpi, period, self._page.today, self._policy)
            for kind in WATCHED:
                for name, rule in self._policy.watching(kind):
                    if rule.roles and employee.profile.get("role") not in rule.roles:
                        continue
                    for part in rule.parts or (ALL,):
                        found = newest(seen, aim.value, known.scale, rule, part)
                        if found is not None:
                            key = Key(name, kpi, period, f"{part:f}" if rule.parts else "")
                            measured = measured_at(found.began, key, aim, known, rule, part)
                            alert = self._alert(employee, period, rule, found, measured)
                            if alert is not None:
                                yield key, alert

    def _alert(self, employee: Employee, period: str, rule: RulePolicy, found: Found, values: Values) -> Told | None:
        zone = self._policy.zone
        started, over = zone.midnight(found.began.day), zone.midnight(days(period, 0).stop)
        if found.ended is None:
            return self.alerts.stand(employee, rule, started, over, Cause.EXPIRED, values)
        return self.alerts.stand(employee, rule, started, zone.midnight(found.ended.day), Cause.RECOVERED, values)
