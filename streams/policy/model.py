"""What a company decides, as frozen values. Instants and lengths are int microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import msgspec

from streams.policy.assessments import AssessmentPolicy
from streams.policy.calendar import Calendar
from streams.policy.combining import Combining
from streams.policy.currency import Currency
from streams.policy.distribution import Distribution
from streams.policy.durations import Clock, Duration, days
from streams.policy.notices import NoticePolicy
from streams.policy.recommendations import RecommendationPolicy
from streams.policy.rules import WATCHES, Bounds, RulePolicy, usual
from streams.policy.scoring import ScoreKpi
from streams.policy.segments import Segment
from streams.policy.targets import TargetPolicy
from streams.policy.zone import DAY, MAX_US, MIN_US, Zone


class StallBasis(StrEnum):
    """What an opportunity's stall clock counts from."""

    CREATED = "created"
    STAGE_ENTERED = "stage_entered"
    LAST_CONTACT = "last_contact"
    LAST_TWO_WAY_CONTACT = "last_two_way_contact"
    LAST_ACTIVITY = "last_activity"


class Stage(msgspec.Struct, frozen=True):
    """A pipeline stage. Without a probability it expects no revenue; without `stall_after` it never stalls."""

    name: str
    probability: Decimal | None = None
    stall_after: Bounds | None = None
    """By the customer's grade."""


class ContactPolicy(msgspec.Struct, frozen=True):
    """How often customers want to be heard, by grade, and what a plan allows."""

    intervals: Bounds = Bounds(days(30))
    """The longest silence that a customer is left in, by its grade."""
    grace: Duration = days(1)
    lead_time: Duration = days(1)
    silent_when_planned: bool = False
    closed: tuple[str, ...] = ("closed", "former", "inactive", "churned")
    """The statuses of a customer that nobody has to look after any more: its alerts are suppressed."""


class CustomersPolicy(msgspec.Struct, frozen=True):
    """When a customer counts as one that stays, and which are looked at by themselves."""

    active_for: Duration = days(365)
    """So long after a purchase it is active; days of 24 hours."""
    segments: tuple[Segment, ...] = ()
    """Which customers KPIs look at by themselves; one may belong to several."""


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
    """The rules that differ from what is usual for their kind, and those of the policy's own."""
    keep: Duration
    """How long alerts are kept once resolved, of rules that do not say else."""
    scorecards: Mapping[str, tuple[ScoreKpi, ...]]
    """By role, `team:<id>` or `employee:<id>`."""
    ratings: tuple[Rating, ...]
    notices: NoticePolicy = NoticePolicy()
    assessments: AssessmentPolicy = AssessmentPolicy()
    customers: CustomersPolicy = CustomersPolicy()
    targets: TargetPolicy = TargetPolicy()
    distribution: Distribution = Distribution()
    combining: Mapping[str, Combining] = {}
    """How the methods of scorecards are combined, by the names of the cards that do."""
    recommendations: RecommendationPolicy = RecommendationPolicy()
    version: str = ""
    text: str = ""

    def card(self, employee: str, role: str, team: str | None) -> tuple[str, tuple[ScoreKpi, ...]]:
        """The scorecard of an employee, by its name: of the employee, the team or the role, whichever is the first."""
        names = (f"employee:{employee}", f"team:{team}", role)
        found = next((name for name in names if name in self.scorecards), role)
        return found, self.scorecards.get(found, ())

    def rule(self, name: str) -> RulePolicy:
        """How a rule behaves, with the defaults where the policy is silent. KeyError for a rule that there is not."""
        return self.rules[name]

    def watching(self, kind: str) -> tuple[tuple[str, RulePolicy], ...]:
        """The rules of a kind that are switched on, with their names."""
        return self._watching.get(kind, ())

    @cached_property
    def rules(self) -> dict[str, RulePolicy]:
        """Every rule by name."""
        return {name: usual(name, self.keep) for name in WATCHES} | dict(self.alerts)

    @cached_property
    def _watching(self) -> dict[str, tuple[tuple[str, RulePolicy], ...]]:
        found: dict[str, tuple[tuple[str, RulePolicy], ...]] = {}
        for name, rule in self.rules.items():
            if rule.enabled:
                found[rule.watch] = (*found.get(rule.watch, ()), (name, rule))
        return found

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

    def elapsed(self, start: int, end: int, clock: str) -> int:
        """How much of that clock's time passes in [start, end), in microseconds."""
        return self.calendar.elapsed(start, end) if clock == Clock.WORKING else end - start

    def later(self, start: int, length: int, clock: str) -> int:
        """The last instant at which no more than `length`, microseconds of that clock, has passed since `start`."""
        return self.calendar.outlast(start, length) if clock == Clock.WORKING else min(start + length, MAX_US)

    def before(self, instant: int, duration: Duration, clock: str) -> int:
        """The instant a duration before another: later than it, less than the duration is left."""
        if clock == Clock.WORKING:
            return self.calendar.subtract(instant, self.length(duration, clock))
        return max(instant - duration.us, MIN_US)
