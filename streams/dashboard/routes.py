"""Every request that the dashboard answers. The server, the OpenAPI document and the tests are made of these tables."""

from __future__ import annotations

from typing import Final

from streams.dashboard import answers, guards
from streams.dashboard.access import Kind
from streams.dashboard.asking import Place, Route
from streams.dashboard.queries import (
    AlertsQuery,
    CustomersQuery,
    EmployeesQuery,
    ExplainQuery,
    PeriodQuery,
    PipelineQuery,
)
from streams.dashboard.shapes import (
    Accepted,
    Acknowledgement,
    AlertDetail,
    Alerts,
    Company,
    Customers,
    CustomerView,
    Decision,
    Employees,
    Explanation,
    Health,
    Me,
    Meta_,
    Person,
    Pipeline,
    Reply,
    SilenceOrder,
    TeamView,
)

API: Final = "/api/v1"

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/me", "me", "Who asks, and what that may see.", guards.anybody, answers.me, Me, early=True),
    Route("GET", "/meta", "meta", "Periods, teams, people, rules, stages.", guards.anybody, answers.meta, Meta_),
    Route(
        "GET", "/company", "company", "Targets, funnel, teams and drift of a period.",
        guards.everything(Kind.SCORES), answers.company, Company, PeriodQuery,
    ),
    Route("GET", "/teams/{team}", "team", "A team in a period.", guards.team, answers.team, TeamView, PeriodQuery),
    Route(
        "GET", "/employees", "employees", "People, by id.",
        guards.anybody, answers.employees, Employees, EmployeesQuery,
    ),
    Route(
        "GET", "/employees/{id}", "employee", "What is to be done, and the scorecard of a period.",
        guards.employee(Kind.SCORES), answers.employee, Person, PeriodQuery,
    ),
    Route(
        "GET", "/employees/{id}/explain", "explain", "A figure explained down to its events, as the log has them.",
        guards.employee(Kind.SCORES), answers.explain, Explanation, ExplainQuery,
    ),
    Route(
        "GET", "/alerts", "alerts", "Alerts, the newest first.",
        guards.listed(Kind.ALERTS), answers.alerts, Alerts, AlertsQuery,
    ),
    Route("GET", "/alerts/{id}", "alert", "An alert and its history.", guards.alert, answers.alert, AlertDetail),
    Route(
        "POST", "/alerts/{id}/acknowledge", "acknowledge", "Say that somebody looks after an alert.",
        guards.alert, answers.acknowledge, Accepted, body=Acknowledgement, status=202,
    ),
    Route(
        "POST", "/silences", "silence", "Keep alerts quiet until a moment.",
        guards.silence, answers.silence, Accepted, body=SilenceOrder, status=202,
    ),
    Route(
        "POST", "/employees/{id}/response", "respond", "Answer an appraisal.",
        guards.respond, answers.respond, Accepted, body=Reply, status=202,
    ),
    Route(
        "POST", "/recommendations/{id}/decision", "decide", "Decide about a recommendation.",
        guards.decide, answers.decide, Accepted, body=Decision, status=202,
    ),
    Route(
        "GET", "/pipeline", "pipeline", "What is open, by stage.",
        guards.listed(Kind.DEALS), answers.pipeline, Pipeline, PipelineQuery,
    ),
    Route(
        "GET", "/customers", "customers", "Customers, by id.",
        guards.any_of(Kind.DEALS), answers.customers, Customers, CustomersQuery,
    ),
    Route(
        "GET", "/customers/{id}", "customer", "One customer at one view; for one that was merged, the one that it is.",
        guards.customer, answers.customer, CustomerView,
    ),
    Route(
        "GET", "/health", "health", "How the processing is.",
        guards.everything(Kind.HEALTH), answers.health, Health, early=True,
    ),
)  # fmt: skip
"""The API, below `API`."""

PAGES: Final[tuple[Place, ...]] = (
    Place("/", "start", guards.anybody),
    Place("/company", "company-page", guards.everything(Kind.SCORES)),
    Place("/team/{team}", "team-page", guards.team),
    Place("/person/{id}", "person-page", guards.employee(Kind.SCORES)),
    Place("/alerts", "alerts-page", guards.any_of(Kind.ALERTS)),
    Place("/pipeline", "pipeline-page", guards.any_of(Kind.DEALS)),
    Place("/customer/{id}", "customer-page", guards.customer),
    Place("/health", "health-page", guards.everything(Kind.HEALTH)),
)
"""All of them are the same document; who may not get one is told 403 or 404 with it."""
EVENTS: Final = Place(f"{API}/events", "events", guards.stream)
