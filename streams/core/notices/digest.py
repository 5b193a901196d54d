"""One digest: what stands for a recipient at an instant, what of it is news, and what is over since it was told."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from streams.core.alerts import Status
from streams.core.notices.facts import PASSED_ON, WITHDRAWN, Notice
from streams.core.notices.flapping import Flapping, flapping
from streams.core.notices.hours import Absences, Hours
from streams.events.instants import iso
from streams.policy import Clock, Policy, Severity

MOST = 500
"""So many alerts are listed of those that stand, and of those that are over; the others are counted, and come next."""
_WORST_FIRST = {severity.value: place for place, severity in enumerate(reversed(Severity))}


class News(StrEnum):
    """Why an alert is told of."""

    NEW = "new"
    AGAIN = "again"


class Entry(msgspec.Struct, array_like=True):
    """What is kept of an alert and a recipient: the newest fact, and what was told of it. Instants in microseconds."""

    id: str
    version: int
    notice: Notice | None
    """None: it has been over for long, and is kept but to know older facts by its version."""
    told: int | None = None
    """The slot at which it was told last; None: never, or that it is over was told too."""
    flapping: int | None = None
    """When it was told as flapping."""
    over: int | None = None
    """The clock when it was heard that it concerns the recipient no more."""

    @property
    def episode(self) -> tuple[str, str] | None:
        """The rule and the subject that it is an episode of; None for what never was, or was the affair of others."""
        notice = self.notice
        return None if notice is None or notice.status in (PASSED_ON, WITHDRAWN) else (notice.rule, notice.subject)


class Item(NamedTuple):
    """An alert as a digest tells it."""

    entry: Entry
    notice: Notice
    news: News | None
    notify_at: int
    """The first moment, us, at which the recipient may be told of it."""
    fires: int | None
    """Of one that flaps, and is told as such: how often it fired."""


class Contents(NamedTuple):
    """What a digest says, worst first."""

    standing: list[Item]
    over: list[Item]

    @property
    def worth_telling(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.over) or any(item.news for item in self.standing)

    def listed(self) -> Contents:
        """As much as a record holds: what is new before what is told again, so that everything has its turn."""
        chosen = sorted(self.standing, key=lambda item: (item.news is None, item.news is News.AGAIN))[:MOST]
        return Contents(sorted(chosen, key=_place), self.over[:MOST])


class Runs:
    """Which rules flap for which subjects at an instant, among the alerts of one recipient."""

    def __init__(self, entries: Iterable[Entry], at: int, policy: Policy) -> None:
        self._of: dict[tuple[str, str], list[Entry]] = {}
        self._runs: dict[tuple[str, str], Flapping | None] = {}
        for entry in entries:
            if (episode := entry.episode) is not None:
                self._of.setdefault(episode, []).append(entry)
        self._at, self._flap = at, policy.notices.flap

    def run(self, entry: Entry) -> Flapping | None:
        """The run that an alert is one of, if its rule flaps."""
        episode = entry.episode
        if episode is None or len(self._of[episode]) < self._flap.count:
            return None
        if episode not in self._runs:
            among = [(one.notice.fired, one.notice.ended) for one in self._of[episode] if one.notice is not None]
            self._runs[episode] = flapping(among, self._at, self._flap.count, self._flap.within.us)
        return self._runs[episode]

    def is_told(self, entry: Entry, run: Flapping) -> bool:
        """Whether the recipient knows already that it flaps."""
        among = self._of[entry.episode] if entry.episode is not None else ()
        return any(one.flapping is not None and one.flapping >= run.began for one in among)

    def stands_in_for(self, entry: Entry) -> bool:
        """Whether that it flaps is to be told by an alert that is over: the newest, where none stands."""
        among = [one for one in self._of[entry.episode] if one.notice is not None] if entry.episode is not None else []
        newest = max(among, key=lambda one: (one.notice.fired if one.notice else 0, one.id))
        return newest is entry and all(one.over is not None for one in among)


def contents(entries: Iterable[Entry], at: int, absences: Absences, hours: Hours, policy: Policy) -> Contents:
    """What there is to say at an instant at which the recipient may be told it."""
    ordered, slot = list(entries), hours.slot(at)
    runs = Runs(ordered, at, policy)
    standing, over = [], []
    for entry in ordered:
        notice = entry.notice
        if notice is None or notice.fired > at:
            continue
        run = runs.run(entry)
        notify_at = hours.first(notice.since, absences)
        if entry.over is not None:
            if run is not None:
                tells = not runs.is_told(entry, run) and runs.stands_in_for(entry)
            else:
                tells = entry.told is not None
            if tells:
                over.append(Item(entry, notice, None, notify_at, run and run.fires))
        elif notice.suppressed is None and notify_at <= at:
            known = run is not None and runs.is_told(entry, run)
            news = None if known else _news(entry, notice, run, slot, hours, policy)
            standing.append(Item(entry, notice, news, notify_at, run.fires if run and (news or known) else None))
    return Contents(sorted(standing, key=_place), sorted(over, key=_place))


def _news(entry: Entry, notice: Notice, run: Flapping | None, slot: int, hours: Hours, policy: Policy) -> News | None:
    if notice.status == Status.ACKNOWLEDGED:
        return None
    if entry.told is None:
        return News.NEW
    rule = policy.rules.get(notice.rule)
    clock = Clock.ELAPSED if rule is None else rule.clock
    return News.AGAIN if run is not None or hours.again(entry.told, slot, clock) else None


def mark(told: Contents, at: int, slot: int) -> list[Entry]:
    """Write down that this was told; the entries that are others now."""
    changed = []
    for item in told.standing:
        if item.news or item.entry.told is None:
            item.entry.told = slot
            item.entry.flapping = at if item.news and item.fires else item.entry.flapping
            changed.append(item.entry)
    for item in told.over:
        item.entry.told = None
        item.entry.flapping = at if item.fires else item.entry.flapping
        changed.append(item.entry)
    return changed


def record(recipient: str, told: Contents, at: int, last: int | None, version: str) -> dict[str, Any]:
    """The digest as it is sent; `last` is when the one before was to be told."""
    listed = told.listed()
    return {
        "recipient": recipient,
        "notify_at": iso(at),
        "since": None if last is None else iso(last),
        "counts": _counts(told),
        "standing": [
            {"severity": severity, "rule": rule, "alerts": [_standing(item) for item in items]}
            for (severity, rule), items in groupby(listed.standing, key=lambda i: (i.notice.severity, i.notice.rule))
        ],
        "over": [_over(item) for item in listed.over],
        "policy_version": version,
    }


def _counts(told: Contents) -> dict[str, int]:
    counts = {
        "standing": len(told.standing),
        "new": sum(item.news is News.NEW for item in told.standing),
        "again": sum(item.news is News.AGAIN for item in told.standing),
        "over": len(told.over),
    }
    for item in told.standing:
        counts[item.notice.severity] = counts.get(item.notice.severity, 0) + 1
    return counts


def _standing(item: Item) -> dict[str, Any]:
    notice = item.notice
    return {
        "id": item.entry.id,
        "status": notice.status,
        "news": item.news,
        "level": notice.level,
        "since": iso(notice.fired),
        "notify_at": iso(item.notify_at),
        "flapping": item.fires,
        **_about(notice),
    }


def _over(item: Item) -> dict[str, Any]:
    notice = item.notice
    return {
        "id": item.entry.id,
        "severity": notice.severity,
        "rule": notice.rule,
        "reason": notice.status,
        "since": iso(notice.fired),
        "ended_at": None if notice.ended is None else iso(notice.ended),
        "flapping": item.fires,
        **_about(notice),
    }


def _about(notice: Notice) -> dict[str, str | None]:
    return {
        "employee_id": notice.employee,
        "customer_id": notice.customer,
        "opportunity_id": notice.opportunity,
        "summary": notice.summary,
    }


def _place(item: Item) -> tuple[int, str, str, int, int, str]:
    notice = item.notice
    rank = _WORST_FIRST.get(notice.severity, len(_WORST_FIRST))
    return rank, notice.severity, notice.rule, -notice.level, notice.fired, item.entry.id
