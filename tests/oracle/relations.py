"""How customers were looked after, whether they stay, and who shares them: counted by looking.

Everything is found anew for each question, by going through all events or all instants at which something happened.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle import campaigns, conduct
from tests.oracle.facts import Fact
from tests.oracle.followup import of_followup
from tests.oracle.kpis import Figure
from tests.oracle.law import ROLLING, Law, duration, periods
from tests.oracle.reading import Event
from tests.oracle.roles import Roles, roles_of
from tests.oracle.standing import Alert
from tests.oracle.timeline import Customer, newest

TICK = datetime.resolution
EPISODES = {"contact.overdue": "overdue_episodes", "opp.stalled": "stalled_episodes"}
SIZES = {"month": 1, "quarter": 3, "year": 12}
Rows = Mapping[tuple[str, str], list[Fact]]


def facts_of(events: list[Event], customers: list[Customer], law: Law, as_of: datetime) -> Iterator[Fact]:
    """One row for each thing that counts, to the credit of an employee."""
    roles = roles_of(events)
    for customer in customers:
        yield from _episodes(customer, law, roles, as_of)
        yield from _loyalty(customer, events, law, as_of)
        yield from _opinions(customer, law)
    yield from campaigns.facts_of(events, customers, law)


def figures_of(
    employee: str, period: str, rows: Rows, events: list[Event], customers: list[Customer], law: Law, today: date
) -> Iterator[tuple[str, Figure]]:
    """The KPIs of an employee in a period, out of the rows of all."""
    mine = rows[employee, period]
    segments = list((law.policy.get("customers") or {}).get("segments") or ())

    def total(name: str) -> Fraction:
        return sum((fact.amount for fact in mine if fact.name == name), Fraction(0))

    for name in (*EPISODES.values(), "campaign_participants"):
        if total(name):
            yield name, Figure(total(name), total(name))
    shared = _shared(employee, period, rows, _roles(events))
    if shared:
        yield "shared_customers", Figure(Fraction(len(shared)), Fraction(len(shared)))
    pairs = [("repeat_rate", total("repeaters"), total("buyers"))]
    pairs += _together([one for one in customers if one.id in shared], period, law, today)
    for one in segments:
        pairs.append((f"repeat_rate_segment:{one}", total(f"repeaters:{one}"), total(f"buyers:{one}")))
        for kpi in ("csat_segment", "nps_segment"):
            number = sum(1 for fact in mine if fact.name == f"{kpi}:{one}")
            pairs.append((f"{kpi}:{one}", total(f"{kpi}:{one}"), Fraction(number)))
    if period not in ROLLING:
        kind = "quarter" if "Q" in period else "month" if "-" in period else "year"
        active, retained = total(f"active:{kind}"), total(f"retained:{kind}")
        pairs.append(("retention_rate", retained, active))
        for one in segments:
            kept = total(f"retained:{kind}:{one}")
            pairs.append((f"retention_rate_segment:{one}", kept, total(f"active:{kind}:{one}")))
        if kind == "year":
            profit = total("collected_amount") - total("cost_amount")
            pairs.append(("customer_lifetime_value", profit, active - retained))
    spent = total("campaign_spent")
    pairs.append(("campaign_roi", total("campaign_won") - spent, spent))
    for name, over, under in pairs:
        if under:
            yield name, Figure(over / under, over, under)


def _episodes(customer: Customer, law: Law, roles: Roles, as_of: datetime) -> Iterator[Fact]:
    """From event to event: what stands when the next one comes, since when without a break; of each alert the last."""
    running: dict[Any, datetime] = {}
    told: dict[Any, bool] = {}
    fired: dict[Any, tuple[datetime, datetime]] = {}
    times = sorted({event.time for event in customer.events})
    for time, following in zip(times, [*times[1:], as_of + TICK], strict=True):
        state, last = customer.then(time), following - TICK
        at_once = {alert.key: alert for alert in of_followup(state, law, time) if alert.rule in EPISODES}
        before = {}
        if time != times[0]:
            former = customer.then(times[times.index(time) - 1])
            before = {alert.key: alert for alert in of_followup(former, law, time)}
        in_the_end = {alert.key: alert for alert in of_followup(state, law, last) if alert.rule in EPISODES}
        running = {key: since for key, since in running.items() if key in at_once}
        for key, alert in at_once.items():
            if key not in running:
                # Where it would not stand without what happened, it begins with that.
                running[key] = alert.started_at if key in before else time
                told[key] = _concerns(alert, state, law, roles, time)
        for key, alert in in_the_end.items():
            if key not in running:
                running[key] = began = alert.started_at
                if all(other.key != key for other in of_followup(state, law, began)):
                    began += TICK  # the bound is passed by more than itself
                told[key] = _concerns(alert, state, law, roles, began)
            rule = law.rules[alert.rule]
            if told[key] and law.fires(alert.rule, running[key], last):
                fired[key] = law.later(running[key], rule.hold, rule.clock), last
    for (rule, subject, _), (at, last) in fired.items():
        who = _in_charge(customer.after([event for event in customer.events if event.time <= last]), subject, last)
        if who is not None:
            yield Fact(who, law.day(at), EPISODES[rule])


def _concerns(alert: Alert, customer: Customer, law: Law, roles: Roles, began: datetime) -> bool:
    """Whether its rule holds for who was in charge as it began."""
    wanted = law.rules[alert.rule].roles
    held = newest(roles.get(_in_charge(customer, alert.subject, began) or "", []), began)
    return not wanted or held in wanted


def _in_charge(customer: Customer, subject: str, at: datetime) -> str | None:
    opportunity = customer.opportunities.get(subject)
    who = None if opportunity is None else customer.owner_of(opportunity, at)
    return who or customer.looked_after_by(at)


def _loyalty(customer: Customer, events: list[Event], law: Law, as_of: datetime) -> Iterator[Fact]:
    bought = _purchases(customer)
    if not bought:
        return
    if owner := customer.owner(as_of):
        for ending in _endings(customer, law, as_of):
            yield Fact(owner, law.day(as_of), f"buyers{ending}")
            if len(bought) > 1:
                yield Fact(owner, law.day(as_of), f"repeaters{ending}")

    def active(at: datetime) -> bool:
        return _is_active(bought, law, at)

    month, today = law.day(min(bought)).replace(day=1), law.day(as_of)
    while month <= today:
        start = _begins(month, law)
        owner = customer.owner(start)
        if owner is not None and active(start):
            for kind, size in SIZES.items():
                for ending in _endings(customer, law, start) if (month.month - 1) % size == 0 else ():
                    yield Fact(owner, month, f"active:{kind}{ending}")
                    if active(_begins(_later(month, size), law) - TICK):
                        yield Fact(owner, month, f"retained:{kind}{ending}")
        month = _later(month, 1)


def _purchases(customer: Customer) -> list[datetime]:
    """When it bought: won opportunities, and contracts of none of these."""
    bought = [one.outcome.time for one in customer.opportunities.values() if one.is_won and one.outcome is not None]
    for event in customer.events:
        if event.type == "contract.signed":
            named = customer.opportunities.get(event.data.get("opportunity_id") or "")
            if named is None or not named.is_won:
                bought.append(event.time)
    return sorted(bought)


def _is_active(bought: list[datetime], law: Law, at: datetime) -> bool:
    length = duration((law.policy.get("customers") or {}).get("active_for", "365d"))
    return any(at - length < time <= at for time in bought)


def _endings(customer: Customer, law: Law, at: datetime) -> list[str]:
    """Nothing, for all customers, and a name for each segment of the policy that this one was in."""
    return ["", *(f":{name}" for name in _segments(customer, law, at))]


def _segments(customer: Customer, law: Law, at: datetime) -> Iterator[str]:
    said = {"grade": customer.grade(at), "segment": customer.segment(at)}
    for name, wanted in ((law.policy.get("customers") or {}).get("segments") or {}).items():
        if all(said[what] in listed for what, listed in wanted.items()):
            yield name


def _opinions(customer: Customer, law: Law) -> Iterator[Fact]:
    """What the customer answered, for each segment that it was in."""
    for event in customer.events:
        answers = conduct.feedback(event, law) if event.type == "feedback.received" else ()
        for answer in answers:
            if answer.name in ("csat", "nps"):
                for name in _segments(customer, law, event.time):
                    yield answer._replace(name=f"{answer.name}_segment:{name}")


def _later(month: date, number: int) -> date:
    count = month.year * 12 + month.month - 1 + number
    return date(count // 12, count % 12 + 1, 1)


def _begins(day: date, law: Law) -> datetime:
    """The first instant of a local day."""
    return law.ends((day - timedelta(days=1)).isoformat())


def _roles(events: list[Event]) -> dict[str, str]:
    """By employee, the newest."""
    return {event.data["employee_id"]: event.data["role"] for event in events if event.type == "employee.upserted"}


def _together(shared: list[Customer], period: str, law: Law, today: date) -> list[tuple[str, Fraction, Fraction]]:
    """What came of customers that were served together: by KPI, numerator and denominator."""
    again, opinions, active, retained = 0, [], 0, 0
    for customer in shared:
        bought = _purchases(customer)
        again += any(period in periods(law.day(time), today) for time in bought[1:])
        for event in customer.events:
            if event.type == "feedback.received" and period in periods(law.day(event.time), today):
                opinions += [fact.amount for fact in conduct.feedback(event, law) if fact.name == "csat"]
        if period not in ROLLING:
            first, following = _bounds(period)
            if _is_active(bought, law, _begins(first, law)):
                active += 1
                retained += _is_active(bought, law, _begins(following, law) - TICK)
    return [
        ("shared_csat", sum(opinions, Fraction(0)), Fraction(len(opinions))),
        ("shared_repeat_rate", Fraction(again), Fraction(len(shared))),
        ("shared_retention_rate", Fraction(retained), Fraction(active)),
    ]


def _bounds(period: str) -> tuple[date, date]:
    """The first day of a calendar period, and of the next one."""
    year, _, part = period.partition("-")
    if not part:
        return date(int(year), 1, 1), date(int(year) + 1, 1, 1)
    first = date(int(year), int(part[1:]) * 3 - 2 if part[0] == "Q" else int(part), 1)
    return first, _later(first, 3 if part[0] == "Q" else 1)


def _shared(employee: str, period: str, rows: Rows, roles: Mapping[str, str]) -> set[str]:
    """The customers that are among those of somebody of another role too."""
    if employee not in roles:
        return set()
    found = {
        who: {fact.what for fact in theirs if fact.name in ("contacted", "solved_for")}
        for (who, when), theirs in rows.items()
        if when == period
    }
    others = [theirs for who, theirs in found.items() if who in roles and roles[who] != roles[employee]]
    return found[employee] & set().union(*others)
