"""The whole recount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.alerts import alerts_of
from tests.oracle.facts import Facts
from tests.oracle.kpis import Figure, Key, Sheet, by_period
from tests.oracle.law import Law, instant, periods
from tests.oracle.reading import Event, Money, read
from tests.oracle.scores import Targets, score
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer


class Recount(NamedTuple):
    """What a log amounts to at an instant."""

    kpis: dict[Key, Figure]
    """By employee, period and KPI."""
    alerts: dict[tuple[str, str], Alert]
    """Those that stand, by rule and by invoice, opportunity or customer."""
    scores: dict[tuple[str, str], Fraction]
    """By employee and period, where there is a score."""
    kinds: dict[str, str]
    """What each rule watches, by its name; for those that this recount knows."""


def recount(lines: Iterable[bytes], policy: Mapping[str, Any], as_of: str) -> Recount:
    """Everything from scratch, by the parsed YAML of a policy, at an RFC 3339 instant; later events are left out."""
    law, at = Law(policy), instant(as_of)
    today = law.day(at)
    events = read(lines, law, at)
    customers = customers_of(events, law)
    targets, facts = Targets(law, events), Facts(law)
    rows = [*facts.of_events(events), *(fact for c in customers for fact in facts.of_customer(c, at))]
    kpis: dict[Key, Figure] = {}
    scores: dict[tuple[str, str], Fraction] = {}
    for (employee, period), sheet in by_period(rows, today).items():
        target = targets.target(employee, "won_amount", period)
        figures = Sheet(sheet, period in periods(today, today), target).figures
        kpis.update({(employee, period, kpi): figure for kpi, figure in figures.items()})
        reached = score(employee, period, figures, targets)
        if reached is not None:
            scores[employee, period] = reached
    alerts = {(a.rule, a.subject): a for c in customers for a in alerts_of(c, law, at)}
    return Recount(kpis, alerts, scores, {rule.name: rule.kind for rule in law.rules.values()})


def customers_of(events: list[Event], law: Law) -> list[Customer]:
    """Every customer with its events, which are in the order of time."""
    told: dict[str, list[Event]] = {}
    for event in events:
        if event.subject[0] == "customer":
            told.setdefault(event.subject[1], []).append(event)
    return [Customer(id, theirs, law.stages, Money(law)) for id, theirs in told.items()]
