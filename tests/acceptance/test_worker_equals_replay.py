"""The same events through a real Kafka and through a replay: the same KPIs, scores, teams, alerts and dead letters."""

import asyncio
import base64
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from streams.events import EmployeeUpserted, encode
from streams.simulate import Scale, messy, simulate
from tests.acceptance.commands import alerts, crmpulse, kpis
from tests.acceptance.installation import Installation

Records = dict[str, dict[str, Any]]

MAVEN_UNTIL = "2018-01-01T00:00:00Z"
MAVEN_POLICY = """\
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Engaging, probability: 0.4, stall_after: 90d}
"""
SIMULATED_UNTIL = "2024-06-15T12:00:00Z"
SIMULATED_POLICY = """\
timezone: America/New_York
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-17:30"}
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
    - {name: Proposal, probability: 0.7, stall_after: 10d}
  stall_basis: last_activity
contact:
  intervals: {A: 7d, B: 14d, default: 30d}
  lead_time: 12h
alerts:
  contact.overdue: {hold: 4h, clock: working}
  opp.stalled: {hold: 1d}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 40, target: 40000, cap: 1.2}
      - {kpi: win_rate, perspective: process, weight: 20, target: 0.5}
      - {kpi: contacts_connected, perspective: customer, weight: 20, target: 60}
      - {kpi: bad_debt_rate, perspective: financial, weight: 10, target: 0.05, better: lower}
      - {kpi: sales_cycle_days, perspective: process, weight: 10, target: 30}
"""


class Log(NamedTuple):
    """Events, and what a replay of them left."""

    events: Path
    policy: Path
    until: str
    replayed: Path


def _replayed(folder: Path, policy: str, until: str) -> Log:
    log = Log(folder / "events.jsonl", folder / "policy.yaml", until, folder / "replayed")
    log.policy.write_text(policy, encoding="utf-8")
    crmpulse("replay", log.events, "--policy", log.policy, "--as-of", until, "--out", log.replayed)
    return log


@pytest.fixture(scope="module")
def maven(maven_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A real sales log."""
    folder = tmp_path_factory.mktemp("maven")
    crmpulse("import", "maven", maven_zip, "-o", folder / "events.jsonl")
    return _replayed(folder, MAVEN_POLICY, MAVEN_UNTIL)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Half a year with duplicates, late events, some after the end, and lines that are none.

    Employees come first, as a worker reads them before all else: what was said of an alert that is over stays said.
    """
    folder = tmp_path_factory.mktemp("simulated")
    scale = Scale(
        seed=24, teams=3, employees=18, customers=400, events=20_000, timezone="America/New_York",
        start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 7, 1, tzinfo=UTC),
        stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
    )  # fmt: skip
    events = list(simulate(scale))
    staff = [encode(event) for event in events if isinstance(event.data, EmployeeUpserted)]
    others = (encode(event) for event in events if not isinstance(event.data, EmployeeUpserted))
    lines = chain(staff, messy(others, 24, duplicates=0.05, late=0.05, window=50, malformed=0.01))
    (folder / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    return _replayed(folder, SIMULATED_POLICY, SIMULATED_UNTIL)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_real_sales_log(kafka: str, app_id: str, tmp_path: Path, maven: Log, workers: int) -> None:
    left = _work(kafka, app_id, tmp_path, maven, workers)
    _compare(left, maven)
    assert len(_stand(left["alerts"].values())) > 1_479
    assert sum(one["rule"] == "opp.stalled" and one["status"] == "firing" for one in left["alerts"].values()) == 1_479


def test_a_simulated_log_with_every_mistake_in_it(kafka: str, app_id: str, tmp_path: Path, simulated: Log) -> None:
    left = _work(kafka, app_id, tmp_path, simulated, 1)
    _compare(left, simulated)
    letters = _letters(left["streams.dead-letters"].values())
    assert len({reason for reason, _ in letters}) >= 7
    assert letters == _letters(_lines(simulated.replayed / "dead-letters.jsonl"))


def test_a_simulated_log_whose_first_worker_is_killed(
    kafka: str, app_id: str, tmp_path: Path, simulated: Log, store: dict[str, str]
) -> None:
    _compare(_work(kafka, app_id, tmp_path, simulated, 2, store, killed=1), simulated)


def _work(
    kafka: str,
    app: str,
    home: Path,
    log: Log,
    workers: int,
    variables: Mapping[str, str] = MappingProxyType({}),
    killed: int = 0,
) -> dict[str, Records]:
    """Let workers take in a log; what they left in each output topic."""

    async def outputs(place: Installation) -> dict[str, Records]:
        left = {
            topic: await place.newest(topic)
            for topic in ("kpis.employees", "scores.employees", "scores.teams", "alerts")
        }
        dead = await place.records("streams.dead-letters")
        left["streams.dead-letters"] = {str(number): json.loads(one.value) for number, one in enumerate(dead)}
        return left

    with Installation(kafka, app, home, CRMPULSE_POLICY=log.policy, CRMPULSE_SESSION_MS=6_000, **variables) as place:
        asyncio.run(place.produce(log.events.read_bytes().splitlines()))
        place.backfill(log.until, workers, killed=killed)
        return asyncio.run(outputs(place))


def _compare(left: dict[str, Records], log: Log) -> None:
    scores = {f"{one['employee_id']}/{one['period']}": one for one in _lines(log.replayed / "scores.jsonl")}
    teams = {f"{one['team']}/{one['period']}": one for one in _lines(log.replayed / "teams.jsonl")}
    _same("kpis", _figures(left["kpis.employees"]), _cells(log.replayed))
    _same("scores", left["scores.employees"], scores)
    _same("teams", left["scores.teams"], teams)
    _same("alerts", _stand(left["alerts"].values()), _stand(alerts(log.replayed).values()))


def _same(what: str, worker: dict[Any, Any], replay: dict[Any, Any]) -> None:
    """Fails with the first differences in full."""
    assert replay
    wrong = sorted(key for key in worker.keys() | replay.keys() if worker.get(key) != replay.get(key))
    told = []
    for key in wrong[:5]:
        one, other = worker.get(key), replay.get(key)
        if isinstance(one, dict) and isinstance(other, dict):
            fields = [field for field in one.keys() | other.keys() if one.get(field) != other.get(field)]
            one, other = {f: one.get(f) for f in fields}, {f: other.get(f) for f in fields}
        told.append(f"{key}\n   worker {one}\n   replay {other}")
    assert not wrong, f"{len(wrong)} of {len(replay)} {what} differ:\n" + "\n".join(told)


def _figures(records: Records) -> dict[tuple[str, str, str], tuple[float | None, ...]]:
    """Every figure of kpis.employees: value, numerator, denominator, count."""
    return {
        (record["employee_id"], record["period"], kpi["kpi"]): (
            kpi["value"], kpi["numerator"], kpi["denominator"], kpi["count"],
        )
        for record in records.values()
        for kpi in record["kpis"]
    }  # fmt: skip


def _cells(folder: Path) -> dict[tuple[str, str, str], tuple[float | None, ...]]:
    """Every row of kpis.csv, as numbers."""
    return {
        key: (
            float(cell.value),
            float(cell.numerator),
            float(cell.denominator) if cell.denominator else None,
            int(cell.samples),
        )
        for key, cell in kpis(folder).items()
    }


def _stand(records: Iterable[dict[str, Any]]) -> Records:
    """Alerts, but for those that a later event proved false and those that never fired."""
    return {one["id"]: one for one in records if one["fired_at"] and one["reason"] != "withdrawn"}


def _letters(records: Iterable[dict[str, Any]]) -> Counter[tuple[str, bytes]]:
    """Reason and original bytes of dead letters."""
    return Counter(
        (
            one["reason"],
            base64.b64decode(one["original"]) if one.get("encoding") == "base64" else one["original"].encode(),
        )
        for one in records
    )


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]
