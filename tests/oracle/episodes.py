"""Every alert that ever fired, found by looking again and again.

The scan knows no spans. It goes from instant to instant, asks at each what stands of the state that the events up to
then have made, and compares that with what stood at the instant before: what is new has begun, what is gone has ended.
It looks at the time of every event, and of whatever an event dates (a plan, a due date, a closing): then, each duration
that the policy names later, and a microsecond after all of these, as a bound is passed by more than itself; `every`
adds a regular look in between, which must find nothing new. Why something ended is found by taking the events of that
instant one by one, until it no longer stands.

An episode is there as often as it fired: one that was quiet for a while, and stood again with the same basis, twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tests.oracle.alerts import standing
from tests.oracle.cases import ticket_bounds
from tests.oracle.law import Law, instant
from tests.oracle.reading import read
from tests.oracle.reasons import ending
from tests.oracle.recount import everybody
from tests.oracle.roles import Roles, concerns, roles_of
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer

TICK = datetime.resolution
DATED = "next_contact_at", "expected_close_at", "due_at"

Key = tuple[str, str, datetime]


class Episode(NamedTuple):
    """An alert from when it fired until it was resolved; `ended_at` and `reason` are None while it stands."""

    rule: str
    subject: str
    started_at: datetime
    ended_at: datetime | None = None
    reason: str | None = None


def history(
    lines: Iterable[bytes], policy: Mapping[str, Any], as_of: str, every: timedelta | None = None
) -> list[Episode]:
    """All episodes of a log that fired by an instant, in order."""
    law, until = Law(policy), instant(as_of)
    events = read(lines, law, until)
    roles = roles_of(events)
    found = [one for customer in everybody(events, law) for one in episodes_of(customer, law, roles, until, every)]
    return sorted(found, key=lambda episode: episode[:3])


def episodes_of(
    customer: Customer, law: Law, roles: Roles, until: datetime, every: timedelta | None = None
) -> Iterator[Episode]:
    """All episodes of one customer that fired by an instant; those that still stand come last."""
    running: dict[Key, tuple[Alert, Episode]] = {}
    quiet: set[Key] = set()
    before: Customer | None = None
    for now in _instants(customer, law, until, every):
        after = customer.then(max(event.time for event in customer.events if event.time <= now))
        found = {alert.key: alert for alert in standing(after, law, now)}
        quiet &= found.keys()
        for key in [key for key in running if key not in found]:
            alert, episode = running.pop(key)
            assert before is not None
            ended_at, reason = ending(alert, before, after, law, now)
            yield episode._replace(ended_at=ended_at, reason=reason)
        for key, alert in found.items():
            if key in running or key in quiet:
                continue
            if not concerns(alert, customer, law, roles, now):
                quiet.add(key)
            else:
                running[key] = alert, Episode(alert.rule, alert.subject, _beginning(alert, before, after, law, now))
        before = after
    yield from (episode for _, episode in running.values())


def _beginning(alert: Alert, before: Customer | None, after: Customer, law: Law, now: datetime) -> datetime:
    """The bound that was passed or, where without what happened at this instant it would not stand, this instant. A
    creation after the outcome is a flaw of the outcome, since when it is told."""
    if before is after or law.rules[alert.rule].kind == "dq.negative_cycle":
        return alert.started_at
    by_itself = before is not None and any(other.key == alert.key for other in standing(before, law, now))
    return alert.started_at if by_itself else now


def _instants(customer: Customer, law: Law, until: datetime, every: timedelta | None) -> list[datetime]:
    """Where to look."""
    times = {event.time for event in customer.events}
    dates = {event.data.get(field) for event in customer.events for field in DATED}
    marks = times | {law.ends(text) for text in dates if text is not None}
    ahead, back = law.bounds, law.leads
    bounds = marks | {law.later(mark, text, clock) for mark in marks for text, clock in ahead}
    bounds |= {law.earlier(mark, text, clock) for mark in marks for text, clock in back}
    # The clocks of tickets stand still now and then: where they stand then shows once all is known.
    bounds |= set(ticket_bounds(customer, law, until))
    looks = bounds | {bound + TICK for bound in bounds}
    first = min(times)
    if every is not None:
        looks.update(first + number * every for number in range((until - first) // every + 1))
    return sorted(look for look in {*looks, until} if first <= look <= until)
