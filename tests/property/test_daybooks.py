"""What employees log, against a recount that looks at each contact of theirs; in any order, partitions and restarts."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from streams.policy import Policy
from streams.replay import replay_lines
from tests.unit.core.kit import contact, event, policy, us
from tests.unit.core.works import Works, settled

MINUTE = 60_000_000
END = us("31") + 60 * 1_440 * MINUTE
Told = tuple[str, str, datetime]
"""The rule, the employee, and since when."""


class Logged(NamedTuple):
    """One contact; minutes since the first of March. `length` is None where nobody says."""

    minute: int
    who: str
    customer: str
    channel: str
    connected: bool
    length: int | None
    late: int | None
    """So many minutes later it was entered."""

    def line(self) -> bytes:
        """The event."""
        data: dict[str, Any] = {"employee_id": self.who, "channel": self.channel, "connected": self.connected}
        if self.length is not None:
            data["duration_s"] = self.length
        if self.late is not None:
            data["enteredtime"] = _text(self.minute + self.late)
        if self.customer == "l":
            return event(_at(self.minute), "contact.logged", lead_id="l", direction="outbound", **data)
        return contact(_at(self.minute), customer_id=self.customer, **data)


class Terms(NamedTuple):
    """What the rules are told."""

    zone: str
    number: int
    within: int
    after: int

    def policy(self) -> Policy:
        """The rules alone; minutes."""
        off = {name: {"enabled": False} for name in ("contact.due", "contact.overdue", "contact.interval_exceeded")}
        count: dict[str, Any] = {"enabled": True, "count": self.number}
        return policy(
            timezone=self.zone,
            alerts=off
            | {
                "dq.suspicious": count | {"within": f"{self.within}m"},
                "dq.suspicious_calls": count,
                "dq.feedback_score": count,
                "dq.backdated": count | {"after": f"{self.after}m"},
            },
        )


def _at(minute: int) -> int:
    return us("01") + minute * MINUTE


def _text(minute: int) -> str:
    return (datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")


class Said(NamedTuple):
    """An answer of a customer about an employee; minutes since the first of March."""

    minute: int
    who: str
    customer: str | None
    score: int

    def line(self) -> bytes:
        """The event."""
        data = {"employee_id": self.who, "kind": "csat", "score": self.score}
        return event(_at(self.minute), "feedback.received", customer_id=self.customer, **data)


answers = st.builds(
    Said,
    st.integers(0, 60).map(lambda step: step * 30),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["c1", "c2", None]),
    st.sampled_from([0, 1, 5, 6]),
)
contacts = st.builds(
    Logged,
    st.integers(0, 60).map(lambda step: step * 30),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["c1", "c2", "c3", "l"]),
    st.sampled_from(["call", "call", "visit", "email"]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from([None, 0, 0, 60]),
    st.sampled_from([None, 0, 60, 61, 90, 300, 1_500]),
)
terms = st.builds(
    Terms, st.sampled_from(["UTC", "Asia/Kolkata"]), st.integers(1, 3), st.sampled_from([30, 60, 600]),
    st.sampled_from([1, 60, 240]),
)  # fmt: skip


def recount(found: list[Logged | Said], terms: Terms) -> set[Told]:
    """Every alert that there must have been: for each employee and day, the first instant at which it is too much."""

    def moment(minute: int) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minute)

    days: defaultdict[tuple[str, str, object], list[int]] = defaultdict(list)
    for one in found:
        if isinstance(one, Said):
            if not 1 <= one.score <= 5:
                day = moment(one.minute).astimezone(ZoneInfo(terms.zone)).date()
                days["dq.feedback_score", one.who, day].append(one.minute)
            continue
        late = one.minute + one.late if one.late is not None and one.late > max(60, terms.after) else None
        counted = {
            "dq.suspicious": one.minute if one.connected and one.channel in ("call", "visit") else None,
            "dq.suspicious_calls": one.minute if one.connected and (one.channel, one.length) == ("call", 0) else None,
            "dq.backdated": late,
        }
        for rule, minute in counted.items():
            if minute is not None:
                days[rule, one.who, moment(minute).astimezone(ZoneInfo(terms.zone)).date()].append(minute)
    expected: set[Told] = set()
    for (rule, who, _), minutes in days.items():
        for minute in sorted(minutes):
            since = minute - terms.within if rule == "dq.suspicious" else -1
            if sum(since <= other <= minute for other in minutes) >= terms.number:
                expected.add((rule, who, moment(minute)))
                break
    return expected


def told(alerts: list[dict[str, Any]]) -> set[Told]:
    """What was told in the end."""
    return {
        (one["rule"], one["employee_id"], datetime.fromisoformat(one["started_at"])) for one in settled(alerts).values()
    }


@given(
    st.lists(contacts | answers, max_size=14), terms, st.sampled_from([1, 2, 3]), st.booleans(), st.integers(0, 1 << 30)
)
def test_what_employees_log_is_counted_whatever_happens(
    found: list[Logged | Said], terms: Terms, partitions: int, follow: bool, seed: int
) -> None:
    lines, chance = [one.line() for one in found], Random(seed)
    works = Works(terms.policy(), partitions, follow=follow)
    for line in chance.sample(lines, len(lines)):
        works.tell([line] * chance.choice([1, 1, 2]))
        if chance.random() < 0.5:
            works.flush_customers()
        if chance.random() < 0.3:
            works.tick(us("01") + chance.randrange(60 * 1_440) * MINUTE)
        if chance.random() < 0.3:
            chance.choice(works.customers).die(chance)
    works.tick(END)
    works.tick(END, final=True)
    expected = recount(found, terms)
    assert told(works.alerts) == expected
    assert told(replay_lines(lines, terms.policy(), END).alerts) == expected
