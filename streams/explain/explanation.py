"""What there is to say about a figure, or about a whole scorecard, as plain data: see `explanation` and `scorecard`."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Final

from streams.core.kpis import NAMES, Kpi, Value, formula_of, kpi_of, number
from streams.events.instants import iso
from streams.explain.account import Account, Share, account
from streams.explain.asking import check_figures, check_kpi
from streams.explain.competency import assessed
from streams.explain.moves import Move, moves
from streams.explain.reading import Mistyped, Reading

_WORD: Final = re.compile(r"[a-z_]+")


def scorecard(reading: Reading, employee: str, period: str) -> dict[str, Any]:
    """Who, when, the score record exactly as it is told (None without a scorecard), and each line of it explained: as
    `figure` without events. Where there is no scorecard, every KPI. Raises `Mistyped`."""
    check_figures(reading, employee, period)
    record = reading.score(employee, period)
    values = reading.values(employee, period)
    names = [line["kpi"] for line in record["kpis"]] if record is not None else list(values)
    return _head(reading, employee, period) | {
        "score": record,
        "kpis": [figure(reading, employee, period, name, values) for name in names],
    }


def explanation(reading: Reading, employee: str, period: str, kpi: str) -> dict[str, Any]:
    """The same of one KPI, with the events behind it; `traced` is False where the events do not come to the value, as
    other things make it than what they are credited with. Raises `Mistyped`."""
    check_kpi(kpi)
    check_figures(reading, employee, period)
    values = reading.values(employee, period)
    told = figure(reading, employee, period, kpi, values) | contributions(reading, period, kpi, values.get(kpi))
    return _head(reading, employee, period) | {"score": reading.score(employee, period), "kpis": [told]}


def contributions(reading: Reading, period: str, kpi: str, value: Value | None) -> dict[str, Any]:
    """The `events` behind a KPI of whoever is traced, and whether they come to its value, `traced`; nothing of one that
    is made of other KPIs."""
    found, known = behind(reading, period, kpi), kpi_of(kpi)
    if found is None or known is None:
        return {}
    return {
        "traced": value is None or found.gives(value),
        "events": [_event(share, known) for share in found.shares],
    }


def behind(reading: Reading, period: str, kpi: str) -> Account | None:
    """The events behind a KPI of whoever is traced; None for one that is made of other KPIs."""
    formula = formula_of(kpi)
    if reading.trace is None:
        return None
    postings = reading.run.postings()
    if formula is None:
        return assessed(kpi, postings, period, reading.today, reading.policy.assessments)
    return account(formula, postings, period, reading.today)


def figure(
    reading: Reading, employee: str, period: str, kpi: str, values: dict[str, Value]
) -> dict[str, Any]:  # fmt: skip
    """One KPI: its definition, what it was made of, its line of the scorecard, and what would move the score."""
    record = reading.score(employee, period)
    line = next((line for line in record["kpis"] if line["kpi"] == kpi), None) if record is not None else None
    move = moves(record, reading.policy).get(kpi) if record is not None else None
    value, known = values.get(kpi), kpi_of(kpi)
    parts = [] if known is None or known.numerator or known.binned else parts_of(known)
    return {
        "kpi": kpi,
        "definition": "" if known is None else known.definition,
        "unit": None if known is None else known.unit.value,
        "value": number(*value.ratio, value.unit) if value is not None else line["value"] if line else None,
        "numerator": None if value is None else _float(value.numerator),
        "denominator": None if value is None or value.denominator is None else _float(value.denominator),
        "count": 0 if value is None else value.number,
        "line": line,
        "one_point": None if move is None else _move(move),
        "ranked": known is not None and bool(known.binned),
        "made_of": {name: number(*values[name].ratio, values[name].unit) for name in parts if name in values},
        "events": [],
    }


def parts_of(kpi: Kpi) -> list[str]:
    """The KPIs that the definition of another names."""
    words = dict.fromkeys(_WORD.findall(kpi.definition))
    return [word for word in words if word in NAMES and word != kpi.name]


def _head(reading: Reading, employee: str, period: str) -> dict[str, Any]:
    profile = reading.people()[employee].profile
    record = reading.kpis(employee, period)
    if record is None:
        raise Mistyped(f"{employee} has no figures in {period}.")
    return {
        "employee_id": employee,
        "name": profile.get("name"),
        "role": profile.get("role"),
        "team": profile.get("team"),
        "period": period,
        "as_of": record["as_of"],
        "currency": reading.policy.currency.reporting,
        "policy_version": reading.policy.version,
    }


def _move(move: Move) -> dict[str, Any]:
    return {"value": move.value, "gain": move.gain, "capped": move.capped}


def _event(share: Share, kpi: Kpi) -> dict[str, Any]:
    posting = share.posting
    thing = posting.campaign or posting.case.partition(":")[2]
    return {
        "time": iso(posting.time),
        "source": posting.source or None,
        "id": posting.id or None,
        "type": posting.type or None,
        "customer_id": posting.customer,
        "about": thing or None,
        "adds": _float(Fraction(share.top, kpi.scale)),
        "to_denominator": _float(Fraction(share.bottom, kpi.divisor)) if kpi.denominator else None,
        "counts": share.number,
    }


def _float(value: Fraction) -> int | float:
    return value.numerator if value.denominator == 1 else float(value)
