"""The kinds of alert rule, and how a rule behaves. A policy sets the rules of these names, and adds further ones."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from streams.policy.durations import Clock, Duration, days, parse_duration


class Severity(StrEnum):
    """How bad an alert is; few, as it labels a metric."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Span(StrEnum):
    """Of which periods scores are judged, once they are over."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    @property
    def months(self) -> int:
        """How many months such a period has."""
        return {Span.MONTH: 1, Span.QUARTER: 3, Span.YEAR: 12}[self]


class Bounds(msgspec.Struct, frozen=True):
    """How long is allowed: by a word, such as a customer's grade, and for all others."""

    default: Duration | None = None
    """None: words that are not named are not watched."""
    by: Mapping[str, Duration] = {}

    def of(self, word: str | None) -> Duration | None:
        """What holds for a word; None where nothing is watched."""
        return self.default if word is None else self.by.get(word, self.default)

    def chosen(self, word: str | None) -> str | None:
        """The word itself where it has a bound of its own."""
        return word if word in self.by else None


class Escalation(msgspec.Struct, frozen=True):
    """From `after` the alert has fired on, `to` hears of it."""

    after: Duration
    to: str


class RulePolicy(msgspec.Struct, frozen=True):
    """How one alert rule behaves."""

    watch: str
    """The kind of rule: a name in `WATCHES`."""
    severity: Severity
    enabled: bool = True
    hold: Duration = Duration(0)
    keep: Duration = days(90)
    clock: Clock = Clock.ELAPSED
    escalate: tuple[Escalation, ...] = ()
    after: Bounds | None = None
    """How much may pass before the condition holds. None: the kind has no such bound, or takes it from elsewhere."""
    count: int | None = None
    lasts: Duration | None = None
    before: Duration | None = None
    """How long before its time the condition begins to hold."""
    within: Duration | None = None
    """In how short a time things happen that are odd together."""
    below: Decimal | None = None
    """The pace below which the condition begins to hold: what is reached, by what is expected by then; or the score."""
    above: Decimal | None = None
    """The score at and above which it holds."""
    period: Span | None = None
    """The periods whose scores it is about."""
    recovers: Decimal | None = None
    """The pace from which on it holds no more."""
    warm_up: Decimal | None = None
    """The part of a period that has to be over first."""
    parts: tuple[Decimal, ...] = ()
    """The parts of a target that are told of."""
    tolerance: Decimal | None = None
    """By which part of a target what it is made of may differ from it."""
    silent_when_planned: bool = False
    inhibited_by: tuple[str, ...] = ()
    """The rules that keep it quiet while they fire for the same opportunity, invoice or customer."""
    roles: tuple[str, ...] = ()
    """It holds where who is in charge as its condition comes to hold has one of these roles; none: whoever it is."""
    text: str | None = None
    """What the summary says, with names in braces; None: the words of the kind."""


class Watch(msgspec.Struct, frozen=True):
    """A kind of rule, with what holds where the policy is silent. What is None here cannot be set for the kind."""

    says: str
    severity: Severity = Severity.WARNING
    clock: Clock = Clock.ELAPSED
    after: Bounds | None = None
    by: str | None = None
    """What the words of `after` are; None: `after` is one duration for all."""
    count: int | None = None
    lasts: Duration | None = None
    before: Duration | None = None
    within: Duration | None = None
    below: Decimal | None = None
    above: Decimal | None = None
    period: Span | None = None
    recovers: Decimal | None = None
    warm_up: Decimal | None = None
    parts: tuple[Decimal, ...] = ()
    tolerance: Decimal | None = None
    inhibited_by: tuple[str, ...] = ()
    quiet: bool = False
    """Whether `silent_when_planned` can be set."""
    enabled: bool = True


def _after(text: str) -> Bounds:
    return Bounds(parse_duration(text))


_NOWHERE: Final = Bounds()
"""The bound of a kind that takes it from another section where the rule itself has none."""
_INFO, _CRITICAL, _WORKING = Severity.INFO, Severity.CRITICAL, Clock.WORKING

WATCHES: Final[Mapping[str, Watch]] = MappingProxyType(
    {
        "contact.due": Watch("A planned contact comes near.", _INFO),
        "contact.overdue": Watch("A planned contact was not made."),
        "contact.interval_exceeded": Watch(
            "A customer was not reached for long.", after=_NOWHERE, by="grade", inhibited_by=("contact.overdue",)
        ),
        "lead.unprocessed": Watch("Nobody has tried to reach a lead.", clock=_WORKING, after=_after("8h")),
        "lead.slow_response": Watch(
            "A lead was reached late.", _INFO, clock=_WORKING, after=_after("1h"), lasts=days(7)
        ),
        "opp.stalled": Watch("An opportunity stands still in its stage.", after=_NOWHERE, by="grade", quiet=True),
        "opp.stage_changed": Watch(
            "An opportunity went into another stage.", _INFO, lasts=days(1), inhibited_by=("opp.regressed",)
        ),
        "opp.regressed": Watch("An opportunity went back.", lasts=days(7)),
        "opp.ping_pong": Watch("An opportunity goes back again and again.", count=2),
        "opp.close_date_pushed": Watch("The expected close was put off to a later month again and again.", count=2),
        "opp.close_date_passed": Watch("The expected close has passed.", after=_after("0s"), by="grade"),
        "opp.no_next_step": Watch(
            "An open opportunity has no next step.",
            _INFO,
            after=_after("7d"),
            by="grade",
            inhibited_by=("opp.stalled",),
        ),
        "ticket.response_breach": Watch("Nobody has answered.", clock=_WORKING, after=_after("8h"), by="priority"),
        "ticket.resolution_breach": Watch(
            "It was not resolved in time.", clock=_WORKING, after=_after("3d"), by="priority"
        ),
        "ticket.warning": Watch("Four fifths of the time to resolve it are gone.", _INFO, clock=_WORKING),
        "complaint.unresolved": Watch("A complaint was not resolved for long.", after=_after("2d"), by="priority"),
        "goal.behind_pace": Watch(
            "A target is reached more slowly than it has to be.",
            below=Decimal("0.9"),
            recovers=Decimal(1),
            warm_up=Decimal("0.2"),
        ),
        "goal.at_risk": Watch(
            "A target will hardly be reached.",
            _CRITICAL,
            below=Decimal("0.7"),
            recovers=Decimal("0.8"),
            warm_up=Decimal("0.3"),
        ),
        "goal.milestone": Watch(
            "A part of a target is reached.", _INFO, parts=(Decimal("0.5"), Decimal("0.9"), Decimal(1))
        ),
        "goal.achieved": Watch("A target is reached.", _INFO),
        "goal.drift": Watch(
            "The targets of people are not what was set for their team, department or company.",
            tolerance=Decimal("0.05"),
        ),
        "perf.low": Watch("A score is low.", below=Decimal(60), period=Span.MONTH),
        "perf.high": Watch("A score is high.", _INFO, above=Decimal(90), period=Span.MONTH),
        "perf.streak": Watch(
            "A score was low or high period after period.",
            count=3,
            below=Decimal(60),
            above=Decimal(90),
            period=Span.MONTH,
        ),
        "expense.no_deal": Watch("Money was spent again and again and no deal was made."),
        "expense.over_budget": Watch("More was spent than budgeted."),
        "trip.over_allowance": Watch("More trips were made than an opportunity allows."),
        "payment.overdue": Watch("An invoice was not paid in time.", after=_after("0s"), by="grade"),
        "payment.bad_debt": Watch("Money was written off.", _CRITICAL, lasts=days(90)),
        "payment.collection_low": Watch("Too little of what was due was collected."),
        "comp.clawback": Watch("A commission is taken back."),
        "bonus.negative": Watch("The bonuses come to less than nothing."),
        "improvement_plan.overdue": Watch("A step of an improvement plan was missed."),
        "training.recommended": Watch("A skill is low.", _INFO),
        "task.due": Watch("A task comes near.", _INFO, before=days(1)),
        "task.overdue": Watch("A task was not done in time.", after=_after("0s")),
        "dq.missing_field": Watch("Something is missing in a record.", _INFO),
        "dq.negative_cycle": Watch("An opportunity was created after it was won.", _INFO),
        "dq.feedback_score": Watch(
            "Answers of customers on one day have no score of the scale of their kind.", _INFO, count=1, lasts=days(7)
        ),
        "dq.duplicate_customer": Watch("A customer has a match key of another one: it seems to be there twice.", _INFO),
        # Many companies have a name of several, and a customer by every name is another record to keep.
        "dq.same_name": Watch("A customer has the name of another one.", _INFO, enabled=False),
        "dq.backdated": Watch(
            "An employee entered many contacts on one day, all long after.",
            _INFO,
            after=_after("7d"),
            count=10,
            lasts=days(7),
        ),
        # What is many goes by the business, and to count it takes a record of every contact: a company says so.
        "dq.suspicious": Watch(
            "An employee logged more contacts at a time than can be made.",
            count=30,
            within=parse_duration("1h"),
            lasts=days(7),
            enabled=False,
        ),
        "dq.suspicious_calls": Watch(
            "An employee logged calls of no length on one day, as if somebody had been reached.",
            _INFO,
            count=3,
            lasts=days(7),
        ),
        "dq.suspicious_moves": Watch(
            "An opportunity went to and fro, which only set the clock of its stage back.",
            _INFO,
            within=days(1),
            lasts=days(7),
        ),
        "source.lagging": Watch(
            "A topic of events is silent for twice as long as it usually is.", clock=_WORKING, after=_after("1h")
        ),
        "source.gap": Watch("A source of events has a gap."),
    }
)
"""Every kind of rule by name; under that name there is one rule of the kind, as it stands here."""


def usual(watch: str, keep: Duration) -> RulePolicy:
    """The rule of a kind where the policy is silent; `keep` is the default of all rules."""
    kind = WATCHES[watch]
    return RulePolicy(
        watch,
        kind.severity,
        keep=keep,
        clock=kind.clock,
        after=None if kind.after == _NOWHERE else kind.after,
        count=kind.count,
        lasts=kind.lasts,
        before=kind.before,
        within=kind.within,
        below=kind.below,
        above=kind.above,
        period=kind.period,
        recovers=kind.recovers,
        warm_up=kind.warm_up,
        parts=kind.parts,
        tolerance=kind.tolerance,
        enabled=kind.enabled,
        inhibited_by=kind.inhibited_by,
    )
