"""The partitions of a topic that exists, asked for without making it."""

from __future__ import annotations

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from streams.settings import Settings
from streams.topics.registry import Topics


class MissingTopic(Exception):
    """The broker has no such topic; the message is one sentence."""


async def partitions_of(settings: Settings, plain: str) -> list[TopicPartition]:
    """The partitions by their numbers. Raises `MissingTopic`, and KafkaError for a broker that is not there."""
    full = Topics(settings).full(plain)
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
        for found in await admin.describe_topics():  # by name it might be created
            if found["topic"] == full:
                return [TopicPartition(full, number) for number in sorted(p["partition"] for p in found["partitions"])]
    finally:
        await admin.close()
    raise MissingTopic(f"The topic {full} does not exist; `crmpulse topics` creates it.")
