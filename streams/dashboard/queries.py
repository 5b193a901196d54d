"""What may stand behind the question mark, by kind of request."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from streams.events.fields import says

PERIOD = r"^(([0-9]{4}(-(Q[1-4]|0[1-9]|1[0-2]))?)|7d|30d|90d)$"


class Query(msgspec.Struct, kw_only=True, frozen=True):
    """Nothing is asked for in particular."""


Period = Annotated[
    str, Meta(pattern=PERIOD, description="2026, 2026-Q1, 2026-03, 7d, 30d or 90d; else the newest month.")
]


class PeriodQuery(Query, frozen=True):
    """Figures of a period."""

    period: Period | None = None


class ExplainQuery(PeriodQuery, kw_only=True, frozen=True):
    """A figure of a period, down to its events."""

    kpi: Annotated[str, says("The KPI, as the scorecard names it.")]
    limit: Annotated[int, Meta(ge=1, le=500, description="At most so many events.")] = 100


class ListQuery(Query, frozen=True):
    """A part of a list."""

    limit: Annotated[int, Meta(ge=1, le=500, description="At most so many.")] = 100
    cursor: Annotated[str, says("What `next` of the part before says.")] | None = None


class EmployeesQuery(ListQuery, frozen=True):
    """People."""

    search: Annotated[str, says("A part of the id or the name.")] = ""
    team: Annotated[str, says("Of this team.")] | None = None


class AlertsQuery(ListQuery, frozen=True):
    """Alerts; of rule, severity, team, employee and customer several with commas."""

    status: Annotated[str, says("standing, pending, firing, acknowledged, resolved, several with commas.")] | None = (
        None
    )
    rule: str | None = None
    severity: str | None = None
    team: str | None = None
    employee: str | None = None
    customer: str | None = None
    search: Annotated[str, says("A part of the summary, the rule or an id.")] | None = None
    offset: Annotated[int, Meta(ge=0, description="Skips so many, for who scrolls to a place far down.")] = 0
    group: Annotated[Literal["rule", "employee", "customer", "team"], says("Count by this.")] | None = None


class PipelineQuery(ListQuery, frozen=True):
    """Open opportunities."""

    period: Period | None = None
    team: Annotated[str, says("Of this team.")] | None = None
    employee: Annotated[str, says("Of this owner.")] | None = None
    stage: Annotated[str, says("In this stage.")] | None = None


class CustomersQuery(ListQuery, frozen=True):
    """Customers."""

    search: Annotated[str, says("What the id begins with.")] = ""


class EventsQuery(Query, frozen=True):
    """Which changes to hear of."""

    topics: (
        Annotated[str, says("alerts, scores, kpis, teams, funnel, recommendations, with commas; else all.")] | None
    ) = None
    team: Annotated[str, says("About this team.")] | None = None
    employee: Annotated[str, says("About this employee.")] | None = None
    rule: Annotated[str, says("Alerts of this rule; nothing of other topics.")] | None = None
    last_event_id: Annotated[str, says("Goes on after it; the header Last-Event-ID goes first.")] | None = None


class SignInQuery(Query, frozen=True):
    """A token that was handed out."""

    token: str = ""
