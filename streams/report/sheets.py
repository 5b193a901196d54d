"""What an appraisal of a person, or the sheet of a team, holds: plain data, of which every format is made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from streams.events.instants import iso, parse_iso
from streams.explain import Reading, check_subject, scorecard
from streams.policy.periods import ROLLING, bounds, days, month_key, months

Sheet = dict[str, Any]
TREND: Final = 6
"""So many months, the last of the period among them, make a trend."""
FOLLOW_UP: Final = ("contact.overdue", "contact.interval_exceeded")
"""What the rules watch whose alerts are overdue follow-ups."""


def sheet(reading: Reading, name: str, period: str) -> Sheet:
    """The sheet of an employee or a team in a period. Raises `Mistyped`."""
    person = check_subject(reading, name, period)
    return person_sheet(reading, name, period) if person else team_sheet(reading, name, period)


def person_sheet(reading: Reading, employee: str, period: str) -> Sheet:
    """Who, the score record, every line explained, every KPI, the trend, the rank in the team, alerts, and what is
    recommended."""
    told = scorecard(reading, employee, period)
    kpis = reading.kpis(employee, period)
    score, team = told["score"], told["team"]
    alerts = [alert for alert in _alerts(reading, period) if alert["employee_id"] == employee]
    return {
        "kind": "person",
        **{name: value for name, value in told.items() if name not in ("kpis", "score")},
        "score": score,
        "lines": told["kpis"] if score is not None else [],
        "kpis": kpis["kpis"] if kpis is not None else [],
        "ratings": _ratings(reading),
        "rank": _rank(reading, employee, team, period),
        "trend": [
            {
                "period": month,
                "score": record["score"],
                "rating": record["rating"],
                "kpis": {line["kpi"]: line["value"] for line in record["kpis"]},
            }
            for month in trend_months(reading, period)
            if (record := reading.score(employee, month)) is not None
        ],
        "overdue": [alert for alert in alerts if _is_overdue(reading, alert, told["as_of"])],
        "alerts": alerts,
        "recommendations": list(_recommendations(reading, employee, period)),
    }


def team_sheet(reading: Reading, team: str, period: str) -> Sheet:
    """The team's score and rank, its totals and ranking, the funnel, the trend, and its alerts."""
    record = reading.team(team, period) or {}
    teams = [key[0] for key in reading.records["scores.teams"] if key[1] == period]
    scored = sum(1 for name in teams if (other := reading.team(name, period)) and other["score"] is not None)
    alerts = [alert for alert in _alerts(reading, period) if alert["team"] == team]
    return {
        "kind": "team",
        "team": team,
        "period": period,
        "as_of": record["as_of"],
        "currency": reading.policy.currency.reporting,
        "policy_version": reading.policy.version,
        "score": record,
        "ratings": _ratings(reading),
        "rank": None if record["rank"] is None else {"rank": record["rank"], "of": scored},
        "funnel": reading.funnel(team, period),
        "trend": [
            {"period": month, "score": known["score"]}
            for month in trend_months(reading, period)
            if (known := reading.team(team, month)) is not None and known["score"] is not None
        ],
        "overdue": [alert for alert in alerts if _is_overdue(reading, alert, record["as_of"])],
        "alerts": alerts,
    }


def trend_months(reading: Reading, period: str) -> list[str]:
    """The months of a trend, the earliest first: up to the last of the period that has begun."""
    now = reading.policy.zone.month(reading.today)
    last = now if period in ROLLING else min(months(period)[-1], now)
    return [month_key(month) for month in range(last - TREND + 1, last + 1)]


def span(reading: Reading, period: str) -> tuple[int, int]:
    """The first and the last local day of a period."""
    found = days(period, reading.today)
    return found[0], found[-1]


def _ratings(reading: Reading) -> list[dict[str, Any]]:
    return [{"rating": one.name, "from": float(one.minimum)} for one in reading.policy.ratings]


def _rank(reading: Reading, employee: str, team: str | None, period: str) -> dict[str, Any] | None:
    """The place among those of the team who are scored."""
    record = reading.team(team, period)
    ranking = record["ranking"] if record is not None else []
    mine = next((row for row in ranking if row["employee_id"] == employee), None)
    if record is None or mine is None:
        return None
    return {"rank": mine["rank"], "of": len(ranking), "team_score": record["score"]}


def _alerts(reading: Reading, period: str) -> Iterator[dict[str, Any]]:
    """What fired by the end of a period and had not ended before it began, the latest first."""
    start, end = (iso(instant) for instant in bounds(period, reading.policy.zone, reading.at))
    found = []
    for alert in reading.alerts():
        fired, ended = alert["fired_at"], alert["ended_at"]
        if fired is not None and _before(fired, end) and (ended is None or not _before(ended, start)):
            found.append(alert)
    yield from sorted(found, key=lambda alert: (alert["fired_at"], alert["id"]), reverse=True)


def _recommendations(reading: Reading, employee: str, period: str) -> Iterator[dict[str, Any]]:
    """What came up by the end of a period and was not over before it began, in the order of time."""
    start, end = (iso(instant) for instant in bounds(period, reading.policy.zone, reading.at))
    for one in sorted(reading.recommendations(employee), key=lambda one: (one["created_at"], one["kind"])):
        over = one["closed_at"] or one["decided_at"] or (one["created_at"] if one["status"] == "withdrawn" else None)
        if not _before(end, one["created_at"]) and (over is None or _before(start, over)):
            yield one


def _is_overdue(reading: Reading, alert: dict[str, Any], as_of: str) -> bool:
    """Whether an alert is an overdue follow-up that stood when the period was judged."""
    rule = reading.policy.rules.get(alert["rule"])
    if rule is None or rule.watch not in FOLLOW_UP or _before(as_of, alert["fired_at"]):
        return False
    return alert["ended_at"] is None or _before(as_of, alert["ended_at"])


def _before(one: str, other: str) -> bool:
    return parse_iso(one) < parse_iso(other)
