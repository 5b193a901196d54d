"""The same events through a real Kafka and through a replay: the same KPIs, scores, teams, alerts and dead letters."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.acceptance.commands import crmpulse
from tests.acceptance.comparing import Log, Records, compare, letters, lines, outputs, replayed, standing
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
    compare(left, maven.replayed)
    assert len(standing(left["alerts"].values())) > 1_479
    assert sum(one["rule"] == "opp.stalled" and one["status"] == "firing" for one in left["alerts"].values()) == 1_479


def test_a_simulated_log_with_every_mistake_in_it(kafka: str, app_id: str, tmp_path: Path, simulated: Log) -> None:
    left = _work(kafka, app_id, tmp_path, simulated, 1)
    compare(left, simulated.replayed)
    dead = letters(left["streams.dead-letters"].values())
    assert len({reason for reason, _ in dead}) >= 7
    assert dead == letters(lines(simulated.replayed / "dead-letters.jsonl"))


def test_a_simulated_log_whose_first_worker_is_killed(kafka: str, app_id: str, tmp_path: Path, simulated: Log) -> None:
    compare(_work(kafka, app_id, tmp_path, simulated, 2, killed=1), simulated.replayed)


def _work(kafka: str, app: str, home: Path, log: Log, workers: int, killed: int = 0) -> dict[str, Records]:
    """Let workers take in a log; what they left in each output topic."""
    with Installation(kafka, app, home, CRMPULSE_POLICY=log.policy, CRMPULSE_SESSION_MS=6_000) as place:
        asyncio.run(place.produce(log.events.read_bytes().splitlines()))
        place.backfill(log.until, workers, killed=killed)
        return asyncio.run(outputs(place))
