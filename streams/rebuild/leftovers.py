"""What a rebuild leaves behind: the topics of generations that serve no longer."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from streams.generations import current, read
from streams.settings import Settings
from streams.topics import Topics, generation_of
from streams.topics.reading import layout


async def leftovers(settings: Settings) -> list[str]:
    """Full names of the topics that belong to no generation that serves or is being built. Raises KafkaError."""
    control = await read(settings)
    if control.current is None:  # then it is not known which of them serves
        return []
    kept = Topics(current(settings, control)).inner()
    building = control.next.generation.number if control.next is not None else None
    return sorted(
        name
        for name in await layout(settings)
        if name not in kept and (number := generation_of(name, settings)) and number != building
    )


async def delete_leftovers(settings: Settings) -> list[str]:
    """Deletes them, and answers which they were. Raises KafkaError."""
    old = await leftovers(settings)
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        for name, code, *_ in (await admin.delete_topics(old)).topic_error_codes if old else ():
            if code not in (0, UnknownTopicOrPartitionError.errno):  # somebody else was quicker
                raise for_code(code)(f"{name} could not be deleted")
    finally:
        await admin.close()
    return old
