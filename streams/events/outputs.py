"""What goes out, as far as the contract types it: the records of the output topics, for schemas and readers.

The engine writes them as plain dictionaries; these structs describe them. Moments are RFC 3339 in UTC, money is in the
reporting currency.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta

from streams.events.fields import Instant, says
from streams.events.outputs_advice import AnswerRecord, RecommendationRecord
from streams.events.rejected import Reason

Figure = Annotated[float, says("A figure; money in the reporting currency, rates from 0 to 1.")]
Period = Annotated[str, says("2017, 2017-Q1, 2017-03, or 7d, 30d, 90d: the local days that end with that of as_of.")]
AsOf = Annotated[Instant, says("The instant that is judged: events up to and including it count.")]
Version = Annotated[str, says("Hash of the policy that it follows from.")]
Employee = Annotated[str, says("The employee.")]
Team = Annotated[str, says("The team; empty where it is not known.")]
StageName = Annotated[str, says("The stage.")]
Amount = Annotated[float, says("In the reporting currency.")]
Count = Annotated[int, Meta(ge=0, description="How many events or things the figure rests on.")]


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    pass


class AlertRecord(_Record, frozen=True, kw_only=True):
    """One change of an alert; the newest per id is its state."""

    id: Annotated[str, says("Same episode, same id, also after a replay.")]
    rule: Annotated[str, says("The rule, such as opp.stalled.")]
    status: Annotated[Literal["pending", "firing", "acknowledged", "resolved"], says("Where it stands.")]
    reason: Annotated[str, says("Why it changed; withdrawn: a late event proved the episode false.")]
    severity: Annotated[str, says("How grave it is, by the policy.")] | None = None
    level: Annotated[int, Meta(ge=0, description="The escalation step.")] = 0
    recipients: Annotated[tuple[str, ...], says("Who is to know.")] = ()
    employee_id: Annotated[str, says("Who looks after it.")] | None = None
    team: Team | None = None
    customer_id: Annotated[str, says("The customer that it is about.")] | None = None
    opportunity_id: Annotated[str, says("The opportunity that it is about.")] | None = None
    started_at: Annotated[Instant, says("The deadline or event that began it, never the tick that noticed.")] | None
    fired_at: Annotated[Instant, says("started_at and the rule's hold.")] | None = None
    ended_at: Annotated[Instant, says("The deadline or event that ended it.")] | None = None
    suppressed_by: Annotated[str, says("What keeps it quiet.")] | None = None
    values: Annotated[dict[str, str | float | None], says("What was measured against which bound.")]
    summary: Annotated[str, says("One sentence for a person.")]
    policy_version: Version


class DigestAlert(_Record, frozen=True, kw_only=True):
    """An alert that stands for a recipient."""

    id: Annotated[str, says("The alert's id.")]
    status: Annotated[Literal["firing", "acknowledged"], says("Where it stands.")]
    news: (
        Annotated[
            Literal["new", "again"],
            says("Why it is told: for the first time, or after the repeat; else known, or damped."),
        ]
        | None
    )
    level: Annotated[int, Meta(ge=0, description="The escalation step.")]
    since: Annotated[Instant, says("When it fired.")]
    notify_at: Annotated[Instant, says("The first moment at which the recipient may be told of it.")]
    flapping: Annotated[int, Meta(ge=1, description="How often it fired, where it comes and goes.")] | None = None
    employee_id: Annotated[str, says("Who looks after it.")] | None = None
    customer_id: Annotated[str, says("The customer that it is about.")] | None = None
    opportunity_id: Annotated[str, says("The opportunity that it is about.")] | None = None
    summary: Annotated[str, says("One sentence for a person.")]


class DigestGroup(_Record, frozen=True, kw_only=True):
    """The alerts of one rule and severity."""

    severity: Annotated[str, says("How grave they are, by the policy.")]
    rule: Annotated[str, says("The rule, such as opp.stalled.")]
    alerts: Annotated[tuple[DigestAlert, ...], says("The highest level first, then the oldest.")]


class DigestOver(_Record, frozen=True, kw_only=True):
    """An alert of which the recipient was told, and that concerns the recipient no more."""

    id: Annotated[str, says("The alert's id.")]
    severity: Annotated[str, says("How grave it was, by the policy.")]
    rule: Annotated[str, says("The rule, such as opp.stalled.")]
    reason: Annotated[
        Literal["resolved", "passed_on", "withdrawn"],
        says("It is over, others hear of it, or a late event proved it false."),
    ]
    since: Annotated[Instant, says("When it fired.")]
    ended_at: Annotated[Instant, says("When it ended.")] | None = None
    flapping: Annotated[int, Meta(ge=1, description="How often it fired, where it comes and goes.")] | None = None
    employee_id: Annotated[str, says("Who looked after it.")] | None = None
    customer_id: Annotated[str, says("The customer that it was about.")] | None = None
    opportunity_id: Annotated[str, says("The opportunity that it was about.")] | None = None
    summary: Annotated[str, says("One sentence for a person.")]


class DigestRecord(_Record, frozen=True, kw_only=True):
    """What stands for one recipient; the newest per recipient. Of very much not all is listed, but all is counted."""

    recipient: Annotated[str, says("An employee, or a name that a policy's ladder gives.")]
    notify_at: Annotated[Instant, says("When it is to be told: in working time, and when the recipient is there.")]
    since: Annotated[Instant, says("The notify_at of the digest before.")] | None
    counts: Annotated[dict[str, int], says("How many alerts are standing, new, again, over, and of each severity.")]
    standing: Annotated[tuple[DigestGroup, ...], says("What stands, by severity and rule, the worst first.")]
    over: Annotated[tuple[DigestOver, ...], says("What is over since it was told, the worst first.")]
    policy_version: Version


class ScoreLine(_Record, frozen=True, kw_only=True):
    """One KPI of a scorecard: what was reached of what, and the points for it."""

    kpi: Annotated[str, says("The name of the KPI.")]
    value: Figure | None
    target: Annotated[float, says("What was to be reached in the period.")] | None
    basis: (
        Annotated[
            Literal["policy", "set", "spread", "team", "department", "company", "months"],
            says(
                "Where the target comes from: the scorecard; set for the employee and the very period; for this "
                "employee in longer or shorter ones; a share of a wider scope's; or some of each by months."
            ),
        ]
        | None
    ) = None
    attainment: Annotated[float, says("value / target, or target / value where lower is better.")] | None
    expected: (
        Annotated[
            float, says("Of a sum or count: the part of the target that falls on the days of the period that are over.")
        ]
        | None
    ) = None
    pace: Annotated[float, says("value / expected.")] | None = None
    forecast: Annotated[float, says("The value at the end of the period, as fast as until now.")] | None = None
    forecast_low: Annotated[float, says("In four of five cases it will not be less.")] | None = None
    forecast_high: Annotated[float, says("Nor more.")] | None = None
    weight: Annotated[float, says("The weight by the scorecard.")]
    points: Annotated[float, says("Of the weight, by the kind of scoring; of a penalty below 0, of a hundred.")] | None
    absent: (
        Annotated[
            Literal["no_value", "no_target", "few"],
            says("Why it has no points, so that its weight goes to the others: few says that too little was counted."),
        ]
        | None
    ) = None
    scoring: (
        Annotated[
            Literal["baseline", "bands", "matrix", "points_per_event", "penalty"],
            says("How it earns its points, if not linearly."),
        ]
        | None
    ) = None
    count: Count


class ScoreRecord(_Record, frozen=True, kw_only=True):
    """The scorecard of an employee in a period, explained."""

    employee_id: Employee
    role: Annotated[str, says("Decides the scorecard.")]
    team: Team | None
    period: Period
    as_of: AsOf
    score: Annotated[float, says("0 to 100, above where capped higher; null where no KPI is present.")] | None
    rating: Annotated[str, says("The rating of the score by the policy.")] | None
    perspectives: Annotated[dict[str, float | None], says("The score of each perspective.")]
    methods: (
        Annotated[dict[str, float], says("The score of each method, on a scorecard that combines several.")] | None
    ) = None
    kpis: Annotated[tuple[ScoreLine, ...], says("The lines of the scorecard.")]
    stale: Annotated[tuple[str, ...], says("The sources that lag behind.")] = ()
    responses: Annotated[tuple[AnswerRecord, ...], says("What the employee answered to it, the newest ones.")] = ()
    policy_version: Version


class TeamScoreRecord(_Record, frozen=True, kw_only=True):
    """The scores of a team in a period: its total and the rank of its members."""

    team: Team
    period: Period
    as_of: AsOf
    score: Annotated[float, says("The mean of its members' scores.")] | None
    rank: Annotated[int, Meta(ge=1, description="Its place among the teams, 1 is the best.")] | None
    totals: Annotated[dict[str, float], says("The sums and counts of its members, by KPI.")]
    ranking: Annotated[
        tuple[dict[str, str | float | None], ...],
        says("Its members, the best first, each also beside its peers, of its role and region."),
    ]
    targets: Annotated[
        dict[str, float],
        says("By KPI: what was set for the team, else what those of its members come to."),
    ] = {}
    drift: Annotated[
        dict[str, float], says("By KPI: its members' targets together less what was set for the team.")
    ] = {}
    drift_above: Annotated[
        dict[str, dict[str, float]], says("By company and department:<id> above the team: their drift by KPI.")
    ] = {}
    policy_version: Version


class KpiValue(_Record, frozen=True, kw_only=True):
    """One KPI in a period, with what it was made of."""

    kpi: Annotated[str, says("The name of the KPI.")]
    value: Figure | None
    numerator: Annotated[float, says("What was divided; the sum itself where nothing was.")] | None
    denominator: Annotated[float, says("What it was divided by.")] | None
    count: Count


class KpiRecord(_Record, frozen=True, kw_only=True):
    """Every KPI of an employee in a period."""

    employee_id: Employee
    period: Period
    as_of: AsOf
    kpis: Annotated[tuple[KpiValue, ...], says("The KPIs that are present, by name.")]
    policy_version: Version


class Stay(_Record, frozen=True, kw_only=True):
    """One stay of an opportunity in a stage; amount and owner are those that held last in it, before what ended it."""

    stage: StageName
    entered_at: Annotated[Instant, says("When it came there.")]
    left_at: Annotated[Instant, says("Null while it lasts.")] | None
    amount: Amount | None
    owner_id: Employee | None
    probability: Annotated[float, says("That of the stage.")] | None


class TimeInStage(_Record, frozen=True, kw_only=True):
    """How long an opportunity stayed in a stage, in days of 24 hours. A stay that lasts does not count yet."""

    stage: StageName
    reentries: Annotated[int, Meta(ge=0, description="How often it came back.")]
    latest_days: Annotated[float, says("The newest stay that is over.")] | None
    cumulative_days: Annotated[float, says("All stays that are over.")] | None


class OpportunityRecord(_Record, frozen=True, kw_only=True):
    """An opportunity as its events make it: where it stands, and how it got there."""

    opportunity_id: Annotated[str, says("The opportunity.")]
    customer_id: Annotated[str, says("Its customer.")]
    owner_id: Annotated[str, says("Its owner; where it has none, the customer's.")] | None
    team: Annotated[str, says("The owner's.")] | None
    status: Annotated[Literal["open", "won", "lost"], says("Its newest outcome.")]
    stage: Annotated[str, says("Where it is, or was when it closed.")] | None
    created_at: Annotated[Instant, says("Null where nobody said so.")] | None
    closed_at: Annotated[Instant, says("The newest outcome.")] | None
    amount: Annotated[float, says("The newest; of a closed one what it closed with.")] | None
    probability: Annotated[float, says("That of the stage, while it is open.")] | None
    expected_revenue: Annotated[float, says("amount * probability, while it is open.")] | None
    expected_close_at: Annotated[Instant, says("Of a plain date, the end of that day.")] | None
    push_count: Annotated[int, Meta(ge=0, description="How often the close was moved to a later month.")]
    next_step: Annotated[str, says("What was noted last.")] | None
    cycle_days: Annotated[float, says("From creation to won.")] | None
    received: Annotated[float, says("Receipts less refunds that name it, by themselves or by their invoice.")]
    costs: Annotated[float, says("Expenses and trips approved that name it.")]
    trips: Annotated[int, Meta(ge=0, description="Trips approved that name it.")]
    profit: Annotated[float, says("received - costs.")]
    history: Annotated[tuple[Stay, ...], says("Every stay in a stage, in order; of very many the newest.")]
    stages: Annotated[tuple[TimeInStage, ...], says("By stage, in the order of first entry.")]
    policy_version: Version


class LastContact(_Record, frozen=True, kw_only=True):
    """The last contact that reached the customer."""

    at: Annotated[Instant, says("When.")]
    employee_id: Employee


class NextContact(_Record, frozen=True, kw_only=True):
    """The planned contact that is in force."""

    at: Annotated[Instant, says("For when it is planned.")]
    step: Annotated[str, says("What is to be done.")] | None


class OpenOpportunity(_Record, frozen=True, kw_only=True):
    """An open opportunity in short."""

    opportunity_id: Annotated[str, says("The opportunity.")]
    stage: StageName | None
    amount: Amount | None


class StandingAlert(_Record, frozen=True, kw_only=True):
    """An alert of a customer that is not resolved, in short."""

    id: Annotated[str, says("The alert.")]
    rule: Annotated[str, says("The rule, such as opp.stalled.")]
    status: Annotated[Literal["pending", "firing", "acknowledged"], says("Where it stands.")]
    since: Annotated[Instant, says("The deadline or event that began it.")]
    level: Annotated[int, Meta(ge=0, description="The escalation step.")]


class RecentInvoice(_Record, frozen=True, kw_only=True):
    """An invoice in short; whether it is late by now, due_at says."""

    invoice_id: Annotated[str, says("The invoice.")]
    issued_at: Annotated[Instant, says("When it was issued first.")]
    due_at: Annotated[Instant, says("As was said last; of a plain date, the end of that day.")]
    amount: Annotated[float, says("All that was issued under its id.")]
    paid: Annotated[float, says("Received less refunded.")]
    status: Annotated[
        Literal["open", "paid", "written_off"],
        says("open: something is still owed; written_off: nothing any more, but not all of it was paid."),
    ]


class RecentPayment(_Record, frozen=True, kw_only=True):
    """A payment that names an invoice."""

    at: Annotated[Instant, says("When.")]
    amount: Annotated[float, says("Below 0 where it was refunded.")]
    invoice_id: Annotated[str, says("The invoice that it names.")]


class RecentContact(_Record, frozen=True, kw_only=True):
    """A contact in short, or an attempt."""

    at: Annotated[Instant, says("When it was.")]
    employee_id: Annotated[str, says("Who made it.")]
    channel: Annotated[str, says("By which channel; null where a former release kept it.")] | None
    connected: Annotated[bool, says("Whether the customer was reached.")]
    inbound: Annotated[bool, says("Whether the customer began it.")]


class RecentTicket(_Record, frozen=True, kw_only=True):
    """A ticket in short."""

    ticket_id: Annotated[str, says("The ticket.")]
    kind: Annotated[str, says("request, incident, complaint or consultation.")]
    priority: Annotated[str, says("In the words of the CRM.")] | None
    employee_id: Annotated[str, says("Whose it is.")] | None
    opened_at: Annotated[Instant, says("When it was opened.")]
    resolved_at: Annotated[Instant, says("When it was resolved or closed last; null while it is open.")] | None


class CustomerSummary(_Record, frozen=True, kw_only=True):
    """One customer at one view, without what happened lately."""

    customer_id: Annotated[str, says("The customer.")]
    owner_id: Employee | None
    grade: Annotated[str, says("Decides how often it wants to be heard.")] | None
    status: Annotated[str, says("As its record says.")] | None
    first_seen_at: Annotated[Instant, says("Its first event.")]
    last_contact: Annotated[LastContact, says("The last that reached it.")] | None
    next_contact: Annotated[NextContact, says("The plan in force.")] | None
    open_opportunities: Annotated[tuple[OpenOpportunity, ...], says("By id.")]
    open_amount: Amount
    won_count: Annotated[int, Meta(ge=0, description="Opportunities won.")]
    won_amount: Amount
    invoiced: Amount
    collected: Annotated[float, says("Received less refunded, with an invoice or without.")]
    outstanding: Annotated[float, says("Still owed of its invoices, none below 0.")]
    open_tickets: Annotated[tuple[str, ...], says("The tickets that are not resolved.")]
    alerts: Annotated[tuple[StandingAlert, ...], says("What stands, by id.")]
    policy_version: Version


class CustomerRecord(CustomerSummary, frozen=True, kw_only=True):
    """One customer at one view."""

    merged_from: Annotated[tuple[str, ...], says("Those that were merged into it; they have no record any more.")] = ()
    collected_uninvoiced: Annotated[
        float, says("Of collected, what names no invoice; of that the sum alone is kept.")
    ] = 0.0
    recent_contacts: Annotated[tuple[RecentContact, ...], says("The 20 newest, attempts too, the newest first.")] = ()
    recent_invoices: Annotated[tuple[RecentInvoice, ...], says("The 20 issued last, the newest first.")] = ()
    recent_payments: Annotated[tuple[RecentPayment, ...], says("The 20 newest with an invoice, the newest first.")] = ()
    recent_tickets: Annotated[tuple[RecentTicket, ...], says("The 20 opened last, the newest first.")] = ()


Number = Annotated[int, says("So many opportunities.")]


class FunnelStage(_Record, frozen=True, kw_only=True):
    """A stage of the policy in a period. What is measured at as_of is null in periods that do not contain it."""

    stage: StageName
    open_count: Annotated[int, says("Open in it at as_of.")] | None
    open_amount: Annotated[float, says("Their amounts.")] | None
    expected_revenue: Annotated[float, says("The sum of amount * probability of the stage.")] | None
    entered: Annotated[int, says("Opportunities that entered it for the first time in the period, or passed by it.")]
    passed: Annotated[int, says("Those of them that went on since, or were won.")]
    conversion: Annotated[float, says("passed / entered.")] | None
    stays_ended: Annotated[int, says("Stays that ended in the period.")]
    mean_days: Annotated[float, says("Their mean length in days of 24 hours.")] | None
    p50_days: Annotated[float, says("The length that half of them do not exceed, in whole days.")] | None
    p90_days: Annotated[float, says("That nine of ten do not exceed; from 100 days on to two digits.")] | None


class BridgeCount(_Record, frozen=True, kw_only=True):
    """How the pipeline of a period came from its opening to its closing, in numbers of opportunities."""

    opening: Number
    new: Number
    pulled_in: Annotated[int, says("Their expected close moved into the period.")]
    increased: Annotated[int, says("Always 0.")]
    decreased: Annotated[int, says("Always 0.")]
    pushed: Annotated[int, says("Their expected close moved out of the period.")]
    won: Number
    lost: Number
    reassigned: Annotated[int, says("Came from other owners, less what went to others.")]
    closing: Number
    residual: Annotated[int, says("What these leave unexplained: 0.")]


class BridgeAmount(_Record, frozen=True, kw_only=True):
    """The same in the reporting currency."""

    opening: Amount
    new: Amount
    pulled_in: Annotated[float, says("Their expected close moved into the period.")]
    increased: Annotated[float, says("By how much amounts were raised.")]
    decreased: Annotated[float, says("By how much amounts were lowered.")]
    pushed: Annotated[float, says("Their expected close moved out of the period.")]
    won: Amount
    lost: Amount
    reassigned: Annotated[float, says("Came from other owners, less what went to others.")]
    closing: Amount
    residual: Annotated[float, says("What these leave unexplained: 0.")]


class FunnelRecord(_Record, frozen=True, kw_only=True):
    """The funnel of a team in a period, with what is to come of it."""

    team: Annotated[str, says("The team of who is credited; empty for the company as a whole.")]
    period: Period
    as_of: AsOf
    stages: Annotated[tuple[FunnelStage, ...], says("The stages of the policy, in order.")]
    count: Annotated[BridgeCount, says("The bridge, counted.")]
    amount: Annotated[BridgeAmount, says("The bridge in money.")]
    won_count: Number
    won_amount: Amount
    open_count: Annotated[int, says("Open at as_of.")] | None
    open_amount: Annotated[float, says("Their amounts.")] | None
    forecast: Annotated[float, says("won_amount + amount * probability of what is to close in the period.")] | None
    coverage: Annotated[float, says("open_amount / what remains of its members' targets for won_amount.")] | None
    velocity: Annotated[float, says("open_count * mean won amount * win rate / sales cycle in days: a day.")] | None
    customers: Annotated[dict[str, int], says("Customers owned at as_of, by status; empty for none.")] | None
    leads: (
        Annotated[
            dict[str, int],
            says("Leads owned at as_of, by status: new, contacted (it was tried), converted or disqualified."),
        ]
        | None
    )
    policy_version: Version


class JoinedByStatus(_Record, frozen=True, kw_only=True):
    """Participants by the newest status that was said of them."""

    invited: Annotated[int, says("Were asked.")]
    opened: Annotated[int, says("Looked at it.")]
    clicked: Annotated[int, says("Followed it.")]
    attended: Annotated[int, says("Took part.")]


class CampaignRecord(_Record, frozen=True, kw_only=True):
    """What a campaign, or a source of leads, came to in a period."""

    campaign_id: Annotated[str, says("The campaign; null where it is a source of leads.")] | None
    lead_source: Annotated[str, says("The source of leads; null where it is a campaign.")] | None
    period: Period
    as_of: AsOf
    participants: Annotated[int, says("Customers and leads that joined it for the first time in the period.")]
    by_status: Annotated[JoinedByStatus, says("Those of them of whom a status was said.")]
    leads: Annotated[int, says("Leads created in the period that name it.")]
    converted: Annotated[int, says("Those of them that were converted since.")]
    lead_conversion_rate: Annotated[float, says("converted / leads.")] | None
    cost: Annotated[float, says("Spent on it in the period.")]
    won_count: Annotated[int, says("Opportunities that name it and were won in the period.")]
    won_amount: Annotated[float, says("Their amounts.")]
    return_: Annotated[float, Meta(description="(won_amount - cost) / cost.")] | None = msgspec.field(name="return")
    policy_version: Version


class DeadLetter(_Record, frozen=True, kw_only=True):
    """A record that was not taken, and why. It names where it stood: topic, partition and offset, or file and line."""

    reason: Annotated[Reason, says("Why, as a code.")]
    detail: Annotated[str, says("Why, in one sentence that names the field.")]
    topic: Annotated[str, says("The topic.")] | None = None
    partition: Annotated[int, Meta(ge=0, description="The partition.")] | None = None
    offset: Annotated[int, Meta(ge=0, description="The offset.")] | None = None
    file: Annotated[str, says("The file.")] | None = None
    line: Annotated[int, Meta(ge=1, description="The line in the file, from 1.")] | None = None
    time: Annotated[Instant, says("When the record was taken in.")] | None = None
    original: Annotated[str, says("The record's bytes as text; base64 where they are not UTF-8.")]
    encoding: Annotated[Literal["utf-8", "base64"], says("How original is written.")] = "utf-8"
    original_bytes: Annotated[
        int, Meta(ge=0, description="The length of a record of which only a part stands here.")
    ] = 0


class Output(NamedTuple):
    """An output topic, without prefix: what its key is, what it holds, and its record where that is typed."""

    topic: str
    key: str
    description: str
    record: type[msgspec.Struct] | None = None


OUTPUTS: Final[tuple[Output, ...]] = (
    Output(
        "alerts",
        "alert id",
        "The state of every alert, until it was over for as long as its rule keeps it: the newest record per key.",
        AlertRecord,
    ),
    Output(
        "alerts.digest", "recipient", "What stands for each recipient, at times that the policy sets.", DigestRecord
    ),
    Output("alerts.log", "employee id", "Every change of an alert, for audit.", AlertRecord),
    Output("scores.employees", "employee id/period", "The scorecards, explained.", ScoreRecord),
    Output("scores.teams", "team id/period", "Totals, ranking, drift of the target cascade.", TeamScoreRecord),
    Output("kpis.employees", "employee id/period", "Every KPI value with what it was made of.", KpiRecord),
    Output(
        "funnel",
        "team id/period",
        "Per stage: count, amount, expected revenue, conversion, time in stage; the bridge; leads by status.",
        FunnelRecord,
    ),
    Output(
        "opportunities",
        "opportunity id",
        "Every opportunity: stage history with amounts, receipts, costs, profit.",
        OpportunityRecord,
    ),
    Output(
        "customers",
        "customer id",
        "Owner, last and next contact, value, open opportunities, standing alerts: one view.",
        CustomerRecord,
    ),
    Output(
        "campaigns",
        "campaign:id/period or source:name/period",
        "Of each campaign and lead source: participants, leads, conversion, cost, won amount, return.",
        CampaignRecord,
    ),
    Output("insights", "insight id", "Patterns, bottlenecks, forecasts, correlations, each with its sample size."),
    Output("pay.statements", "employee id/period", "Base, each bonus, commission by receipt, each with its cause."),
    Output(
        "recommendations",
        "recommendation id",
        "Praise, reward, coaching and more: always for a person to decide; and how improvement plans go.",
        RecommendationRecord,
    ),
    Output("streams.dead-letters", "source topic", "Records that were not taken, and why.", DeadLetter),
)

RECORDS: Final[Mapping[str, type[msgspec.Struct]]] = MappingProxyType(
    {
        "alert": AlertRecord,
        "digest": DigestRecord,
        "score": ScoreRecord,
        "team-score": TeamScoreRecord,
        "kpi": KpiRecord,
        "opportunity": OpportunityRecord,
        "customer": CustomerRecord,
        "funnel": FunnelRecord,
        "campaign": CampaignRecord,
        "recommendation": RecommendationRecord,
        "dead-letter": DeadLetter,
    }
)
"""The typed records by the name of their schema."""
