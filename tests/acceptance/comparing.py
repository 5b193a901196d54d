"""What workers left on the output topics beside what a replay left in a folder."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.commands import alerts, crmpulse, kpis
from tests.acceptance.installation import Installation

Records = dict[str, dict[str, Any]]
Figures = dict[tuple[str, str, str], tuple[float | None, ...]]
"""(employee, period, kpi) to value, numerator, denominator, count."""

KEPT = timedelta(days=90)
"""So long after it ended an alert is in its topic, where the policy says nothing else."""
TOLD = 5
"""How many differences are told in full."""


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


TABLES = ("kpis.employees", "scores.employees", "scores.teams", "alerts")


async def outputs(place: Installation) -> dict[str, Records]:
    """The newest record of every key of each output topic, and every dead letter."""
    left = {topic: await place.newest(topic) for topic in TABLES}
    dead = await place.records("streams.dead-letters")
    left["streams.dead-letters"] = {str(number): json.loads(one.value) for number, one in enumerate(dead)}
    return left


def compare(left: Mapping[str, Records], replayed: Path, until: str) -> None:
    """Every KPI, score, team and alert that workers left at an instant is the one that a replay left in its folder."""
    for topic in TABLES:
        assert left[topic], topic
    for what, wrong in versus_replay(left, replayed, until, standing).items():
        assert not wrong, f"{len(wrong)} {what} differ:\n" + "\n".join(wrong[:TOLD])


def versus_replay(
    left: Mapping[str, Records], folder: Path, until: str, stand: Callable[[Iterable[dict[str, Any]]], Records]
) -> dict[str, list[str]]:
    """The differences of each kind of output. `left` holds, as of `until`, the newest record per key of each topic.

    `stand` takes the alerts that must be the same out of all, as `standing` does. Workers delete what a replay keeps.
    """
    scores = {f"{one['employee_id']}/{one['period']}": one for one in lines(folder / "scores.jsonl")}
    teams = {f"{one['team']}/{one['period']}": one for one in lines(folder / "teams.jsonl")}
    return {
        "kpis": unlike(figures(left["kpis.employees"]), cells(folder)),
        "scores": unlike(left["scores.employees"], scores),
        "teams": unlike(left["scores.teams"], teams),
        "alerts": unlike(stand(left["alerts"].values()), stand(kept(alerts(folder).values(), until))),
        "alerts that should be deleted": sorted(
            left["alerts"].keys() - {one["id"] for one in kept(left["alerts"].values(), until)}
        ),
    }


def kept(records: Iterable[dict[str, Any]], until: str) -> list[dict[str, Any]]:
    """Alerts, but for those that ended so long before an instant that they are deleted by then."""
    oldest = datetime.fromisoformat(until) - KEPT
    return [one for one in records if one["ended_at"] is None or datetime.fromisoformat(one["ended_at"]) >= oldest]


def unlike(worker: Mapping[Any, Any], replay: Mapping[Any, Any]) -> list[str]:
    """One entry for each key that is not the same on both sides, the first few told in full."""
    wrong = sorted(key for key in worker.keys() | replay.keys() if worker.get(key) != replay.get(key))
    return [_told(key, worker.get(key), replay.get(key)) for key in wrong[:TOLD]] + [str(key) for key in wrong[TOLD:]]


def _told(key: object, one: Any, other: Any) -> str:
    if isinstance(one, dict) and isinstance(other, dict):
        fields = [field for field in one.keys() | other.keys() if one.get(field) != other.get(field)]
        one, other = {f: one.get(f) for f in fields}, {f: other.get(f) for f in fields}
    return f"{key}\n   worker {one}\n   replay {other}"


def figures(records: Records) -> Figures:
    """Every figure of kpis.employees."""
    return {
        (record["employee_id"], record["period"], kpi["kpi"]): (
            kpi["value"], kpi["numerator"], kpi["denominator"], kpi["count"],
        )
        for record in records.values()
        for kpi in record["kpis"]
    }  # fmt: skip


def cells(folder: Path) -> Figures:
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


def standing(records: Iterable[dict[str, Any]]) -> Records:
    """Alerts, but for those that a later event proved false, those that never fired, and goals of periods that are
    over: a replay, which looks at them at its end alone, does not know any more what each day brought, where a worker
    may have looked on the days."""
    found = (one for one in records if one["fired_at"] and one["reason"] != "withdrawn")
    return {one["id"]: one for one in found if not (one["rule"].startswith("goal.") and one["ended_at"])}


PLACE = ("topic", "partition", "offset", "file", "line")
"""Where a dead letter stood: in a topic, or in a file."""


def letters(records: Iterable[dict[str, Any]]) -> Counter[tuple[str, bytes]]:
    """Reason and original bytes of dead letters, each place once: intake that is held up between a dead letter and the
    offset that says so tells it again."""
    places = {tuple(one.get(name) for name in PLACE): one for one in records}
    return Counter((one["reason"], original(one)) for one in places.values())


def original(letter: dict[str, Any]) -> bytes:
    """The bytes that were not taken."""
    text: str = letter["original"]
    return base64.b64decode(text) if letter.get("encoding") == "base64" else text.encode()


def lines(file: Path) -> list[dict[str, Any]]:
    """The records of a file, one a line."""
    return [json.loads(line) for line in file.read_bytes().splitlines()]
