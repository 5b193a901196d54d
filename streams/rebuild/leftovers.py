"""What a rebuild leaves behind: the topics of generations that serve no longer."""

from __future__ import annotations

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import UnknownTopicOrPartitionError, for_code

from streams.generations import current, read
from streams.settings import Settings
from streams.topics import Topics, generation_of


async def leftovers(settings: Settings) -> list[str]:
    """Full names of the topics that belong to no generation that serves or is being built. Raises KafkaError."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        return await _leftovers(settings, admin)
    finally:
        await admin.close()


async def delete_leftovers(settings: Settings) -> list[str]:
    """Deletes them, and answers which they were. Raises KafkaError."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        old = await _leftovers(settings, admin)
        if old:
            for name, code, *_ in (await admin.delete_topics(old)).topic_error_codes:
                if code not in (0, UnknownTopicOrPartitionError.errno):  # somebody else was quicker
                    raise for_code(code)(f"{name} could not be deleted")
        return old
    finally:
        await admin.close()


async def _leftovers(settings: Settings, admin: AIOKafkaAdminClient) -> list[str]:
    control = await read(settings)
    if control.current is None:  # then it is not known which of them serves
        return []
    kept = Topics(current(settings, control)).inner()
    building = control.next.generation.number if control.next is not None else None
    return sorted(
        name
        for name in await admin.list_topics()
        if name not in kept and (number := generation_of(name, settings)) and number != building
    )
