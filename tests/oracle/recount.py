"""The whole recount."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle import conduct, relations
from tests.oracle.alerts import alerts_of
from tests.oracle.facts import Facts
from tests.oracle.kpis import Figure, Key, Sheet, by_period
from tests.oracle.law import Law, instant, periods
from tests.oracle.reading import Event, Money, read
from tests.oracle.roles import began_at, concerns, roles_of
from tests.oracle.scores import Targets, score
from tests.oracle.service import of_service
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
    rows += conduct.facts(events, law)
    rows += [fact for one in everybody(events, law) for fact in of_service(one, law, at)]
    rows += relations.facts_of(events, customers, law, at)
    kpis: dict[Key, Figure] = {}
    scores: dict[tuple[str, str], Fraction] = {}
    sheets = by_period(rows, today)
    for (employee, period), sheet in sheets.items():
        target = targets.target(employee, "won_amount", period)
        stands = period in periods(today, today)
        figures = Sheet(sheet, stands, target).figures | conduct.figures(sheet, law)
        figures |= relations.figures_of(employee, period, sheets, events, customers, law, today)
        kpis.update({(employee, period, kpi): figure for kpi, figure in figures.items()})
        reached = score(employee, period, stands, figures, targets)
        if reached is not None:
            scores[employee, period] = reached
    roles = roles_of(events)
    standing = ((c, a) for c in everybody(events, law) for a in alerts_of(c, law, at))
    alerts = {
        (a.rule, a.subject): a
        for c, a in standing
        if law.fires(a.rule, a.started_at, at) and concerns(a, c, law, roles, began_at(a, c, law))
    }
    return Recount(kpis, alerts, scores, {rule.name: rule.kind for rule in law.rules.values()})


def customers_of(events: list[Event], law: Law) -> list[Customer]:
    """Every customer with its events, which are in the order of time."""
    return [one for one in _all(events, law) if one.kind == "customer"]


def everybody(events: list[Event], law: Law) -> list[Customer]:
    """The same, and the leads, and the employees that have tasks of no customer."""
    return [one for one in _all(events, law) if one.kind in ("customer", "lead", "employee")]


def _all(events: list[Event], law: Law) -> list[Customer]:
    told: dict[tuple[str, str], list[Event]] = {}
    cases: dict[str, tuple[str, str]] = {}
    for event in events:
        if event.type in ("ticket.opened", "task.assigned"):
            cases.setdefault(_case(event), event.subject)
    leads = [event for event in events if event.type == "lead.created" and event.data.get("customer_id") is not None]
    for event in events:
        is_case = event.type.startswith(("ticket.", "task."))
        subject = cases.get(_case(event)) if is_case else event.subject
        if subject is not None:
            told.setdefault(subject, []).append(event)
        if event.is_contact and event.subject[0] == "customer":
            for name in sorted(
                {
                    lead.subject
                    for lead in leads
                    if ("customer", lead.data["customer_id"]) == event.subject and lead.time <= event.time
                }
            ):
                told.setdefault(name, []).append(event)
    return [Customer(id, theirs, law.stages, Money(law), kind) for (kind, id), theirs in told.items()]


def _case(event: Event) -> str:
    thing = event.type.partition(".")[0]
    return f"{thing}:{event.data[f'{thing}_id']}"
