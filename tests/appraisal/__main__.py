"""`make appraisal EMPLOYEES=n CUSTOMERS=n DAYS=n SEED=s`: values compared by KPI, and what differs; 1 when any does."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.appraisal.appraisal import WAITING, sides
from tests.appraisal.comparing import Result, compared
from tests.appraisal.log import Size

SHOWN = 40


def size(environ: dict[str, str]) -> Size:
    """The company that the environment asks for. ValueError: one sentence."""
    values = []
    for name, usual in Size._field_defaults.items():
        text = environ.get(name.upper()) or str(usual)
        if not text.isdecimal() or (int(text) < 1 and name != "seed"):
            raise ValueError(f"{name.upper()} must be a whole number above 0, not {text!r}.")
        values.append(int(text))
    return Size(*values)


def table(result: Result) -> Table:
    """By KPI, how many values are told and how many were found."""
    drawn = Table("kpi", "values told", "values found")
    for column in drawn.columns[1:]:
        column.justify = "right"
    told, found = result.told, result.found
    for kpi in sorted(told.keys() | found.keys()):
        drawn.add_row(kpi, f"{told[kpi]:,}", f"{found[kpi]:,}")
    drawn.add_row("all", f"{told.total():,}", f"{found.total():,}")
    return drawn


def report(lines: int, result: Result, waiting: frozenset[str] = WAITING) -> list[str]:
    """What there is to say besides the table."""
    verdict = f"{len(result.differences):,} DIFFERENCES" if result.differences else "equal"
    texts = [f"{lines:,} lines, {result.found.total():,} values of {len(result.found):,} KPIs: {verdict}"]
    texts += map(str, result.differences[:SHOWN])
    if result.missing:
        texts.append(f"MISSING, not told or not found: {', '.join(result.missing)}")
    if waiting:
        texts.append(f"not told yet: {', '.join(sorted(waiting))}")
    return texts


def main() -> int:
    console = Console(highlight=False)
    try:
        wanted = size(dict(os.environ))
    except ValueError as error:
        console.print(str(error))
        return 2
    began = time.monotonic()

    def say(text: str) -> None:
        console.print(f"{time.monotonic() - began:6.0f} s  {text}")

    with tempfile.TemporaryDirectory() as folder:
        lines, told, found = sides(wanted, Path(folder), say)
    result = compared(told, found, WAITING)
    console.print(table(result))
    for text in report(lines, result):
        console.print(text, soft_wrap=True)
    return 1 if result.differences or result.missing else 0


if __name__ == "__main__":
    sys.exit(main())
