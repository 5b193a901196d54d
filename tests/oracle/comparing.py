"""What somebody tells of a log beside what the recount makes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Set
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from tests.oracle.kpis import Figure, Key
from tests.oracle.recount import Recount

RULES = {
    *("contact.due", "contact.overdue", "contact.interval_exceeded", "opp.stalled", "opp.stage_changed"),
    *("opp.regressed", "opp.ping_pong", "opp.close_date_pushed", "opp.close_date_passed", "opp.no_next_step"),
    *("payment.overdue", "payment.bad_debt", "ticket.response_breach", "ticket.resolution_breach", "ticket.warning"),
    *("complaint.unresolved", "lead.unprocessed", "lead.slow_response", "task.due", "task.overdue"),
}
"""What rules must watch for their alerts to be compared, be it under this name or under one of their own."""
MONEY = {
    *("won_amount", "contract_amount", "invoiced_amount", "collected_amount", "bad_debt_amount"),
    *("open_amount", "expected_revenue", "cost_amount", "deal_profit"),
}
MONEY_EACH = {"customer_lifetime_value"}
"""Quotients that are money: told to the cent, their parts in full."""
NOT_RECOUNTED = {"open_count", "flagged:missing_amount", "flagged:negative_cycle"}
"""What the engine tells besides the KPIs of the contract's section 3."""

Cell = str | float
Row = dict[str, Any]
K = TypeVar("K")
A = TypeVar("A")
B = TypeVar("B")


class Told(NamedTuple):
    """What is told of a log."""

    kpis: Mapping[Key, tuple[Cell, Cell, Cell | None]]
    """Value, numerator and denominator."""
    scores: Mapping[tuple[str, str], float]
    alerts: Mapping[str, Row]
    """The last record by id, without those that were withdrawn or never fired."""
    refused: Set[str] = frozenset()
    """The reasons for which something was not taken."""


def kpis_of(rows: Iterable[Row]) -> dict[Key, tuple[Cell, Cell, Cell | None]]:
    """The figures in the records of kpis.employees."""
    return {
        (row["employee_id"], row["period"], cell["kpi"]): (cell["value"], cell["numerator"], cell["denominator"])
        for row in rows
        for cell in row["kpis"]
    }


def scores_of(rows: Iterable[Row]) -> dict[tuple[str, str], float]:
    """The scores in the records of scores.employees, where there is one."""
    return {(row["employee_id"], row["period"]): row["score"] for row in rows if row["score"] is not None}


def subject_of(row: Row) -> str:
    """What an alert is about: the invoice or case that its values name, else the opportunity, else the customer."""
    values = row.get("values") or {}
    named = [values[name] for name in ("invoice_id", "ticket_id", "lead_id", "task_id") if values.get(name)]
    return str(next(iter(named), None) or row["opportunity_id"] or row["customer_id"])


def firing(alerts: Mapping[str, Row], rules: Set[str]) -> dict[tuple[str, str], list[tuple[datetime, str | None]]]:
    """By rule and subject, since when and for whom alerts of these rules fire; two would be one too many."""
    found: dict[tuple[str, str], list[tuple[datetime, str | None]]] = {}
    for row in alerts.values():
        if row["status"] == "firing" and row["rule"] in rules:
            key = row["rule"], subject_of(row)
            found.setdefault(key, []).append((datetime.fromisoformat(row["started_at"]), row["employee_id"]))
    return found


def differences(told: Told, counted: Recount) -> list[tuple[object, ...]]:
    """What is told otherwise than counted: what, about whom or which, told, counted; None for nothing."""
    kpis = {key: value for key, value in told.kpis.items() if key[2] not in NOT_RECOUNTED}
    figures = {
        key: _to_the_cent(figure, key[2] in MONEY) if key[2] in MONEY | MONEY_EACH else figure
        for key, figure in counted.kpis.items()
    }
    rules = {name for name, kind in counted.kinds.items() if kind in RULES}
    alerts = {key: [(a.started_at, a.employee_id)] for key, a in counted.alerts.items() if a.rule in rules}
    return [
        *(("kpi", *unlike) for unlike in _unlike(kpis, figures, _same_figure)),
        *(("alert", *unlike) for unlike in _unlike(firing(told.alerts, rules), alerts, lambda a, b: a == b)),
        *(("score", *unlike) for unlike in _unlike(told.scores, counted.scores, _close)),
    ]


def _unlike(told: Mapping[K, A], counted: Mapping[K, B], same: Callable[[A, B], bool]) -> list[tuple[object, ...]]:
    return [
        (key, told.get(key), counted.get(key))
        for key in sorted({*told, *counted}, key=str)
        if key not in told or key not in counted or not same(told[key], counted[key])
    ]


def _to_the_cent(figure: Figure, alone: bool) -> Figure:
    cents = Fraction(round(figure.value * 100), 100)  # half even
    return Figure(cents, cents) if alone else figure._replace(value=cents)


def _same_figure(told: tuple[Cell, Cell, Cell | None], counted: Figure) -> bool:
    """A sum, count or rate with what it was made of."""
    value, numerator, denominator = told
    if counted.denominator is None or denominator is None:
        return denominator == counted.denominator and value == numerator and _close(value, counted.value)
    pairs = (value, counted.value), (numerator, counted.numerator), (denominator, counted.denominator)
    return all(_close(*pair) for pair in pairs)


def _close(told: Cell, counted: Fraction) -> bool:
    return math.isclose(float(told), counted, rel_tol=1e-9, abs_tol=1e-12)
