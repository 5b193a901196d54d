"""`make year SELLERS=n CUSTOMERS=n DAYS=n SEED=s`: alerts by rule, and what differs; 1 when anything does."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.year.log import Size
from tests.year.year import Year, year

SHOWN = 20


def size(environ: dict[str, str]) -> Size:
    """The company that the environment asks for. ValueError: one sentence."""
    values = []
    for name, usual in Size._field_defaults.items():
        text = environ.get(name.upper()) or str(usual)
        if not text.isdecimal() or (int(text) < 1 and name != "seed"):
            raise ValueError(f"{name.upper()} must be a whole number above 0, not {text!r}.")
        values.append(int(text))
    return Size(*values)


def table(one: Year) -> Table:
    """By rule, how many alerts have fired, and at how many hours one fires."""
    drawn = Table("rule", *(f"{name}" for name in ("alerts", "hours told", "hours found")))
    for column in drawn.columns[1:]:
        column.justify = "right"
    for rule in sorted(one.result.told.keys() | one.result.found.keys()):
        numbers = one.fired[rule], one.result.told[rule], one.result.found[rule]
        drawn.add_row(rule, *(f"{number:,}" for number in numbers))
    sums = (counter.total() for counter in (one.fired, one.result.told, one.result.found))
    drawn.add_row("all", *(f"{number:,}" for number in sums))
    return drawn


def report(one: Year) -> list[str]:
    """What there is to say besides the table."""
    result = one.result
    verdict = f"{len(result.differences):,} DIFFERENCES" if result.differences else "equal"
    texts = [f"{one.lines:,} lines, {one.records:,} records of alerts, {one.looks:,} looks at a state: {verdict}"]
    texts += result.differences[:SHOWN]
    texts.append(
        f"{result.again:,} hours at which an alert fired that broke off and fired again later; "
        f"of {len(result.untold):,} such times no record told, as something came late; "
        f"{len(result.false):,} times were told on the way that were none in the end"
    )
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

    gc.disable()  # millions of events stay to the end, and looking through them again and again finds nothing
    with tempfile.TemporaryDirectory() as folder:
        one = year(wanted, Path(folder), processes=os.cpu_count() or 1, say=say)
    console.print(table(one))
    for text in report(one):
        console.print(text, soft_wrap=True)
    return 1 if one.result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
