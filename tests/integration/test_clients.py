"""A consumer that waits for a broker can be stopped, and whoever stops it goes on."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.clients import stop_consumer
from streams.embedded import Embedded

pytestmark = pytest.mark.logs_errors  # aiokafka tells of each fetch that failed
BACKOFF_MS = 60_000


async def waiting_for_a_broker(embedded: Embedded) -> AIOKafkaConsumer:
    """A consumer whose fetch has failed and that sits out the time before the next one."""
    consumer = AIOKafkaConsumer(bootstrap_servers=embedded.bootstrap, retry_backoff_ms=BACKOFF_MS)
    failed = asyncio.Event()

    async def send(*_: Any, **__: Any) -> None:
        failed.set()
        raise KafkaConnectionError("the broker is away")

    await consumer.start()
    partition = TopicPartition("crm.contacts", 0)
    await consumer._client.set_topics([partition.topic])
    consumer.assign([partition])
    await consumer.seek_to_beginning(partition)
    consumer._fetcher._client.send = send
    async with asyncio.timeout(60):
        await failed.wait()
    return consumer


def test_stopping_a_consumer_that_waits_for_a_broker_stops_nobody_else() -> None:
    async def scenario(embedded: Embedded) -> None:
        consumer = await waiting_for_a_broker(embedded)
        async with asyncio.timeout(60):
            await stop_consumer(consumer)
        assert not any(connection.connected() for connection in consumer._client._conns.values())

    with Embedded() as embedded:
        asyncio.run(scenario(embedded))


def test_aiokafka_alone_would_end_whoever_stops_it() -> None:
    """When this fails aiokafka was mended, and `stop_consumer` may go."""

    async def scenario(embedded: Embedded) -> None:
        consumer = await waiting_for_a_broker(embedded)
        with pytest.raises(asyncio.CancelledError):
            await consumer.stop()
        await consumer._client.close()

    with Embedded() as embedded:
        asyncio.run(scenario(embedded))


def test_whoever_is_cancelled_while_stopping_a_consumer_is_cancelled() -> None:
    async def scenario(embedded: Embedded) -> None:
        consumer = await waiting_for_a_broker(embedded)
        held = asyncio.Event()

        async def never() -> None:
            held.set()
            await asyncio.Event().wait()

        consumer.stop = never
        stopping = asyncio.create_task(stop_consumer(consumer))
        await held.wait()
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        del consumer.stop
        await stop_consumer(consumer)

    with Embedded() as embedded:
        asyncio.run(scenario(embedded))
