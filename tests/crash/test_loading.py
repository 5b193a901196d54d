"""A broker that goes away while a partition is being loaded: the worker waits, and goes on when it is back."""

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGCONT, SIGSTOP, SIGTERM

import pytest

from streams.points import Point
from tests.acceptance.installation import Installation
from tests.acceptance.organisation import log_of
from tests.crash.worker import Doomed, Plan
from tests.kafka import Broker

pytestmark = pytest.mark.logs_errors

PATIENCE_S = 120.0


@pytest.mark.parametrize(
    ("point", "place", "waiting"),
    [(Point.REBALANCE_OPENED, "", "loading waits for Kafka"), (Point.LOAD_FENCED, "customers", "] waits for Kafka")],
    ids=["before a partition is asked for", "before its state is read"],
)
def test_loading_goes_on_when_the_broker_is_back(
    own_kafka: Broker, app_id: str, tmp_path: Path, point: Point, place: str, waiting: str
) -> None:
    staff, others = log_of(
        seed=1, teams=1, employees=2, customers=10, events=100, malformed=0.0,
        start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 2, 1, tzinfo=UTC),
    )  # fmt: skip
    variables = {"CRMPULSE_PARTITIONS": 2, "CRMPULSE_FLUSH_MS": 40, "CRMPULSE_SESSION_MS": 6_000}
    with Installation(own_kafka.bootstrap, app_id, tmp_path, **variables) as installation:
        asyncio.run(installation.produce(staff + others))
        plan = Plan(point, place, 1, tmp_path / "armed", tmp_path / "mark", SIGSTOP)
        plan.armed.touch()
        worker = Doomed(plan, installation.environ, tmp_path / "worker.log")
        try:
            worker.until_passed(PATIENCE_S)
            own_kafka.kill()
            worker.send(SIGCONT)
            _until_said(worker, waiting)
            own_kafka.start()
            deadline = time.monotonic() + PATIENCE_S
            while not installation.handled():
                assert worker.alive, worker.said()
                assert time.monotonic() < deadline, worker.said()
            worker.send(SIGTERM)
            worker.process.join(PATIENCE_S)
            assert worker.process.exitcode == 0, worker.said()
        finally:
            worker.end()


def _until_said(worker: Doomed, words: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while words not in worker.said():
        assert worker.alive, worker.said()
        assert time.monotonic() < deadline, worker.said()
        time.sleep(0.05)
