"""The alert of a topic that is silent against its own habit, and which other alerts that silence may have caused.

Ticks say how much each topic held at their instant. What is usual follows from that: of each of the last `DAYS` days on
which a topic moved, the longest silence that ended then; of these the longest but one, as one may have been a failure.
A topic lags when it is silent for more than `FACTOR` times that, and for more than the rule's `after`. Where ticks do
not say what topics hold, as in a replay, there is no habit, and nothing lags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from streams.core.alerts import Cause, Span, happened, passed, span
from streams.core.customers.cases import Gap, Silence, Source
from streams.core.formats import reader, tagged
from streams.core.history import END
from streams.core.records import key_of
from streams.policy import Clock, Policy, RulePolicy

LAGGING = "source.lagging"
KIND = "source"
"""The kind of the state records that each partition keeps of topics."""
DAYS, FEWEST, FACTOR = 28, 7, 2
"""So many days are remembered, fewer than so few are no habit, and so many times what is usual is not usual."""
STEP = 60_000_000
"""A topic that moves all the time is noted to do so once in so long, us."""
BLIND = 300_000_000
"""After so long without a tick nobody knows when in that time a topic moved, us."""

CAUSED: Mapping[str, tuple[str, ...]] = {
    "contact.due": ("crm.contacts",),
    "contact.overdue": ("crm.contacts",),
    "contact.interval_exceeded": ("crm.contacts",),
    "lead.unprocessed": ("crm.leads", "crm.contacts"),
    "opp.stalled": ("crm.opportunities", "crm.contacts"),
    "opp.close_date_passed": ("crm.opportunities",),
    "opp.no_next_step": ("crm.opportunities", "crm.contacts"),
    "ticket.response_breach": ("crm.tickets",),
    "ticket.resolution_breach": ("crm.tickets",),
    "ticket.warning": ("crm.tickets",),
    "complaint.unresolved": ("crm.tickets",),
    "payment.overdue": ("crm.payments",),
    "task.due": ("crm.tasks",),
    "task.overdue": ("crm.tasks",),
}
"""By kind of rule, the topics whose silence may be why its condition holds: what would end it would come there."""


class _Topic(msgspec.Struct, array_like=True):
    """What is known of a topic. `silences` are the one that lasts and the one before."""

    total: int
    gaps: list[Gap]
    silences: list[Silence]


_read_topic = reader(_Topic)


class Sources:
    """The topics as one partition has been told of them; every partition is told the same."""

    def __init__(self, policy: Policy) -> None:
        self._topics: dict[str, _Topic] = {}
        self._spans: dict[str, list[Span]] = {}
        self._changed: set[str] = set()
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Judge by another policy from now on."""
        self._policy = policy
        self._spans.clear()

    def sampled(self, before: int, at: int, ends: Mapping[str, int]) -> list[str]:
        """A tick says how much each topic held at an instant; `before` is that of the last one. The topics that moved,
        as far as that is noted."""
        if at <= before:
            return []
        moved = [topic for topic, total in sorted(ends.items()) if self._note(topic, total, before, at)]
        self._changed.update(moved)
        return moved

    def silences(self, topic: str) -> list[Silence]:
        """The silence of a topic that lasts, and the one before."""
        return list(self._topics[topic].silences)

    def lagging(self, time: int) -> set[tuple[str, str]]:
        """(rule, topic) of every topic that lags at an instant."""
        return {
            (found.rule, topic)
            for topic in self._topics
            for found in self._of(topic)
            if found.start.at <= time < found.end.at
        }

    def excuse(self, watch: str, fires: int, clock: int) -> str | None:
        """What lags at an instant and may be why an alert of a kind has fired: after the last that was heard of it."""
        for topic in CAUSED.get(watch, ()):
            for found in self._of(topic):
                if found.start.at <= clock < found.end.at and fires > found.basis:
                    return f"{found.rule} {topic}"
        return None

    def take_states(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The records that changed since the last time."""
        for topic in sorted(self._changed):
            yield key_of(KIND, topic), tagged(self._topics[topic])
        self._changed.clear()

    def restore(self, topic: str, value: bytes) -> None:
        """Put back what `take_states` gave of a topic."""
        self._topics[topic] = _read_topic(value)

    def _of(self, topic: str) -> list[Span]:
        """The spans of a topic, which are asked for more often than they change."""
        found = self._spans.get(topic)
        if found is None:
            known = self._topics.get(topic)
            found = self._spans[topic] = [*spans(topic, known.silences, self._policy)] if known is not None else []
        return found

    def _note(self, topic: str, total: int, before: int, at: int) -> bool:
        known = self._topics.get(topic)
        if known is None:
            self._spans.pop(topic, None)
            self._topics[topic] = _Topic(total, [], [Silence(at, END, None, None)])
            return True
        last = known.silences[-1]
        if total == known.total or at < last.since + STEP:
            return False
        end = before  # as far as anybody saw
        if at <= before + BLIND:
            end = at
            self._learn(known.gaps, last.since, at)
        self._spans.pop(topic, None)
        known.total = total
        known.silences = [last._replace(end=end), Silence(at, END, *_usual(known.gaps))]
        return True

    def _learn(self, gaps: list[Gap], since: int, at: int) -> None:
        day = self._policy.zone.day(at)
        elapsed, working = at - since, self._policy.elapsed(since, at, Clock.WORKING)
        if gaps and gaps[-1].day == day:
            former = gaps.pop()
            elapsed, working = max(elapsed, former.elapsed), max(working, former.working)
        gaps.append(Gap(day, elapsed, working))
        del gaps[:-DAYS]


def spans(topic: str, silences: list[Silence], policy: Policy) -> Iterator[Span]:
    """The spans of the rule for the silences of a topic."""
    for name, rule in policy.watching(LAGGING):
        for silence in silences:
            allowed = _allowed(silence, rule, policy)
            if allowed is None:
                continue
            deadline = policy.later(silence.since, allowed, rule.clock)
            if deadline + 1 < silence.end:
                yield span(
                    name,
                    topic,
                    silence.since,
                    passed(deadline),
                    happened(silence.end),
                    Cause.CAUGHT_UP,
                    bound=deadline,
                    terms=rule,
                    policy=policy,
                    about=_length(allowed),
                )


def holder_spans(source: Source, policy: Policy) -> Iterator[Span]:
    """The same for the topic of a case."""
    return spans(source.id, source.log, policy)


def _usual(gaps: list[Gap]) -> tuple[int | None, int | None]:
    """The longest silence but one, in all time and in working time, us; None while there is no habit."""
    if len(gaps) < FEWEST:
        return None, None
    return sorted(gap.elapsed for gap in gaps)[-2], sorted(gap.working for gap in gaps)[-2]


def _allowed(silence: Silence, rule: RulePolicy, policy: Policy) -> int | None:
    usual = silence.usual if rule.clock == Clock.ELAPSED else silence.usual_working
    after = None if rule.after is None else rule.after.default
    if usual is None or after is None:
        return None
    return max(policy.length(after, rule.clock), FACTOR * usual)


def _length(us: int) -> str:
    """In hours and minutes."""
    hours, minutes = divmod(us // 60_000_000, 60)
    return f"{hours}h {minutes}m" if hours and minutes else f"{hours}h" if hours else f"{minutes}m"
