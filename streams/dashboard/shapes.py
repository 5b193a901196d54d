"""What the API takes and answers, as types: the handlers build these, and the OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from streams.dashboard.behind import Contribution
from streams.events.fields import Instant, Text, says
from streams.events.outputs import (
    BridgeAmount,
    BridgeCount,
    CampaignRecord,
    CustomerRecord,
    CustomerSummary,
    FunnelRecord,
    KpiRecord,
    ScoreRecord,
    TeamScoreRecord,
)

Role = Literal["admin", "hr", "operations", "manager", "employee"]
Cursor = Annotated[str, says("Give it as `cursor` for what follows; null at the end.")] | None
Total = Annotated[int, says("How many there are in all.")]
Maybe = dict[str, Any] | None


class Shape(msgspec.Struct):
    """The base of all of them."""


class Failure(Shape, kw_only=True):
    """Why a request was not answered."""

    error: Annotated[str, says("One sentence.")]


class Me(Shape, kw_only=True):
    """Who asks, and what that may see."""

    role: Role
    employee_id: str | None
    sees: Annotated[dict[str, int | str], says("By kind of thing: all, or of how many employees.")]
    pages: Annotated[list[str], says("The pages that answer.")]


class TeamName(Shape, kw_only=True):
    """A team."""

    team: str
    name: Annotated[str, says("Teams have no name but their id.")]
    department: str | None
    manager_id: Annotated[str, says("Whom most of its members report to.")] | None


class EmployeeName(Shape, kw_only=True):
    """An employee in short."""

    employee_id: str
    name: str | None
    role: str | None
    team: str | None


class StageName(Shape, kw_only=True):
    """A stage of the policy."""

    name: str
    probability: float | None


class Meta_(Shape, kw_only=True):
    """What pages need to know at first."""

    as_of: Annotated[str, says("The newest instant that figures are as of.")] | None
    policy_version: str
    timezone: str
    currency: str
    periods: Annotated[list[str], says("Months, quarters and years, the newest first of each; then rolling ones.")]
    teams: list[TeamName]
    employees: Annotated[list[EmployeeName], says("At most 500; search for others.")]
    rules: list[str]
    stages: list[StageName]


class CompanyTarget(Shape, kw_only=True):
    """How far the company is with a KPI."""

    kpi: str
    value: float | None
    target: float
    attainment: float | None
    expected: Annotated[float, says("Of the members' targets, what falls on the days that are over.")] | None
    pace: Annotated[float, says("value / expected.")] | None
    forecast: Annotated[float, says("The sum of the members'.")] | None
    forecast_low: (
        Annotated[
            float,
            says(
                "In four of five cases it will not be less: forecast - the root of the sum of the squares of "
                "the members' forecast_high - forecast, as if their errors were independent; never below what "
                "they have reached; null while the range of a member is not known."
            ),
        ]
        | None
    )
    forecast_high: Annotated[float, says("Nor more: forecast + the same.")] | None


class Drift(Shape, kw_only=True):
    """By how much targets differ from those of the parts."""

    scope: Annotated[str, says("company, department:<id> or team:<id>.")]
    kpi: str
    drift: Annotated[float, says("What the members are to reach together, less what was set.")]
    target: Annotated[float, says("What was set.")] | None


class Company(Shape, kw_only=True):
    """The company in a period."""

    period: str
    as_of: str | None
    totals: Annotated[dict[str, float], says("Sums and counts of all teams.")]
    targets: list[CompanyTarget]
    funnel: FunnelRecord | None
    teams: Annotated[list[TeamScoreRecord], says("The best first.")]
    drift: list[Drift]
    campaigns: Annotated[list[CampaignRecord], says("Campaigns and sources of leads, what won most first, at most 50.")]


class Member(Shape, kw_only=True):
    """A member of a team in a period."""

    employee_id: str
    name: str | None
    role: str | None
    score: float | None
    rating: str | None
    rank: int | None
    former_rank: Annotated[int, says("In the calendar period before; null in rolling ones.")] | None
    trend: Annotated[list[float], says("Scores of the last 12 months, the oldest first.")]


class TeamView(Shape, kw_only=True):
    """A team in a period."""

    team: TeamScoreRecord
    members: list[Member]
    alerts_by_rule: Annotated[dict[str, dict[str, int]], says("Rule -> severity -> how many stand.")]
    funnel: FunnelRecord | None


class EmployeeView(EmployeeName, kw_only=True):
    """An employee."""

    department: str | None
    manager_id: str | None
    active: bool
    level: str | None
    region: str | None


class Employees(Shape, kw_only=True):
    """A list of employees."""

    items: list[EmployeeView]
    total: Total
    next: Cursor


class AlertView(Shape, kw_only=True):
    """The record of an alert, with its summary in Chinese."""

    id: str
    rule: str
    status: str
    reason: str
    severity: str | None = None
    level: int = 0
    recipients: list[str] = []
    employee_id: str | None = None
    team: str | None = None
    customer_id: str | None = None
    opportunity_id: str | None = None
    started_at: str | None = None
    fired_at: str | None = None
    ended_at: str | None = None
    suppressed_by: str | None = None
    values: dict[str, Any] = {}
    summary: str = ""
    policy_version: str = ""
    summary_zh: str = ""


class GroupCount(Shape, kw_only=True):
    """How many alerts a group has."""

    key: str
    count: int


class Alerts(Shape, kw_only=True):
    """A list of alerts, the newest first."""

    items: list[AlertView]
    total: Total
    next: Cursor
    groups: Annotated[list[GroupCount], says("Where `group` is given: the greatest first, at most 500.")] = []


class AlertDetail(AlertView, kw_only=True):
    """An alert with what became of it."""

    history: Annotated[list[AlertView], says("Its changes, as far as they are still at hand.")]


class TrendPoint(Shape, kw_only=True):
    """A score of a month."""

    period: str
    score: float


class Due(Shape, kw_only=True):
    """A customer to contact."""

    customer_id: str | None
    due_at: str | None
    overdue: bool
    rule: str
    summary: str
    summary_zh: str


class Task(Shape, kw_only=True):
    """A task that is due or overdue."""

    task_id: str | None
    due_at: str | None
    overdue: bool
    summary: str
    summary_zh: str


class NextStep(Shape, kw_only=True):
    """What was noted as the next step of an open opportunity."""

    opportunity_id: str
    customer_id: str
    step: str
    expected_close_at: str | None


class Today(Shape, kw_only=True):
    """What is to be done."""

    contacts: list[Due]
    tasks: list[Task]
    next_steps: list[NextStep]


class Person(Shape, kw_only=True):
    """An employee in a period."""

    employee: EmployeeView
    score: ScoreRecord | None
    kpis: KpiRecord | None
    trend: list[TrendPoint]
    today: Today
    alerts: Annotated[list[AlertView], says("What stands, the newest first, at most 500.")]
    recommendations: list[dict[str, Any]]


class StageSum(Shape, kw_only=True):
    """What is open in a stage."""

    stage: str
    probability: float | None
    count: int
    amount: float
    expected_revenue: float


class OpenDeal(Shape, kw_only=True):
    """An open opportunity."""

    opportunity_id: str
    customer_id: str
    owner_id: str | None
    stage: str | None
    amount: float | None
    entered_at: str | None
    age_days: Annotated[float, says("Days in the stage until as_of.")] | None
    stalled: bool
    expected_close_at: str | None


class OpenDeals(Shape, kw_only=True):
    """A list of open opportunities, the one that is longest in its stage first."""

    items: list[OpenDeal]
    total: Total
    next: Cursor


class Bridge(Shape, kw_only=True):
    """How the pipeline of a period came from its opening to its closing."""

    period: str
    count: BridgeCount
    amount: BridgeAmount


class Pipeline(Shape, kw_only=True):
    """What is open, by stage."""

    stages: list[StageSum]
    opportunities: OpenDeals
    bridge: Annotated[Bridge, says("Of the team, or the company; null for an employee.")] | None


class CustomerDeal(OpenDeal, kw_only=True):
    """An opportunity of a customer."""

    status: str
    created_at: str | None
    closed_at: str | None
    probability: float | None
    next_step: str | None
    received: float
    costs: float
    profit: float


class Moment(Shape, kw_only=True):
    """Something that happened, or is to happen, at a customer."""

    at: str
    kind: Annotated[
        Literal[
            "contact",
            "attempt",
            "plan",
            "stage",
            "won",
            "lost",
            "alert",
            "over",
            "invoice",
            "payment",
            "refund",
            "ticket",
            "resolved",
        ],
        says(
            "attempt: a contact that reached nobody; alert: one began, of an invoice or a ticket too; over: it ended; "
            "resolved: a ticket was."
        ),
    ]
    text: Annotated[str, says("Of a contact by whom, of an invoice its status, of a ticket what kind of wish it is.")]
    text_zh: Annotated[str, says("Of an alert, its summary in Chinese.")] | None = None
    ref: Annotated[str, says("The opportunity, alert, invoice or ticket.")] | None
    amount: Annotated[float, says("Of an invoice or payment.")] | None = None
    channel: Annotated[str, says("Of a contact.")] | None = None
    inbound: Annotated[bool, says("Of a contact: whether the customer began it.")] = False


class CustomerView(Shape, kw_only=True):
    """One customer at one view."""

    customer: CustomerRecord
    merged_into: Annotated[str, says("Where another customer was asked for: it was merged into this one.")] | None
    opportunities: list[CustomerDeal]
    timeline: Annotated[
        list[Moment],
        says("The newest first; of contacts, invoices, payments with one, and tickets the newest 20 each."),
    ]
    alerts: list[AlertView]


class Customers(Shape, kw_only=True):
    """A list of customers, by id."""

    items: list[CustomerSummary]
    total: Total
    next: Cursor


class Source(Shape, kw_only=True):
    """A topic of events as its alert sees it; lag is null while it has none."""

    topic: str
    lag_s: float | None
    silent: bool


class Letter(Shape, kw_only=True):
    """A record that was refused, without its content."""

    reason: str
    detail: str
    topic: str | None
    partition: int | None
    offset: int | None
    time: str | None


class Letters(Shape, kw_only=True):
    """What was refused."""

    total: int
    by_reason: Annotated[dict[str, int], says("Of the newest 20,000 at most.")]
    newest: list[Letter]


class StaleKpi(Shape, kw_only=True):
    """A source that lags, and how many scorecards rest on it."""

    source: str
    scorecards: int


class Explanation(Shape, kw_only=True):
    """The events behind a figure."""

    status: Annotated[Literal["ready", "reading"], says("reading: the log is still being read; ask again.")]
    employee_id: str
    period: str
    kpi: str
    as_of: Annotated[str | None, says("Judged at this instant.")] = None
    traced: Annotated[bool | None, says("Whether they come to the figure; null: it is made of other figures.")] = None
    total: Total = 0
    events: Annotated[list[Contribution], says("The newest first.")] = []


class Reading(Shape, kw_only=True):
    """How far a topic is read."""

    records: int
    behind: int


class Health(Shape, kw_only=True):
    """How the processing is."""

    ready: bool
    as_of: str | None
    sources: list[Source]
    dead_letters: Letters
    records_per_s: float
    stale_kpis: list[StaleKpi]
    topics: dict[str, Reading]


class Acknowledgement(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody looks after an alert."""

    until: Annotated[Instant, says("When it ends; null: with the alert.")] | None = None


class SilenceOrder(msgspec.Struct, forbid_unknown_fields=True):
    """Alerts that match are to be quiet until a moment."""

    matchers: Annotated[
        dict[Literal["rule", "severity", "employee_id", "team", "customer_id", "opportunity_id"], Text],
        Meta(min_length=1, description="Field and value; * stands for any text."),
    ]
    until: Instant


class Reply(msgspec.Struct, forbid_unknown_fields=True):
    """An employee's answer to an appraisal."""

    about: Annotated[str, Meta(min_length=1, max_length=200, description="Whom or what the answer is about.")]
    comment: Annotated[str, Meta(min_length=1, max_length=10_000, description="The answer.")]
    ref: Annotated[str, Meta(max_length=200, description="What it refers to: an appraisal, a figure.")] | None = None


class Decision(msgspec.Struct, forbid_unknown_fields=True):
    """What a person decided about a recommendation."""

    decision: Literal["accepted", "rejected"]
    comment: Annotated[str, Meta(max_length=10_000, description="Why.")] | None = None


class Accepted(Shape, kw_only=True):
    """A command is on its way."""

    event_id: str
