"""The same events through a real Kafka and through a replay: the same KPIs, scores, teams, alerts and dead letters."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import pytest

from streams.events import Rejected, decode
from streams.events.instants import iso, to_us
from streams.policy import load
from tests.acceptance.commands import alerts, crmpulse
from tests.acceptance.comparing import (
    Log,
    Records,
    compare,
    kept,
    letters,
    lines,
    outputs,
    replayed,
    standing,
    unlike,
    versus_replay,
)
from tests.acceptance.installation import Installation
from tests.acceptance.organisation import POLICY, log_of

MAVEN_UNTIL = "2018-01-01T00:00:00Z"
MAVEN_POLICY = """\
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Engaging, probability: 0.4, stall_after: 90d}
"""
SIMULATED_UNTIL = "2024-06-15T12:00:00Z"


CHANGED_AT = "2024-04-01T00:00:00Z"
RENEWED_POLICY = """\
timezone: America/New_York
calendar: {workdays: [mon, tue, wed, thu, fri], hours: "09:00-17:30"}
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Engaging, probability: 0.2, stall_after: 30d}
    - {name: Prospecting, probability: 0.3, stall_after: 5d}
    - {name: Proposal, probability: 0.9}
  stall_basis: stage_entered
contact:
  intervals: {A: 10d, B: 12d, default: 60d}
  grace: 3d
alerts:
  contact.interval_exceeded: {severity: critical}
scorecards:
  sales:
    kpis:
      - {kpi: won_amount, perspective: financial, weight: 30, target: 20000}
      - {kpi: stages_advanced, perspective: process, weight: 20, target: 30}
ratings: {top: 80, rest: 0}
"""


@pytest.fixture(scope="module")
def maven(maven_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A real sales log."""
    folder = tmp_path_factory.mktemp("maven")
    crmpulse("import", "maven", maven_zip, "-o", folder / "events.jsonl")
    return replayed(folder, MAVEN_POLICY, MAVEN_UNTIL)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Half a year with duplicates, late events, some after the end, and lines that are none."""
    folder = tmp_path_factory.mktemp("simulated")
    staff, others = log_of(
        seed=24, teams=3, employees=18, customers=400, events=20_000, malformed=0.01,
        start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 7, 1, tzinfo=UTC),
    )  # fmt: skip
    (folder / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in staff + others))
    return replayed(folder, POLICY, SIMULATED_UNTIL)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_real_sales_log(kafka: str, app_id: str, tmp_path: Path, maven: Log, workers: int) -> None:
    left = _work(kafka, app_id, tmp_path, maven, workers)
    compare(left, maven.replayed, maven.until)
    assert len(standing(left["alerts"].values())) > 1_479
    assert len(alerts(maven.replayed)) > len(left["alerts"]) + 4_000  # what ended more than 90 days ago is deleted
    assert sum(one["rule"] == "opp.stalled" and one["status"] == "firing" for one in left["alerts"].values()) == 1_479


def test_a_crew_at_a_simulated_log_with_every_mistake_in_it(
    kafka: str, app_id: str, tmp_path: Path, simulated: Log
) -> None:
    left = _work(kafka, app_id, tmp_path, simulated, 1, processes=2)
    compare(left, simulated.replayed, simulated.until)
    dead = letters(left["streams.dead-letters"].values())
    assert len({reason for reason, _ in dead}) >= 7
    assert dead == letters(lines(simulated.replayed / "dead-letters.jsonl"))


def test_a_simulated_log_whose_first_worker_is_killed(
    kafka: str, app_id: str, tmp_path: Path, simulated: Log, store: dict[str, str]
) -> None:
    compare(_work(kafka, app_id, tmp_path, simulated, 2, store, killed=1), simulated.replayed, simulated.until)


def test_a_policy_that_changes_on_the_way(
    kafka: str, app_id: str, tmp_path: Path, simulated: Log, store: dict[str, str]
) -> None:
    # First one policy and what had happened by then, then another and the rest, a part of it late.
    former, later = _parted(simulated.events.read_bytes().splitlines(), CHANGED_AT)
    later[1:1] = former[::40]
    del former[::40]
    log = simulated._replace(events=tmp_path / "events.jsonl", replayed=tmp_path / "replayed")
    log.events.write_bytes(b"".join(line + b"\n" for line in [*former, *later]))
    renewed = tmp_path / "renewed.yaml"
    renewed.write_text(RENEWED_POLICY, encoding="utf-8")
    crmpulse(
        "replay", log.events, "--policy", log.policy, "--policy-at", f"{CHANGED_AT}={renewed}",
        "--as-of", log.until, "--out", log.replayed,
    )  # fmt: skip

    with Installation(kafka, app_id, tmp_path, CRMPULSE_POLICY=log.policy, CRMPULSE_SESSION_MS=6_000, **store) as place:
        asyncio.run(place.produce(former))
        place.backfill(CHANGED_AT, 2)
        place.environ["CRMPULSE_POLICY"] = str(renewed)
        asyncio.run(place.produce(later))
        place.backfill(log.until, 1)
        left = asyncio.run(outputs(place))

    wrong = versus_replay(left, log.replayed, log.until, standing)
    assert not wrong["kpis"] + wrong["scores"] + wrong["teams"] + wrong["alerts that should be deleted"]
    worker, replay = standing(left["alerts"].values()), standing(kept(alerts(log.replayed).values(), log.until))
    # What a late event proves false after the policy ended it is withdrawn where it had begun again by then.
    changed = {key for key in worker.keys() & replay.keys() if worker[key]["reason"] == "policy_changed"}
    assert len(changed) > 20
    assert not unlike(*({key: told[key] for key in changed} for told in (worker, replay)))
    assert not unlike(_unchanged(worker), _unchanged(replay))
    version = load(renewed).version
    for table in ("kpis.employees", "scores.employees", "scores.teams"):
        assert {record["policy_version"] for record in left[table].values()} == {version}
    assert {one["policy_version"] for one in worker.values() if one["status"] == "firing"} == {version}
    assert {one["ended_at"] for one in worker.values() if one["reason"] == "policy_changed"} == {CHANGED_AT}


def _unchanged(told: Records) -> Records:
    """Those that no change of policy ended."""
    return {key: one for key, one in told.items() if one["reason"] != "policy_changed"}


def _parted(lines: list[bytes], at: str) -> tuple[list[bytes], list[bytes]]:
    """What had happened by an instant, with what is no event, and what happened later."""
    former: list[bytes] = []
    later: list[bytes] = []
    for line in lines:
        event = decode(line)
        (former if isinstance(event, Rejected) or iso(to_us(event.time)) <= at else later).append(line)
    return former, later


def _work(
    kafka: str,
    app: str,
    home: Path,
    log: Log,
    workers: int,
    variables: Mapping[str, str] = MappingProxyType({}),
    killed: int = 0,
    processes: int = 1,
) -> dict[str, Records]:
    """Let workers take in a log; what they left in each output topic."""
    with Installation(kafka, app, home, CRMPULSE_POLICY=log.policy, CRMPULSE_SESSION_MS=6_000, **variables) as place:
        asyncio.run(place.produce(log.events.read_bytes().splitlines()))
        place.backfill(log.until, workers, killed=killed, processes=processes)
        return asyncio.run(outputs(place))
