"""The scan: every state at every hour that saw it, asked of every rule, by DuckDB."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tests.year.cases import Lead, Task, Ticket
from tests.year.conditions import Conditions
from tests.year.hours import Look
from tests.year.states import Customer, Invoice, Opportunity
from tests.year.subject import Cell, Subject

KINDS: tuple[type[Subject], ...] = (Customer, Opportunity, Invoice, Ticket, Lead, Task)
AT_ONCE = 100_000
"""So many states are looked at together."""
WORDS = "id", "stage", "grade", "bare_grade", "passed", "kind", "priority", "backs", "pushes", "swings"
TRUTHS = (
    *("open", "back", "step", "missing", "attended", "outstanding", "paid_after"),
    *("replied", "solved", "resolved_once", "closed", "done"),
)

Key = tuple[str, str, int]
"""A rule, a subject, and the basis: what makes it one alert and no other."""
Span = tuple[int, int]
"""The first and the last of hours that follow each other."""
Runs = dict[Key, list[Span]]
"""The hours at which each alert fires."""


class States:
    """A file of states for each kind of subject, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._rows: dict[str, Any] = {}
        self.written = 0
        for kind in KINDS:
            file = self._stack.enter_context(path_of(folder, kind).open("w", newline=""))
            self._rows[kind.__name__] = csv.writer(file, lineterminator="\n")

    def write(self, subject: Subject) -> None:
        """One state that is over."""
        self._rows[type(subject).__name__].writerow(_texts(subject.cells()))
        self.written += 1

    def close(self) -> None:
        """All of them are written."""
        self._stack.close()


def path_of(folder: Path, kind: type[Subject]) -> Path:
    """Where the states of a kind of subject are written."""
    return folder / f"{kind.__name__}.csv"


def _texts(cells: Sequence[Cell]) -> Sequence[Cell]:
    return [int(cell) if isinstance(cell, bool) else cell for cell in cells]


class Found(NamedTuple):
    """What the scan of a kind of subject comes to."""

    runs: Runs
    looked: int
    """At how many states at how many hours."""


def scan(folder: Path, looks: Sequence[Look], conditions: Conditions) -> Iterator[Found]:
    """One kind of subject after the other."""
    with duckdb.connect(config={"threads": 1, "memory_limit": "6GB", "temp_directory": str(folder)}) as base:
        base.execute("CREATE TABLE looks (number BIGINT, now BIGINT, worked BIGINT)")
        with (folder / "looks.csv").open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(looks)
        base.execute(f"INSERT INTO looks SELECT * FROM read_csv('{folder}/looks.csv', header = false)")
        for kind in KINDS:
            yield _of(kind, folder, base, conditions.of(kind.__name__))


def _of(kind: type[Subject], folder: Path, base: duckdb.DuckDBPyConnection, rules: dict[str, tuple[str, str]]) -> Found:
    columns = ["id", "first", "last", *kind.COLUMNS, *(f"{name}_w" for name in kind.CLOCKED)]
    types = {name: "VARCHAR" if name in WORDS else "BOOLEAN" if name in TRUTHS else "BIGINT" for name in columns}
    struct = ", ".join(f"'{name}': '{kind_of}'" for name, kind_of in types.items())
    base.execute(
        f"CREATE OR REPLACE TABLE states AS SELECT row_number() OVER () AS place, * "
        f"FROM read_csv('{path_of(folder, kind)}', header = false, columns = {{{struct}}}, "
        "auto_detect = false, delim = ',', quote = '\"', escape = '\"', parallel = false)"
    )
    (total, looked), *_ = base.execute("SELECT count(*), coalesce(sum(last - first + 1), 0) FROM states").fetchall()
    runs: Runs = {}
    holds = ", ".join(
        f"CASE WHEN {holds} THEN number END AS r{place}, {basis} AS b{place}"
        for place, (holds, basis) in enumerate(rules.values())
    )
    spans = ", ".join(
        f"min(r{place}), max(r{place}), count(r{place}), any_value(b{place})" for place in range(len(rules))
    )
    for start in range(1, total + 1, AT_ONCE):
        rows = base.execute(
            f"""SELECT any_value(id), {spans} FROM (
                    SELECT place, id, {holds}
                    FROM (SELECT *, unnest(range(first, last + 1)) AS number FROM states
                          WHERE place BETWEEN {start} AND {start + AT_ONCE - 1})
                    JOIN looks USING (number))
                GROUP BY place ORDER BY place"""
        ).fetchall()
        for id, *found in rows:
            for place, rule in enumerate(rules):
                first, last, hours, basis = found[4 * place : 4 * place + 4]
                if hours:
                    if hours != last - first + 1:
                        raise ValueError(f"{rule} of {id} breaks off though nothing changes")
                    add(runs.setdefault((rule, id, basis), []), first, last)
    return Found(runs, looked)


def add(runs: list[Span], first: int, last: int) -> None:
    """Hours that come after those that are there."""
    if runs and runs[-1][1] + 1 == first:
        runs[-1] = runs[-1][0], last
    else:
        runs.append((first, last))
