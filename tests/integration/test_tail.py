"""Following an output stream on a broker; the embedded one will do."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from io import StringIO

import pytest
from aiokafka import AIOKafkaProducer
from rich.console import Console

from streams import topics
from streams.embedded import Embedded
from streams.settings import Settings
from streams.tail import tail
from streams.topics import MissingTopic, Topics

DEADLINE_S = 30.0


@pytest.fixture
def settings() -> Iterator[Settings]:
    with Embedded() as broker:
        yield Settings.from_env(
            {"CRMPULSE_KAFKA": broker.bootstrap, "CRMPULSE_EMBEDDED": "1", "CRMPULSE_TOPIC_PREFIX": "p."}
        )


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    await topics.create(settings)
    producer = AIOKafkaProducer(**settings.client_options())
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def say(producer: AIOKafkaProducer, settings: Settings, word: str) -> None:
    value = json.dumps({"word": word}).encode()
    await producer.send_and_wait(Topics(settings).full("customers"), value, key=b"cus-1")


def test_from_the_beginning_everything_is_printed_a_line_each_and_then_what_comes(settings: Settings) -> None:
    async def run() -> str:
        out, stop = StringIO(), asyncio.Event()
        async with producing(settings) as producer, asyncio.timeout(DEADLINE_S):
            for number in range(5):
                await say(producer, settings, f"old-{number}")
            console = Console(file=out, width=20)
            following = asyncio.create_task(tail(settings, "customers", console, from_beginning=True, stop=stop))
            while "old-4" not in out.getvalue() and not following.done():
                await asyncio.sleep(0.05)
            await say(producer, settings, "new")
            while "new" not in out.getvalue() and not following.done():
                await asyncio.sleep(0.05)
            stop.set()
            await following
        return out.getvalue()

    lines = asyncio.run(run()).splitlines()

    assert len(lines) == 6
    assert all("cus-1" in line for line in lines)


def test_by_default_only_what_is_new_is_printed(settings: Settings) -> None:
    async def run() -> str:
        out = StringIO()
        async with producing(settings) as producer, asyncio.timeout(DEADLINE_S):
            await say(producer, settings, "old")
            following = asyncio.create_task(tail(settings, "customers", Console(file=out, width=200)))
            while "new" not in out.getvalue() and not following.done():
                await say(producer, settings, "new")
                await asyncio.sleep(0.05)
            assert not following.done()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        return out.getvalue()

    assert "old" not in asyncio.run(run())


def test_a_topic_that_is_not_there_is_one_sentence(settings: Settings) -> None:
    with pytest.raises(MissingTopic, match=r"^The topic p\.alerts does not exist; `crmpulse topics` creates it\.$"):
        asyncio.run(tail(settings, "alerts", Console()))
