"""Building a generation: its worker in this process, until it has made of crm.* all that there is to make."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.generations import Generation
from streams.intake import committed, progress
from streams.policy import Policy
from streams.settings import Settings
from streams.topics import ROLLUP, Topics
from streams.topics.reading import layout, reader
from streams.worker import Now, operate

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
"""Seconds between two looks at how far it is."""

Tell = Callable[[str, int, int], None]
"""Hears what is being done, how much of it is done, and of how much."""


async def build(
    settings: Settings, generation: Generation, policy: Policy, now: Now, stop: asyncio.Event, tell: Tell
) -> str | None:
    """Runs a generation, which the settings name as a shadow, until it has caught up, or `stop`. Where it had to end
    before that, the answer is why, as half a sentence. Raises `WorkerError`."""
    ended = asyncio.Event()
    working = asyncio.create_task(
        operate(msgspec.structs.replace(settings, web_port=0), generation, policy, now, ended)
    )
    others = {
        asyncio.create_task(_until_caught_up(settings, now, tell), name="caught up"),
        asyncio.create_task(_set(stop), name="stop"),
    }
    await asyncio.wait({working, *others}, return_when=asyncio.FIRST_COMPLETED)
    ended.set()  # which the worker is asked for and never cancelled, as a thread of Faust's would outlive it
    for task in others:
        task.cancel()
    results = await asyncio.gather(*others, return_exceptions=True)
    why = await working
    for result in results:
        if isinstance(result, Exception):
            raise result
    return why


async def _set(stop: asyncio.Event) -> None:
    await stop.wait()


async def _until_caught_up(settings: Settings, now: Now, tell: Tell) -> None:
    """Until an instant has passed the last stage that came after an earlier one had: the first takes a backlog along,
    the second only what came in meanwhile. A broker that is away is waited for."""
    there = await layout(settings)
    sources = [tp for topic in Topics(settings).sources for tp in there[topic]]
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        async with reader(settings) as consumer:
            for _ in range(2):
                at = now()
                while True:
                    with contextlib.suppress(KafkaError):  # the worker beside us says so
                        tell("events read", *await _read(settings, admin, consumer, sources))
                        last = (await progress(admin, settings))[ROLLUP].get(0)
                        if last is not None and last.clock is not None and last.clock >= at:
                            break
                    await asyncio.sleep(LOOK_S)
    finally:
        await admin.close()


async def _read(
    settings: Settings, admin: AIOKafkaAdminClient, consumer: AIOKafkaConsumer, sources: list[TopicPartition]
) -> tuple[int, int]:
    """(read, there): how many records of crm.* the generation's intake is through with, and how many there are."""
    begins, ends = await consumer.beginning_offsets(sources), await consumer.end_offsets(sources)
    done = await committed(admin, settings.intake_group, sources)
    there = {tp: ends[tp] - begins[tp] for tp in sources}
    return sum(min(there[tp], max(0, at.offset - begins[tp])) for tp, at in done.items()), sum(there.values())
