"""What the broker knows of how far everybody is: ends of topics, committed offsets of groups."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.settings import Settings
from streams.topics import FACTS, INBOX, ROLLUP, Topics


class Progress(NamedTuple):
    """How far a partition of a stage is: the offset of its next input record, and its clock (us) as of that."""

    offset: int
    clock: int | None


async def committed(
    admin: AIOKafkaAdminClient, group: str, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, Progress]:
    """What a group has committed, without joining it; a partition without a commit is left out. Raises KafkaError."""
    if not partitions:
        return {}
    tries = 50
    while True:
        try:
            # Named one by one, as the embedded broker knows no other form of the request.
            found = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
            break
        except GroupCoordinatorNotAvailableError:  # of the first group that a broker ever has
            tries -= 1
            if not tries:
                raise
            await asyncio.sleep(0.2)
    return {
        tp: Progress(meta.offset, int(meta.metadata) if (meta.metadata or "").lstrip("-").isdigit() else None)
        for tp, meta in found.items()
        if meta.offset >= 0
    }


async def progress(admin: AIOKafkaAdminClient, settings: Settings) -> dict[str, dict[int, Progress]]:
    """How far the stages are: plain name of their input topic -> partition -> progress. Raises KafkaError."""
    topics = Topics(settings)
    inputs = (INBOX, FACTS, ROLLUP)
    wanted = [TopicPartition(topics.full(name), p) for name in inputs for p in range(topics.used(name))]
    found = await committed(admin, settings.progress_group, wanted)
    return {
        name: {tp.partition: done for tp, done in found.items() if tp.topic == topics.full(name)} for name in inputs
    }
