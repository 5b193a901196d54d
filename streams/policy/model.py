"""What a company decides, as frozen values. Instants and lengths are int microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import msgspec

from streams.policy.calendar import Calendar
from streams.policy.currency import Currency
from streams.policy.durations import Clock, Duration, days
from streams.policy.zone import DAY, MAX_US, MIN_US, Zone

KNOWN_RULES = (
    "contact.due",
    "contact.overdue",
    "contact.interval_exceeded",
    "lead.unprocessed",
    "opp.stalled",
    "opp.stage_changed",
    "opp.regressed",
    "opp.ping_pong",
    "opp.close_date_pushed",
    "opp.no_next_step",
    "ticket.response_breach",
    "ticket.resolution_breach",
    "ticket.warning",
    "complaint.unresolved",
    "goal.behind_pace",
    "goal.at_risk",
    "goal.milestone",
    "goal.achieved",
    "perf.low",
    "perf.high",
    "perf.streak",
    "expense.no_deal",
    "expense.over_budget",
    "trip.over_allowance",
    "payment.overdue",
    "payment.bad_debt",
    "payment.collection_low",
    "comp.clawback",
    "bonus.negative",
    "plan.overdue",
    "training.recommended",
    "dq.missing_field",
    "dq.negative_cycle",
    "dq.duplicate",
    "dq.missing",
    "dq.late",
    "dq.suspicious_activity",
    "source.lagging",
    "source.gap",
)


class StallBasis(StrEnum):
    """What an opportunity's stall clock counts from."""

    CREATED = "created"
    STAGE_ENTERED = "stage_entered"
    LAST_CONTACT = "last_contact"
    LAST_TWO_WAY_CONTACT = "last_two_way_contact"
    LAST_ACTIVITY = "last_activity"


class Perspective(StrEnum):
    """The four perspectives of a balanced scorecard."""

    FINANCIAL = "financial"
    CUSTOMER = "customer"
    PROCESS = "process"
    GROWTH = "growth"


class Better(StrEnum):
    """Which direction of a KPI is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


class Severity(StrEnum):
    """How bad an alert is; few, as it labels a metric."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Stage(msgspec.Struct, frozen=True):
    """A pipeline stage. Without a probability it expects no revenue; without `stall_after` it never stalls."""

    name: str
    probability: Decimal | None = None
    stall_after: Duration | None = None


class ContactPolicy(msgspec.Struct, frozen=True):
    """How often customers want to be heard, by grade, and what a plan allows."""

    intervals: Mapping[str, Duration] = {}
    default: Duration = days(30)
    grace: Duration = days(1)
    lead_time: Duration = days(1)
    silent_when_planned: bool = False

    def interval(self, grade: str | None) -> Duration:
        """The longest silence that a customer of that grade is left in."""
        return self.default if grade is None else self.intervals.get(grade, self.default)


class Escalation(msgspec.Struct, frozen=True):
    """From `after` the alert has fired on, `to` hears of it."""

    after: Duration
    to: str


class RulePolicy(msgspec.Struct, frozen=True):
    """How one alert rule behaves."""

    enabled: bool = True
    hold: Duration = Duration(0)
    keep: Duration = days(90)
    clock: Clock = Clock.ELAPSED
    escalate: tuple[Escalation, ...] = ()
    severity: Severity | None = None


class ScoreKpi(msgspec.Struct, frozen=True):
    """One line of a scorecard. `better` None: as the KPI catalogue says. `target` None: only where one was set."""

    kpi: str
    perspective: Perspective = Perspective.PROCESS
    weight: Decimal = Decimal(1)
    target: Decimal | None = None
    cap: Decimal = Decimal(1)
    better: Better | None = None


class Rating(msgspec.Struct, frozen=True):
    """A grade for every score from `minimum` on."""

    name: str
    minimum: Decimal


class Policy(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Everything a company decides. `version` is the hash of its meaning: 12 hex digits; `text` the file it is of."""

    timezone: str
    zone: Zone
    calendar: Calendar
    currency: Currency
    stages: tuple[Stage, ...]
    stall_basis: StallBasis
    contact: ContactPolicy
    max_future: int
    dedup_keep: int | None
    alerts: Mapping[str, RulePolicy]
    rule_default: RulePolicy
    scorecards: Mapping[str, tuple[ScoreKpi, ...]]
    ratings: tuple[Rating, ...]
    version: str = ""
    text: str = ""

    def rule(self, name: str) -> RulePolicy:
        """How a rule behaves, with the defaults where the policy is silent."""
        return self.alerts.get(name, self.rule_default)

    def stage(self, name: str) -> Stage | None:
        """The stage of that name."""
        index = self._places.get(name)
        return None if index is None else self.stages[index]

    def stage_index(self, name: str) -> int | None:
        """The place of a stage in the pipeline, from 0."""
        return self._places.get(name)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {stage.name: index for index, stage in enumerate(self.stages)}

    def rating(self, score: Decimal) -> str | None:
        """The rating that a score earns; None below the lowest."""
        return next((rating.name for rating in self.ratings if score >= rating.minimum), None)

    def length(self, duration: Duration, clock: str) -> int:
        """A duration in microseconds of that clock: a day is 24 hours, or a working day's hours."""
        if clock == Clock.WORKING and duration.in_days:
            return duration.us // DAY * self.calendar.day_us
        return duration.us

    def after(self, start: int, duration: Duration, clock: str) -> int:
        """The bound that lies a duration after an instant: it is passed at every instant *later* than this one.

        On the working clock that is the last instant at which no more than the duration has been worked, so a bound
        reached as work ends is passed when it begins again. A duration of zero is the instant itself on both clocks.
        """
        if duration.us == 0:
            return start
        if clock == Clock.WORKING:
            return self.calendar.outlast(start, self.length(duration, clock))
        return min(start + duration.us, MAX_US)

    def before(self, instant: int, duration: Duration, clock: str) -> int:
        """The instant a duration before another: later than it, less than the duration is left."""
        if clock == Clock.WORKING:
            return self.calendar.subtract(instant, self.length(duration, clock))
        return max(instant - duration.us, MIN_US)
