"""The command line as a user has it: another process, its exit code and what it printed."""

import csv
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

PATIENCE_S = 300


class Cell(NamedTuple):
    """One row of kpis.csv; numbers as they were written."""

    value: str
    numerator: str
    denominator: str
    samples: str


Kpis = dict[tuple[str, str, str], Cell]
"""(employee, period, kpi) to what kpis.csv says of it."""


def crmpulse(*arguments: object, patience: float = PATIENCE_S) -> str:
    """Runs a command that must succeed within `patience`, s, and answers what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "streams", *map(str, arguments)], capture_output=True, text=True, timeout=patience
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def kpis(folder: Path) -> Kpis:
    """What a replay wrote into kpis.csv; every row once."""
    found: Kpis = {}
    with (folder / "kpis.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = row["employee_id"], row["period"], row["kpi"]
            assert key not in found
            found[key] = Cell(row["value"], row["numerator"], row["denominator"], row["count"])
    return found


def alerts(folder: Path) -> dict[str, dict[str, Any]]:
    """The last record of every alert of a replay, by its id."""
    with (folder / "alerts.jsonl").open(encoding="utf-8") as file:
        return {record["id"]: record for record in map(json.loads, file)}


def amount(found: Kpis, employee: str, period: str, kpi: str) -> Decimal:
    """A sum, where no row is a sum of nothing."""
    cell = found.get((employee, period, kpi))
    return Decimal(cell.value) if cell else Decimal(0)
