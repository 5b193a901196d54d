"""One employee: what is to be done today, and how it stands."""

from __future__ import annotations

from streams.dashboard.access import Access, Forbidden, Kind, Reader
from streams.dashboard.model import ReadModel
from streams.dashboard.shapes import AlertView, Due, NextStep, Person, Task, Today, TrendPoint
from streams.dashboard.views.deals import moment
from streams.dashboard.views.who import person as told

CONTACTS = ("contact.due", "contact.overdue", "contact.interval_exceeded")
TASKS = ("task.due", "task.overdue")
STEPS = 100
"""Next steps that are listed."""


def person(model: ReadModel, access: Access, reader: Reader, id: str, period: str) -> Person | None:
    """What the reader may see of an employee; None for one whom nobody knows."""
    known = model.people.get(id)
    if known is None:
        return None
    alerts = model.alerts.standing("employee", id) if _sees(access, reader, Kind.ALERTS, id) else []
    key = f"{id}/{period}"
    return Person(
        employee=told(known),
        score=model.scorecards.get(key),
        kpis=model.kpis.get(key),
        trend=[TrendPoint(period=period, score=score) for period, score in model.scorecards.trend(id)],
        today=Today(
            contacts=_contacts(model, alerts),
            tasks=_tasks(model, alerts),
            next_steps=_steps(model, id) if _sees(access, reader, Kind.DEALS, id) else [],
        ),
        alerts=alerts,
        recommendations=model.advice.of(id) if _sees(access, reader, Kind.ADVICE, id) else [],
    )


def _sees(access: Access, reader: Reader, kind: Kind, id: str) -> bool:
    try:
        access.check_employee(reader, kind, id)
    except Forbidden:
        return False
    return True


def _watch(model: ReadModel, alert: AlertView) -> str:
    """What an alert's rule watches, whatever the policy calls it."""
    rule = model.policy.rules.get(alert.rule)
    return alert.rule if rule is None else rule.watch


def _contacts(model: ReadModel, alerts: list[AlertView]) -> list[Due]:
    """The overdue first, then by what is due first."""
    found = []
    for alert in alerts:
        watch = _watch(model, alert)
        if watch in CONTACTS:
            due = alert.values.get("planned_at") or alert.values.get("bound_passed_at") or alert.started_at
            found.append(
                Due(
                    customer_id=alert.customer_id,
                    due_at=due,
                    overdue=watch != CONTACTS[0],
                    rule=alert.rule,
                    summary=alert.summary,
                    summary_zh=alert.summary_zh,
                )
            )
    return sorted(found, key=lambda one: (not one.overdue, one.due_at or "", one.customer_id or ""))


def _tasks(model: ReadModel, alerts: list[AlertView]) -> list[Task]:
    found = [
        Task(
            task_id=alert.values.get("task_id"),
            due_at=alert.values.get("due_at"),
            overdue=_watch(model, alert) == TASKS[1],
            summary=alert.summary,
            summary_zh=alert.summary_zh,
        )
        for alert in alerts
        if _watch(model, alert) in TASKS
    ]
    return sorted(found, key=lambda one: (not one.overdue, one.due_at or "", one.task_id or ""))


def _steps(model: ReadModel, id: str) -> list[NextStep]:
    deals = [one for one in model.deals.of_owner(id, STEPS) if one.next_step]
    return [
        NextStep(
            opportunity_id=one.opportunity_id,
            customer_id=one.customer_id,
            step=one.next_step or "",
            expected_close_at=moment(one.expected_close_at),
        )
        for one in deals
    ]
