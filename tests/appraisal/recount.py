"""The SQL run over a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.appraisal.law import lay

SQL = Path(__file__).with_name("sql")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[str, str, str]
"""A KPI, an employee, and a period."""


class Figure(NamedTuple):
    """A KPI's value, exactly: `numerator` over `denominator`, or alone where that is None."""

    numerator: Fraction
    denominator: Fraction | None
    number: int
    """How many things it rests on."""

    @property
    def value(self) -> Fraction:
        """The value itself."""
        return self.numerator if self.denominator is None else self.numerator / self.denominator


def recount(log: Path, alerts: Path, policy: Mapping[str, Any], as_of: datetime) -> dict[Key, Figure]:
    """Every KPI of every employee and period in which there is something of it.

    `log` has the event lines, `alerts` those of the alerts that are told of them.
    """
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": True}) as base:
        lay(base, policy)
        now = (as_of - EPOCH) // timedelta(microseconds=1)
        for name, value in {"log": str(log), "alerts": str(alerts), "as_of": now}.items():
            base.execute(f"SET VARIABLE {name} = $1", [value])
        for file in sorted(SQL.glob("*.sql")):
            base.execute(file.read_text())
        odd = base.execute("SELECT amount FROM odd_decimals LIMIT 1").fetchall()
        if odd:
            raise ValueError(f"{odd[0][0]} has more decimals than the SQL reckons with")
        return dict(_figures(base))


def _figures(base: duckdb.DuckDBPyConnection) -> Iterator[tuple[Key, Figure]]:
    rows = base.execute(
        "SELECT kpi, employee, period, numerator, per, denominator, denominator_per, count FROM figures ORDER BY ALL"
    ).fetchall()
    for kpi, employee, period, numerator, per, denominator, denominator_per, count in rows:
        under = None if denominator is None else Fraction(denominator, denominator_per)
        yield (kpi, employee, period), Figure(Fraction(numerator, per), under, count)
