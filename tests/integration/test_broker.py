"""The broker that the other integration tests stand on keeps what a real Kafka promises."""

import asyncio
import gc
import socket
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import ProducerFenced

from tests.kafka import Broker, BrokerError

T = TypeVar("T")


async def _create(bootstrap: str, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def _with_producer(bootstrap: str, transactional_id: str, use: Callable[[AIOKafkaProducer], Awaitable[T]]) -> T:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=transactional_id)
    await producer.start()
    try:
        return await use(producer)
    finally:
        await producer.stop()


async def _read(bootstrap: str, topic: str, isolation_level: str) -> list[bytes]:
    """Every record that a reader of this isolation level sees up to the end of the topic."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, isolation_level=isolation_level, enable_auto_commit=False)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[bytes] = []
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(partition, timeout_ms=100)).values():
                values += [record.value for record in records]
        return values
    finally:
        await consumer.stop()


async def _read_committed(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """The same of committed records, once there are so many: a commit is answered before readers are let past it."""
    async with asyncio.timeout(120):
        while len(values := await _read(bootstrap, topic, "read_committed")) < count:
            await asyncio.sleep(0.1)
    return values


async def _commit(producer: AIOKafkaProducer, topic: str, *values: bytes) -> None:
    async with producer.transaction():
        for value in values:
            await producer.send_and_wait(topic, value, partition=0)


def test_a_committed_transaction_is_read_and_an_aborted_one_is_not(kafka: str, app_id: str) -> None:
    async def transact(producer: AIOKafkaProducer) -> None:
        await _commit(producer, app_id, b"kept", b"too")
        await producer.begin_transaction()
        await producer.send_and_wait(app_id, b"dropped", partition=0)
        await producer.abort_transaction()

    async def scenario() -> None:
        await _create(kafka, app_id)
        await _with_producer(kafka, app_id, transact)
        assert await _read_committed(kafka, app_id, 2) == [b"kept", b"too"]
        assert await _read(kafka, app_id, "read_uncommitted") == [b"kept", b"too", b"dropped"]

    asyncio.run(scenario())


def test_offsets_commit_with_the_transaction(kafka: str, app_id: str) -> None:
    partition = TopicPartition(app_id, 0)

    async def transact(producer: AIOKafkaProducer) -> None:
        async with producer.transaction():
            await producer.send_and_wait(app_id, b"output", partition=0)
            await producer.send_offsets_to_transaction({partition: 7}, app_id)
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction({partition: 9}, app_id)
        await producer.abort_transaction()

    async def scenario() -> int | None:
        await _create(kafka, app_id)
        await _with_producer(kafka, app_id, transact)
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
        await admin.start()
        try:
            offset: int | None = (await admin.list_consumer_group_offsets(app_id))[partition].offset
            return offset
        finally:
            await admin.close()

    assert asyncio.run(scenario()) == 7


@pytest.mark.logs_errors
def test_a_second_producer_of_the_same_id_fences_the_first(kafka: str, app_id: str) -> None:
    async def be_fenced(first: AIOKafkaProducer) -> None:
        await _commit(first, app_id, b"first")
        await _with_producer(kafka, app_id, lambda second: _commit(second, app_id, b"second"))
        with pytest.raises(ProducerFenced):
            await _commit(first, app_id, b"late")

    async def scenario() -> list[bytes]:
        await _create(kafka, app_id)
        await _with_producer(kafka, app_id, be_fenced)
        return await _read_committed(kafka, app_id, 2)

    assert asyncio.run(scenario()) == [b"first", b"second"]
    # aiokafka leaves the refused requests' futures to the collector, which logs them: here, not after the summary.
    gc.collect()


def test_committed_records_survive_a_restart_and_a_kill(own_kafka: Broker, app_id: str) -> None:
    address = own_kafka.bootstrap

    def commit(value: bytes) -> None:
        asyncio.run(_with_producer(address, app_id, lambda producer: _commit(producer, app_id, value)))

    asyncio.run(_create(address, app_id))
    commit(b"before the restart")
    own_kafka.restart()
    commit(b"before the kill")
    own_kafka.kill()
    own_kafka.restart()
    commit(b"after both")

    assert own_kafka.bootstrap == address
    assert asyncio.run(_read_committed(address, app_id, 3)) == [
        b"before the restart",
        b"before the kill",
        b"after both",
    ]


@pytest.mark.usefixtures("java")
def test_a_taken_port_is_said_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(BrokerError, match="did not start"):
        Broker(other.getsockname()[1])
    assert not list(tmp_path.iterdir())
