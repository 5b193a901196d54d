"""The funnel of every team and period, counted by looking: the pipeline before and after each instant at which anything
happened to a customer, and as it stood when a period began and when it ended."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from tests.oracle.facts import Fact, Facts, days
from tests.oracle.law import ROLLING, Law, instant, periods
from tests.oracle.reading import Event, read
from tests.oracle.recount import customers_of
from tests.oracle.timeline import Customer

Row = dict[str, Any]
ZERO = Fraction(0)
_TELLING = {"entered", "stay", "at", "won_count", "lost_count", "open_count", "customers_owned"}
"""Facts that alone make a funnel."""


class Deal(NamedTuple):
    """An open opportunity at an instant."""

    owner: str | None
    close: date | None
    """The first day of the month in which it is expected to close."""
    amount: Fraction


class Change(NamedTuple):
    """What an instant did to an opportunity: open before or after, and what it was worth then."""

    day: date
    before: Deal | None
    after: Deal | None
    amount: Fraction
    won: bool


def funnels(lines: Iterable[bytes], policy: Mapping[str, Any], as_of: str) -> dict[tuple[str, str], Row]:
    """By team and period ("" for all), where anything happened in it or stands."""
    law, at = Law(policy), instant(as_of)
    today = law.day(at)
    events = read(lines, law, at)
    customers = customers_of(events, law)
    teams = _teams(events)
    changes = [list(_changes(customer, name, law)) for customer in customers for name in customer.opportunities]
    facts = [fact for customer in customers for fact in _facts(customer, law, at)]
    found: dict[tuple[str, str], Row] = {}
    for team in {"", *teams.values()}:
        mine = _in(team, teams)
        moved = {c.day for one in changes for c in one if any(d and mine(d.owner) for d in (c.before, c.after))}
        happened = moved | {fact.day for fact in facts if mine(fact.employee) and fact.name.split(":")[0] in _TELLING}
        for period in {period for day in happened for period in periods(day, today)}:
            theirs = [fact for fact in facts if mine(fact.employee) and period in periods(fact.day, today)]
            row = _bridge(changes, mine, period, today) | _stages(theirs, law)
            if period in periods(today, today):
                row |= _standing(changes, mine, period, law, theirs)
            found[team, period] = row
    return found


def _teams(events: list[Event]) -> dict[str, str]:
    """The newest team of everybody."""
    return {e.data["employee_id"]: e.data["team"] for e in events if e.type == "employee.upserted"}


def _in(team: str, teams: Mapping[str, str]) -> Callable[[str | None], bool]:
    return lambda who: who is not None and (not team or teams.get(who) == team)


def _changes(customer: Customer, name: str, law: Law) -> Iterator[Change]:
    before: Deal | None = None
    for time in sorted({event.time for event in customer.events}):
        then = customer.then(time)
        opportunity = then.opportunities.get(name)
        if opportunity is None:
            continue
        after, amount = None, opportunity.amount or ZERO
        if opportunity.is_open:
            text = opportunity.close_dates[-1][1] if opportunity.close_dates else None
            after = Deal(then.owner_of(opportunity, time), law.day_of(text).replace(day=1) if text else None, amount)
        if (before or after) and before != after:
            yield Change(law.day(time), before, after, amount, _ends_won(customer, name, time))
        before = after


def _ends_won(customer: Customer, name: str, time: datetime) -> bool:
    """Whether the newest outcome is won, of those from an instant on and before it is reopened."""
    kinds = [
        event.type.partition(".")[2]
        for event in customer.events
        if event.time >= time and event.data.get("opportunity_id") == name and event.type.startswith("opportunity.")
    ]
    kinds = kinds[next((place for place, kind in enumerate(kinds) if kind in ("won", "lost")), len(kinds)) :]
    until = kinds.index("reopened") if "reopened" in kinds else len(kinds)
    outcomes = [kind for kind in kinds[:until] if kind in ("won", "lost")]
    return bool(outcomes) and outcomes[-1] == "won"


def _bounds(period: str, today: date) -> Callable[[date], int]:
    """-1 for a day before the period, 0 within, 1 after."""

    def place(day: date) -> int:
        if period in ROLLING:
            first, last = today - timedelta(days=ROLLING[period] - 1), today
            return -1 if day < first else 1 if day > last else 0
        if period in periods(day, today):
            return 0
        year, _, rest = period.partition("-")
        month = 1 if not rest else 3 * int(rest[1]) - 2 if rest[0] == "Q" else int(rest)
        return -1 if (day.year, day.month) < (int(year), month) else 1

    return place


def _member(period: str, today: date) -> Callable[[Deal], bool]:
    place = _bounds(period, today)
    return lambda deal: period in ROLLING or deal.close is None or place(deal.close) == 0


def _bridge(
    changes: list[list[Change]], mine: Callable[[str | None], bool], period: str, today: date
) -> dict[str, dict[str, Fraction]]:
    place, member = _bounds(period, today), _member(period, today)
    count: dict[str, Fraction] = {}
    amount: dict[str, Fraction] = {}

    def add(line: str, worth: Fraction, number: int = 1) -> None:
        count[line] = count.get(line, ZERO) + number
        amount[line] = amount.get(line, ZERO) + worth

    for one in changes:
        for line, until in (("opening", -1), ("closing", 0)):
            stood = [change for change in one if place(change.day) <= until]
            if stood and (deal := stood[-1].after) and mine(deal.owner) and member(deal):
                add(line, deal.amount)
        for change in one:
            if place(change.day) == 0:
                _tell(change, mine, member, add)
    return {"count": count, "amount": amount}


def _tell(
    change: Change, mine: Callable[[str | None], bool], member: Callable[[Deal], bool], add: Callable[..., None]
) -> None:
    before, after = change.before, change.after
    if before is None:
        assert after is not None
        if mine(after.owner) and member(after):
            add("new", after.amount)
        return
    owner = before.owner if after is None else after.owner
    if member(before) and mine(before.owner) != mine(owner):
        sign = 1 if mine(owner) else -1
        add("reassigned", sign * before.amount, sign)
    if not mine(owner):
        return
    here = before if after is None else after
    if member(before) != member(here):
        add("pulled_in" if member(here) else "pushed", before.amount)
    if member(here):
        more = change.amount - before.amount
        add("increased" if more > 0 else "decreased", abs(more), 0)
        if after is None:
            add("won" if change.won else "lost", change.amount)


def _facts(customer: Customer, law: Law, at: datetime) -> Iterator[Fact]:
    yield from Facts(law).of_customer(customer, at)
    for opportunity in customer.opportunities.values():
        for visit in opportunity.visits:
            if visit.stage in law.stages and (who := customer.owner_of(opportunity, visit.until)):
                yield Fact(who, law.day(visit.until), f"stay:{visit.stage}", days(visit.until - visit.since))
        if opportunity.is_open and (who := customer.owner_of(opportunity, at)):
            for name, amount in (("at", Fraction(1)), ("at_amount", opportunity.amount or ZERO)):
                yield Fact(who, law.day(at), f"{name}:{opportunity.stage}", amount)


def _stages(facts: list[Fact], law: Law) -> Row:
    return {"stages": {stage: _stage(facts, stage) for stage in law.stages}}


def _stage(facts: list[Fact], stage: str) -> Row:
    def of(name: str) -> list[Fraction]:
        return [fact.amount for fact in facts if fact.name == f"{name}:{stage}"]

    stays = sorted(of("stay"))
    entered = len(of("entered"))
    return {
        "entered": entered,
        "passed": len(of("entered_next")),
        "stays_ended": len(stays),
        "mean_days": sum(stays) / len(stays) if stays else None,
        "p50_days": _within(stays, Fraction(1, 2)),
        "p90_days": _within(stays, Fraction(9, 10)),
        "open_count": len(of("at")),
        "open_amount": sum(of("at_amount"), ZERO),
    }


def _within(stays: list[Fraction], share: Fraction) -> int | None:
    if not stays:
        return None
    length = stays[math.ceil(share * len(stays)) - 1] // 1
    return length if length < 100 else length // 10 * 10 if length < 1000 else length // 100 * 100


def _standing(
    changes: list[list[Change]], mine: Callable[[str | None], bool], period: str, law: Law, facts: list[Fact]
) -> Row:
    def total(name: str) -> Fraction:
        return sum((fact.amount for fact in facts if fact.name == name), ZERO)

    row: Row = {"open_count": total("open_count"), "open_amount": total("open_amount")}
    won, lost, cycles = total("won_count"), total("lost_count"), [f.amount for f in facts if f.name == "cycle"]
    row["won_amount"] = total("won_amount")
    if won and sum(cycles):
        rate = won / (won + lost)
        row["velocity"] = row["open_count"] * (row["won_amount"] / won) * rate / (sum(cycles) / len(cycles))
    return row
