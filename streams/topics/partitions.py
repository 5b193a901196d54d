"""The partitions of a topic that exists, asked for without making it."""

from __future__ import annotations

from aiokafka import TopicPartition

from streams.settings import Settings
from streams.topics.reading import layout
from streams.topics.registry import Topics


class MissingTopic(Exception):
    """The broker has no such topic; the message is one sentence."""


async def partitions_of(settings: Settings, plain: str) -> list[TopicPartition]:
    """The partitions by their numbers. Raises `MissingTopic`, and KafkaError for a broker that is not there."""
    full = Topics(settings).full(plain)
    if (found := (await layout(settings)).get(full)) is None:  # asked for by its name it might be created
        raise missing(settings, full)
    return found


def missing(settings: Settings, full: str) -> MissingTopic:
    """What is said of a topic that the broker does not show."""
    hidden = f", or {settings.sasl_username} may not see it" if settings.uses_sasl else ""
    return MissingTopic(f"The topic {full} does not exist{hidden}; `crmpulse topics` creates it.")
