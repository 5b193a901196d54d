"""Handing outputs over on a real Kafka: afterwards the public topics hold what the new generation's own hold."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from streams import topics
from streams.generations import Pen
from streams.rebuild.handover import hand_over
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, Topics
from streams.topics.reading import committed_records, layout, reader

PUBLIC: dict[str, dict[str, Any]] = {
    "kpis.employees": {"changed": {"n": 1}, "same": {"n": 2}, "gone": {"n": 3}},
    "alerts": {
        "changed": {"employee_id": "emp-1", "status": "pending", "policy_version": "old"},
        "same": {"employee_id": "emp-1", "status": "firing", "policy_version": "old"},
        "gone": {"employee_id": "emp-2", "status": "firing", "policy_version": "old"},
    },
}
OWN: dict[str, dict[str, Any]] = {
    "kpis.employees": {"changed": {"n": 4}, "same": {"n": 2}, "new": {"n": 5}},
    "alerts": {
        "changed": {"employee_id": "emp-1", "status": "firing", "policy_version": "new"},
        "same": {"employee_id": "emp-1", "status": "firing", "policy_version": "new"},
    },
}


@pytest.fixture
def public(kafka: str, app_id: str, topic_prefix: str) -> Settings:
    environ = {"CRMPULSE_KAFKA": kafka, "CRMPULSE_APP": app_id, "CRMPULSE_TOPIC_PREFIX": topic_prefix}
    return Settings.from_env(environ | {"CRMPULSE_PARTITIONS": "2"})


def letter(offset: int) -> dict[str, Any]:
    return {"topic": "crm.contacts", "partition": 0, "offset": offset, "reason": "malformed", "original": "?"}


async def written(settings: Settings, tables: dict[str, dict[str, Any]], letters: list[int]) -> None:
    named = Topics(settings)
    producer = AIOKafkaProducer(**settings.client_options())
    await producer.start()
    for topic, rows in tables.items():
        for key, row in rows.items():
            await producer.send_and_wait(named.full(topic), json.dumps(row).encode(), key.encode())
    for offset in letters:
        await producer.send_and_wait(named.full(DEAD_LETTERS), json.dumps(letter(offset)).encode(), b"crm.contacts")
    await producer.stop()


async def held(settings: Settings, topic: str) -> list[tuple[str, Any]]:
    """(key, value) of everything in a topic, partition by partition."""
    found = []
    async with reader(settings) as consumer:
        for tp in (await layout(settings))[Topics(settings).full(topic)]:
            found += [
                (record.key.decode(), record.value and json.loads(record.value))
                async for record in committed_records(consumer, tp)
            ]
    return found


async def ends(settings: Settings) -> dict[TopicPartition, int]:
    async with reader(settings) as consumer:
        there = await layout(settings)
        tps = [tp for name in (*PUBLIC, "alerts.log", DEAD_LETTERS) for tp in there[Topics(settings).full(name)]]
        found: dict[TopicPartition, int] = await consumer.end_offsets(tps)
        return found


def test_the_public_outputs_become_those_of_the_new_generation_and_a_second_time_changes_nothing(
    public: Settings,
) -> None:
    shadow = msgspec.structs.replace(public, generation=2, shadow=True, partitions=3)

    async def scenario() -> None:
        await topics.create(public)
        await topics.create(shadow)
        await written(public, PUBLIC, [1, 2])
        await written(shadow, OWN, [2, 3, 3])
        async with Pen(public) as pen:
            await hand_over(shadow, pen.producer, lambda *_: None)
            for topic, rows in OWN.items():
                newest = {key: value for key, value in dict(await held(public, topic)).items() if value is not None}
                assert newest == rows
            logged = [(key, row["status"], row.get("reason")) for key, row in await held(public, "alerts.log")]
            assert sorted(logged) == [("emp-1", "firing", None), ("emp-2", "resolved", "withdrawn")]
            dead = [row["offset"] for _, row in await held(public, DEAD_LETTERS)]
            assert sorted(dead) == [1, 2, 3]
            before = await ends(public)
            await hand_over(shadow, pen.producer, lambda *_: None)
            assert await ends(public) == before

    asyncio.run(scenario())
