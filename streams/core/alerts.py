"""Alerts as a function of history: the spans in which a rule's condition holds, and what an instant sees of them."""

from __future__ import annotations

from enum import StrEnum
from hashlib import blake2b

import msgspec

from streams.core.history import END
from streams.policy import Policy, RulePolicy, Severity


class Status(StrEnum):
    """Where an alert stands."""

    PENDING = "pending"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Cause(StrEnum):
    """Why an alert changed: the `reason` of its record."""

    CONDITION_MET = "condition_met"
    HELD = "held"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGEMENT_ENDED = "acknowledgement_ended"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    CONTACTED = "contacted"
    PLAN_MOVED = "plan_moved"
    PLAN_CANCELLED = "plan_cancelled"
    BECAME_OVERDUE = "became_overdue"
    INTERVAL_CHANGED = "interval_changed"
    UNATTENDED = "unattended"
    PLANNED = "planned"
    STAGE_MOVED = "stage_moved"
    CLOSED = "closed"
    EXPIRED = "expired"
    REPLIED = "replied"
    RESOLVED = "resolved"
    BREACHED = "breached"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    PAID = "paid"
    WRITTEN_OFF = "written_off"
    CAUGHT_UP = "caught_up"
    CORRECTED = "corrected"
    RECOVERED = "recovered"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"
    POLICY_CHANGED = "policy_changed"


def severity_of(policy: Policy, rule: str) -> str:
    """How grave an alert of a rule is; of one that the policy no longer has, a warning."""
    known = policy.rules.get(rule)
    return Severity.WARNING.value if known is None else known.severity.value


class Bound(msgspec.Struct, frozen=True, gc=False, order=True):
    """One side of a span: the first instant on its far side, and the instant to report.

    A bound that must be passed (a deadline) has its instant one microsecond after the one reported: at the bound itself
    nothing fires yet. An event takes effect at its own instant.
    """

    at: int
    reported: int


def passed(deadline: int) -> Bound:
    """The bound of a deadline."""
    return Bound(deadline + 1, deadline)


def happened(time: int) -> Bound:
    """The bound of an event."""
    return Bound(time, time)


def no_earlier(bound: Bound, time: int) -> Bound:
    """A bound, or the event of an instant, whichever is later: a condition that comes to hold after its deadline."""
    return bound if bound.at > time else happened(time)


NEVER = happened(END)


Key = tuple[str, int]
"""What names an episode among those of one subject: the rule, and the basis of its clock."""


def episode_id(rule: str, subject: str, basis: int) -> str:
    """The id of the alert of an episode."""
    return blake2b(f"{rule}\0{subject}\0{basis}".encode(), digest_size=8).hexdigest()


class Span(msgspec.Struct, frozen=True, gc=False):
    """A time [start, end) in which a rule's condition holds for a subject, and why it ends."""

    rule: str
    subject: str
    """The opportunity id, else the customer id."""
    basis: int
    """The instant of the event that the clock of the rule runs from; names the episode."""
    start: Bound
    end: Bound
    cause: Cause
    bound: int
    """The instant that had to be passed; `started_at` unless the condition came to hold later."""
    fires: int
    """The instant from which it fires, `hold` after its start."""
    fired: int
    """The same, as reported."""
    about: str
    """What the rule is about, for a person: a stage, a grade, a next step, a missing field."""
    planned: int | None
    """The instant that was planned or promised, for the rules that have one."""
    grade: str | None
    """The customer's grade that chose the bound, for the rules whose bounds go by it."""

    @property
    def id(self) -> str:
        """Stable: the same episode has the same id in every run."""
        return episode_id(self.rule, self.subject, self.basis)

    @property
    def key(self) -> Key:
        """Names the episode where the subject is known; an id takes longer to work out."""
        return self.rule, self.basis

    def status(self, clock: int) -> Status | None:
        """What an instant sees of it; None before it starts, and where it ended without having fired."""
        if clock < self.start.at:
            return None
        if clock >= self.end.at:
            return Status.RESOLVED if self.fires < self.end.at else None
        return Status.FIRING if clock >= self.fires else Status.PENDING

    def next_change(self, clock: int) -> int:
        """The first instant after `clock` at which its status is another, else `END`."""
        if clock < self.start.at:
            return self.start.at
        return min((at for at in (self.fires, self.end.at) if at > clock), default=END)


def span(
    rule: str,
    subject: str,
    basis: int,
    start: Bound,
    end: Bound,
    cause: Cause,
    *,
    bound: int,
    terms: RulePolicy,
    policy: Policy,
    about: str,
    planned: int | None = None,
    grade: str | None = None,
) -> Span:
    """A span with the instants at which it fires: once the condition has held for *more* than the rule's `hold`, on
    the rule's clock, or at once."""
    fired = policy.after(start.reported, terms.hold, terms.clock)
    fires = fired + 1 if terms.hold.us or start.at > start.reported else fired
    return Span(rule, subject, basis, start, end, cause, bound, fires, fired, about, planned, grade)


def merge(spans: list[Span]) -> list[Span]:
    """Join spans of one episode that follow each other without a gap; ordered by time."""
    merged: list[Span] = []
    for item in spans:
        last = merged[-1] if merged else None
        if last is not None and last.rule == item.rule and last.basis == item.basis and last.end.at >= item.start.at:
            merged[-1] = msgspec.structs.replace(last, end=item.end, cause=item.cause)
        else:
            merged.append(item)
    return merged
