"""Reading a partition as it stands: every committed record up to its end as of now, outside every group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from streams.clients import stop_consumer
from streams.settings import Settings

FETCH: Final = 8 * 1024 * 1024
"""Bytes asked for at once."""


async def layout(settings: Settings) -> dict[str, list[TopicPartition]]:
    """Every topic on the broker by its full name, with its partitions. Raises aiokafka's KafkaError."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
        return {
            topic["topic"]: sorted(TopicPartition(topic["topic"], part["partition"]) for part in topic["partitions"])
            for topic in await admin.describe_topics()
        }
    finally:
        await admin.close()


@asynccontextmanager
async def reader(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer outside every group that reads what is committed. Raises aiokafka's KafkaError."""
    consumer = AIOKafkaConsumer(
        **settings.client_options(),
        isolation_level="read_committed",
        enable_auto_commit=False,
        # Not seek_to_beginning: the reset to the end, the default, may then still be under way, and win.
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=FETCH,
        fetch_max_bytes=FETCH,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await stop_consumer(consumer)


async def committed_records(
    consumer: AIOKafkaConsumer, partition: TopicPartition, begin: int | None = None
) -> AsyncIterator[ConsumerRecord]:
    """The records of one partition, oldest first, from offset `begin` on. The consumer has no other partition
    meanwhile."""
    async for records in committed_batches(consumer, partition, begin):
        for record in records:
            yield record


async def committed_batches(
    consumer: AIOKafkaConsumer, partition: TopicPartition, begin: int | None = None
) -> AsyncIterator[list[ConsumerRecord]]:
    """The same, as many at once as there are. Those from offset `begin` on; from the oldest, where that is gone."""
    consumer.assign([partition])
    end = (await consumer.end_offsets([partition]))[partition]
    if begin is not None:
        consumer.seek(partition, begin)
    while await consumer.position(partition) < end:  # goes past control records and aborted batches too
        for records in (await consumer.getmany(partition, timeout_ms=200)).values():
            yield records
