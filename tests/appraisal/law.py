"""What a policy file decides, laid before the SQL: variables and small tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

import duckdb
import holidays

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEIGHTS = {"superior": 40, "peer": 30, "subordinate": 20, "customer": 10}
YEARS = range(2023, 2030)
"""Those of the SQL's calendar."""
DAY_US = 86_400_000_000


def lay(base: duckdb.DuckDBPyConnection, policy: Mapping[str, Any]) -> None:
    """By the parsed YAML of a policy; ValueError for what the SQL does not reckon with."""
    calendar, currency = policy.get("calendar") or {}, policy["currency"]
    opens, closes = calendar.get("hours", "00:00-24:00").split("-")
    assessments, customers = policy.get("assessments") or {}, policy.get("customers") or {}
    for name, value in {
        "zone": policy["timezone"],
        "opens": _minutes(opens),
        "closes": _minutes(closes),
        "reporting": currency["reporting"],
        "min_raters": assessments.get("min_raters", 3),
        "active_for": _days(customers.get("active_for", "365d")) * DAY_US,
    }.items():
        _variable(base, name, value)
    segments = customers.get("segments") or {}
    for field in ("grade", "segment"):
        listed = [(name, value) for name, wanted in segments.items() for value in wanted.get(field, ())]
        _table(base, f"segments_by_{field}", "name VARCHAR, value VARCHAR", listed)
    _table(base, "segments", "name VARCHAR", [(name,) for name in segments])
    workdays = [WEEK.index(day) + 1 for day in calendar.get("workdays", WEEK)]
    _table(base, "workdays", "day INT", [(day,) for day in workdays])
    _table(base, "days_off", "day DATE", [(day,) for day in _holidays(calendar.get("holidays"))])
    _table(base, "rates", "currency VARCHAR, since DATE, rate HUGEINT", list(_rates(currency)))
    stages = policy["pipeline"]["stages"]
    rows = [
        (place, stage["name"], None if (share := stage.get("probability")) is None else in_10000ths(share))
        for place, stage in enumerate(stages)
    ]
    _table(base, "stages", "place INT, name VARCHAR, probability HUGEINT", rows)
    targets = [
        (role, in_10000ths(line["target"]))
        for role, card in (policy.get("scorecards") or {}).items()
        for line in card["kpis"]
        if line["kpi"] == "won_amount" and line.get("target") is not None
    ]
    _table(base, "monthly_targets", "role VARCHAR, target HUGEINT", targets)
    weights = assessments.get("weights") or WEIGHTS
    shares = [(relation, in_10000ths(weight)) for relation, weight in weights.items()]
    _table(base, "relations", "relation VARCHAR, weight HUGEINT", shares)


def in_10000ths(number: Any) -> int:
    """A number as it is written, in units of a ten-thousandth."""
    exact = Fraction(str(number)) * 10_000
    if exact.denominator != 1:
        raise ValueError(f"{number} has more than four decimals")
    return exact.numerator


def _variable(base: duckdb.DuckDBPyConnection, name: str, value: object) -> None:
    base.execute(f"SET VARIABLE {name} = $1", [value])


def _table(base: duckdb.DuckDBPyConnection, name: str, columns: str, rows: list[Any]) -> None:
    base.execute(f"CREATE TABLE {name} ({columns})")
    if rows:
        base.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def _rates(currency: Mapping[str, Any]) -> Iterator[tuple[str, date, int]]:
    yield currency["reporting"], date(YEARS.start, 1, 1), 10_000
    given = currency.get("rates") or {}
    for listed in given if isinstance(given, list) else [{"from": date(YEARS.start, 1, 1)} | given]:
        for code, rate in listed.items():
            if code != "from":
                yield code, listed["from"], in_10000ths(rate)


def _holidays(country: str | None) -> list[date]:
    return sorted(holidays.country_holidays(country, years=YEARS)) if country else []


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _days(text: str) -> int:
    if not text.endswith("d"):
        raise ValueError(f"{text} is not in days")
    return int(text[:-1])
