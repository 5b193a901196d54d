"""What a worker left in the output topics, what a replay left in files, and that the two are the same."""

import base64
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.commands import alerts, crmpulse, kpis
from tests.acceptance.installation import Installation

Records = dict[str, dict[str, Any]]


class Log(NamedTuple):
    """Events, and what a replay of them left."""

    events: Path
    policy: Path
    until: str
    replayed: Path


def replayed(folder: Path, policy: str, until: str) -> Log:
    """The events.jsonl of a folder, replayed into a folder in it."""
    log = Log(folder / "events.jsonl", folder / "policy.yaml", until, folder / "replayed")
    log.policy.write_text(policy, encoding="utf-8")
    crmpulse("replay", log.events, "--policy", log.policy, "--as-of", until, "--out", log.replayed)
    return log


async def outputs(place: Installation) -> dict[str, Records]:
    """The newest record of every key of the output topics that are built, and every dead letter."""
    left = {
        topic: await place.newest(topic) for topic in ("kpis.employees", "scores.employees", "scores.teams", "alerts")
    }
    dead = await place.records("streams.dead-letters")
    left["streams.dead-letters"] = {str(number): json.loads(one.value) for number, one in enumerate(dead)}
    return left


def compare(left: dict[str, Records], log: Log) -> None:
    """Fails with the first records that a worker has otherwise than the replay of the log."""
    scores = {f"{one['employee_id']}/{one['period']}": one for one in lines(log.replayed / "scores.jsonl")}
    teams = {f"{one['team']}/{one['period']}": one for one in lines(log.replayed / "teams.jsonl")}
    _same("kpis", _figures(left["kpis.employees"]), _cells(log.replayed))
    _same("scores", left["scores.employees"], scores)
    _same("teams", left["scores.teams"], teams)
    _same("alerts", stand(left["alerts"].values()), stand(alerts(log.replayed).values()))


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


def stand(records: Iterable[dict[str, Any]]) -> Records:
    """Alerts, but for those that a later event proved false and those that never fired."""
    return {one["id"]: one for one in records if one["fired_at"] and one["reason"] != "withdrawn"}


def letters(records: Iterable[dict[str, Any]]) -> Counter[tuple[str, bytes]]:
    """Reason and original bytes of dead letters."""
    return Counter(
        (
            one["reason"],
            base64.b64decode(one["original"]) if one.get("encoding") == "base64" else one["original"].encode(),
        )
        for one in records
    )


def lines(file: Path) -> list[dict[str, Any]]:
    """The records of a file of JSON lines."""
    return [json.loads(line) for line in file.read_bytes().splitlines()]
