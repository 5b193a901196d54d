"""The embedded broker as far as it is promised: what intake, the ticker and the topics need of it."""

import asyncio
from collections import Counter

import pytest
from aiokafka import AIOKafkaProducer

from streams import topics
from streams.embedded import LIMITS, Embedded
from streams.intake import progress
from streams.settings import Settings
from streams.topics import FACTS, INBOX, ROLLUP, TOPICS, Status, Topics
from tests.integration.house import DEADLINE_S, UNTIL, House, contact


def settings_for(broker: Embedded) -> Settings:
    return Settings.from_env({"CRMPULSE_KAFKA": broker.bootstrap, "CRMPULSE_EMBEDDED": "1", "CRMPULSE_TICK_MS": "100"})


def test_it_says_what_it_is() -> None:
    for limit in ("memory", "5 MiB", "4 partitions", "no transactions", "no compaction", "3 s to join"):
        assert limit in LIMITS


def test_topics_appear_with_four_partitions() -> None:
    async def partitions(settings: Settings) -> set[int]:
        producer = AIOKafkaProducer(**settings.client_options())
        await producer.start()
        try:
            return {len(await producer.partitions_for(Topics(settings).full(topic.name))) for topic in TOPICS}
        finally:
            await producer.stop()

    with Embedded() as broker:
        settings = settings_for(broker)
        report = asyncio.run(topics.create(settings))

        assert {finding.status for finding in report.findings} == {Status.OK}
        assert asyncio.run(partitions(settings)) == {Topics(settings).partitions(INBOX)}


def test_it_is_gone_when_it_is_stopped() -> None:
    with Embedded() as broker:
        host, port = broker.bootstrap.split(":")

    with pytest.raises(ConnectionRefusedError):
        asyncio.run(asyncio.open_connection(host, int(port)))


def test_intake_and_ticker_work_on_it_to_the_end() -> None:
    async def run(settings: Settings) -> None:
        async with House(settings) as house, house.stages():
            await house.produce("crm.contacts", *(contact(number) for number in range(2_000)))
            house.start(UNTIL)
            async with asyncio.timeout(DEADLINE_S):
                await house.intakes.pop()[0]

            assert await house.ids() == Counter(f"e-{number}" for number in range(2_000))
            assert set(await house.ticks(INBOX)) == {(p, UNTIL, final) for p in range(4) for final in (False, True)}
            assert set(await house.ticks(FACTS)) == {(p, UNTIL, True) for p in range(4)}
            assert set(await house.ticks(ROLLUP)) == {(0, UNTIL, True)}
            assert (await progress(house.admin, settings))[ROLLUP][0].clock == UNTIL

    with Embedded() as broker:
        asyncio.run(run(settings_for(broker)))


def test_time_goes_on_as_on_any_other_broker() -> None:
    async def run(settings: Settings) -> None:
        async with House(settings) as house, house.stages():
            house.start()
            await house.until(lambda: house.ticks(ROLLUP))
            await house.stop()

    with Embedded() as broker:
        asyncio.run(run(settings_for(broker)))
