"""State topics that the broker has compacted in earnest: a worker recovers from what is left and goes on right."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.events import EmployeeUpserted, encode
from streams.simulate import Scale, simulate
from streams.topics import COMPANY_STATE, CUSTOMERS_STATE, EMPLOYEES_STATE, FACTS, ROLLUP
from streams.topics.reading import committed_records, layout, reader
from tests.acceptance.commands import PATIENCE_S
from tests.acceptance.comparing import compare, outputs, replayed
from tests.acceptance.installation import TOMORROW, Installation
from tests.kafka import Broker

POLICY = """\
timezone: America/New_York
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
scorecards:
  sales: {kpis: [{kpi: won_amount, weight: 40, target: 40000}, {kpi: contacts, weight: 20, target: 60}]}
"""
SLICES = 8
"""So many times the states are written, as each slice of the events changes nearly all of them."""
COMPACTED = (CUSTOMERS_STATE, EMPLOYEES_STATE, COMPANY_STATE, FACTS, ROLLUP)
TINY = {
    "segment.ms": "100",  # a segment is closed by the first write after that
    "min.compaction.lag.ms": "0",
    "delete.retention.ms": "0",
}
NEVER, ALWAYS = "1.0", "0.01"
DEADLINE_S = 60.0


@pytest.fixture
def eager_kafka(java: None) -> Iterator[Broker]:
    """A broker that looks for something to compact all the time."""
    with Broker(extra={"log.cleaner.backoff.ms": "200"}) as broker:
        yield broker


def test_a_worker_goes_on_right_from_compacted_states(eager_kafka: Broker, app_id: str, tmp_path: Path) -> None:
    scale = Scale(
        seed=11, teams=2, employees=8, customers=60, events=3_600, timezone="America/New_York",
        start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 5, 1, tzinfo=UTC),
        stages=("Prospecting", "Engaging"), currency="USD",
    )  # fmt: skip
    events = sorted(simulate(scale), key=lambda event: (not isinstance(event.data, EmployeeUpserted), event.time))
    lines = [encode(event) for event in events]
    size = len(lines) // (SLICES + 1)
    (tmp_path / "events.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
    log = replayed(tmp_path, POLICY, TOMORROW)

    with Installation(eager_kafka.bootstrap, app_id, tmp_path, CRMPULSE_POLICY=log.policy) as place:
        asyncio.run(_altered(place, NEVER))
        worker = place.start()
        for number in range(SLICES):
            asyncio.run(place.produce(lines[number * size : (number + 1) * size]))
            place.until_judged()
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0, place.said(worker)
        written = asyncio.run(_held(place))
        asyncio.run(_altered(place, ALWAYS))
        asyncio.run(_until_compacted(place, written))
        asyncio.run(place.produce(lines[SLICES * size :]))
        place.backfill(TOMORROW, 1)
        compare(asyncio.run(outputs(place)), log.replayed, log.until)


async def _altered(place: Installation, ratio: str) -> None:
    """The compacted topics with tiny segments, to be compacted when so large a share of them is new."""
    admin = AIOKafkaAdminClient(**place.settings.client_options())
    await admin.start()
    try:
        for name in COMPACTED:
            config = place.topics.config(name) | TINY | {"min.cleanable.dirty.ratio": ratio}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, place.topics.full(name), config)])
    finally:
        await admin.close()


async def _held(place: Installation) -> dict[str, int]:
    """How many records each of them holds."""
    there = await layout(place.settings)
    held = dict.fromkeys(COMPACTED, 0)
    async with reader(place.settings) as consumer:
        for name in COMPACTED:
            for tp in there[place.topics.full(name)]:
                async for _ in committed_records(consumer, tp):
                    held[name] += 1
    return held


async def _until_compacted(place: Installation, written: dict[str, int]) -> None:
    """Until each of them holds fewer records than were written into it, and all of them together less than half."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        held = await _held(place)
        if all(held[name] < written[name] for name in COMPACTED) and sum(held.values()) * 2 < sum(written.values()):
            return
        assert time.monotonic() < deadline, f"{held} are left of {written}"
        await asyncio.sleep(0.2)
