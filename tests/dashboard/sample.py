"""A sample organisation for the pages: simulated, replayed, and read back as the output topics would hold it."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

Record = dict[str, Any]
POLICY = Path(__file__).with_name("policy.yaml")
STAGES = ("Prospecting", "Qualification", "Engaging", "Proposal", "Negotiation")


class Size(NamedTuple):
    """How large an organisation, and for how many days from the first of January 2026 on."""

    employees: int = 16
    teams: int = 3
    customers: int = 240
    days: int = 75


class Sample(NamedTuple):
    """The newest record by key of every topic, and every change of an alert in order."""

    people: dict[str, Record]
    alerts: dict[str, Record]
    changes: list[Record]
    scores: dict[str, Record]
    kpis: dict[str, Record]
    teams: dict[str, Record]
    funnels: dict[str, Record]
    campaigns: list[Record]
    deals: dict[str, Record]
    customers: dict[str, Record]

    @property
    def as_of(self) -> str:
        """The instant that was judged."""
        return str(next(iter(self.scores.values()))["as_of"])


def make(folder: Path, size: Size) -> Sample:
    """Simulates and replays into the folder, unless it was done there before."""
    events, out = folder / "events.jsonl", folder / "out"
    if not (out / "scores.jsonl").exists():
        given = ("employees", "teams", "customers", "days")
        options = [f"--{name}={getattr(size, name)}" for name in given]
        _run("simulate", "--seed=3", *options, "-o", str(events))
        _run("replay", str(events), "--policy", str(POLICY), "--out", str(out))
    changes = list(_lines(out / "alerts.jsonl"))
    return Sample(
        people=_people(events),
        alerts={change["id"]: change for change in changes},
        changes=changes,
        scores=_by_period("employee_id", out / "scores.jsonl"),
        kpis=_kpis(out / "kpis.csv"),
        teams=_by_period("team", out / "teams.jsonl"),
        funnels=_by_period("team", out / "funnel.jsonl"),
        campaigns=list(_lines(out / "campaigns.jsonl")),
        deals={record["opportunity_id"]: record for record in _lines(out / "opportunities.jsonl")},
        customers={record["customer_id"]: record for record in _lines(out / "customers.jsonl")},
    )


def _run(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "streams", *arguments], check=True, capture_output=True)


def _lines(path: Path) -> Iterator[Record]:
    with path.open("rb") as lines:
        yield from map(orjson.loads, lines)


def _by_period(key: str, path: Path) -> dict[str, Record]:
    return {f"{record[key]}/{record['period']}": record for record in _lines(path)}


def _people(events: Path) -> dict[str, Record]:
    found: dict[str, Record] = {}
    for event in _lines(events):
        if event["type"] == "employee.upserted":
            found.setdefault(event["data"]["employee_id"], {}).update(event["data"])
    return found


def _kpis(path: Path) -> dict[str, Record]:
    found: dict[str, Record] = {}
    with path.open(newline="") as rows:
        for row in csv.DictReader(rows):
            key = f"{row['employee_id']}/{row['period']}"
            record = found.setdefault(key, {"employee_id": row["employee_id"], "period": row["period"], "kpis": []})
            record["kpis"].append(
                {"kpi": row["kpi"], "count": int(row["count"])}
                | {name: float(row[name]) if row[name] else None for name in ("value", "numerator", "denominator")}
            )
    return found
