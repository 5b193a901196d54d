"""Generations on a real Kafka: who may start, who may write, and what is said to those who may not."""

import asyncio
import gc
from collections.abc import Awaitable
from pathlib import Path

import msgspec
import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import ProducerFenced

from streams import topics
from streams.agents.checkpoint import Checkpoint
from streams.agents.log import TransactionalLog
from streams.agents.records import Record
from streams.core.kpis import NAMES
from streams.embedded import Embedded
from streams.generations import Generation, Next, Pen, Refused, Step, admission, admit, read, until_over
from streams.generations.admission import Admitted
from streams.generations.control import Superseded, begin
from streams.generations.record import Control
from streams.policy import Policy, default_policy, load
from streams.rebuild import RebuildError
from streams.rebuild.handover import shut_out
from streams.rebuild.run import rebuild
from streams.settings import Settings
from streams.store import MemoryStore
from streams.topics import CUSTOMERS_STATE, FACTS, INBOX, Topics
from streams.topics.reading import committed_records, layout, reader
from streams.worker import jobs

NOW = 1_772_452_800_000_000
DEADLINE_S = 30.0


@pytest.fixture
def settings(kafka: str, app_id: str, topic_prefix: str) -> Settings:
    return Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_APP": app_id,
            "CRMPULSE_TOPIC_PREFIX": topic_prefix,
            "CRMPULSE_PARTITIONS": "2",
            "CRMPULSE_WEB_PORT": "0",
        }
    )


def policy(folder: Path, text: str) -> Policy:
    file = folder / "policy.yaml"
    file.write_text(f"{text}\npipeline: {{stages: [{{name: Prospecting}}]}}\n", encoding="utf-8")
    return load(file, NAMES)


async def made(settings: Settings) -> None:
    assert not (await topics.create(settings)).wrong


async def start(settings: Settings, policy: Policy | None = None) -> Admitted | None:
    return await admit(settings, policy or default_policy(), NOW, asyncio.Event())


async def refusal(starting: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refused:
        await starting
    return str(refused.value)


async def altered(settings: Settings, topic: str, **config: str) -> None:
    """As we make it, but for what is given."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    name = Topics(settings).full(topic)
    changes = Topics(settings).config(topic) | {key.replace("_", "."): value for key, value in config.items()}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=changes)])
    await admin.close()


async def deleted(settings: Settings, topic: str) -> None:
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    name = Topics(settings).full(topic)
    await admin.delete_topics([name])
    async with asyncio.timeout(DEADLINE_S):
        while name in await admin.list_topics():
            await asyncio.sleep(0.1)
    await admin.close()


def test_the_first_worker_begins_a_generation_and_those_that_do_not_fit_it_are_refused(
    settings: Settings, tmp_path: Path
) -> None:
    async def scenario() -> None:
        await made(settings)
        admitted = await start(settings)
        assert admitted is not None
        named, begun = admitted
        assert (named.generation, named.shadow, named.output_partitions["alerts"]) == (1, False, 2)
        assert (begun.number, begun.timezone, begun.currency, begun.partitions) == (1, "UTC", "USD", 2)
        assert (len(begun.inbox), begun.since) == (32, NOW)
        assert await start(settings) == admitted
        assert (await read(settings)).current == begun

        tokyo = policy(tmp_path, "timezone: Asia/Tokyo")
        assert await refusal(start(settings, tokyo)) == (
            "The policy's time zone is Asia/Tokyo, but generation 1 counts its days in UTC: set it back, or make a new "
            "generation with `crmpulse rebuild`."
        )
        euro = policy(tmp_path, "currency: {reporting: EUR}")
        assert "reports in EUR, but generation 1 keeps its amounts in USD: " in await refusal(start(settings, euro))
        more = msgspec.structs.replace(settings, partitions=3)
        assert "CRMPULSE_PARTITIONS is 3, but generation 1 has 2 partitions: " in await refusal(start(more))

        await deleted(settings, INBOX)
        missing = f"{Topics(settings).full(INBOX)} is missing; `crmpulse topics` creates it."
        assert await refusal(start(settings)) == missing
        await made(settings)
        assert await refusal(start(settings)) == (
            "The inbox of generation 1 was deleted and created again, so that no stored offset means anything in it: "
            "make a new generation with `crmpulse rebuild`."
        )

    asyncio.run(scenario())


def test_topics_that_were_tampered_with_keep_a_worker_from_starting(settings: Settings) -> None:
    async def scenario() -> None:
        await made(settings)
        named = Topics(settings)
        await altered(settings, FACTS, cleanup_policy="delete")
        said = await refusal(start(settings))
        assert said.startswith(f"{named.full(FACTS)} has cleanup.policy=delete: kafka-configs.sh --alter ")
        await altered(settings, FACTS)
        await altered(settings, "alerts", min_insync_replicas="3")
        await altered(settings, "customers", cleanup_policy="delete")
        said = await refusal(start(settings))
        assert f"{named.full('alerts')} has 1 copies and takes records only with 3 in sync: kafka-configs.sh" in said
        assert said.endswith("min.insync.replicas=1 (`crmpulse topics --check` names 1 more)")

    asyncio.run(scenario())


def test_workers_that_begin_the_first_generation_differently_do_not_both_stay(
    settings: Settings, tmp_path: Path
) -> None:
    tokyo = policy(tmp_path, "timezone: Asia/Tokyo")

    async def scenario() -> None:
        await made(settings)
        zones = {"UTC": None, "Asia/Tokyo": tokyo}
        results = await asyncio.gather(*(start(settings, one) for one in [*zones.values()] * 2), return_exceptions=True)
        begun = (await read(settings)).current
        assert begun is not None
        assert all(isinstance(result, Admitted | Refused) for result in results), results
        admitted = [result for result in results if isinstance(result, Admitted)]
        stay = [one for one in admitted if one.generation.timezone == begun.timezone]
        assert stay
        for one in admitted:
            if one in stay:
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.5):
                        await until_over(*one)
            else:
                assert await until_over(*one) == "generation 1 was begun otherwise by another worker at the same time"

    asyncio.run(scenario())


def test_a_worker_that_finds_states_of_one_that_has_just_begun_joins_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        await made(settings)
        begun: list[Admitted | None] = []

        async def late(asked: Settings) -> Control:
            """It asks before the other has begun, and goes on after that has written a state."""
            found = await consult(asked)
            monkeypatch.setattr(admission, "consult", consult)
            begun.append(await start(settings))
            producer = AIOKafkaProducer(**settings.client_options())
            await producer.start()
            await producer.send_and_wait(Topics(settings).full(CUSTOMERS_STATE), b"state", b"key")
            await producer.stop()
            return found

        consult = admission.consult
        monkeypatch.setattr(admission, "consult", late)
        assert [await start(settings)] == begun

    asyncio.run(scenario())


def test_states_without_a_record_of_what_they_were_made_with_are_not_trusted(settings: Settings) -> None:
    async def scenario() -> None:
        await made(settings)
        producer = AIOKafkaProducer(**settings.client_options())
        await producer.start()
        await producer.send_and_wait(Topics(settings).full(CUSTOMERS_STATE), b"state", b"key")
        await producer.stop()
        assert "no record of the time zone" in await refusal(start(settings))

    asyncio.run(scenario())


@pytest.mark.logs_errors
def test_a_generation_that_is_over_writes_nothing_more(settings: Settings) -> None:
    first, second = Generation(1, "UTC", "USD", 2, "", NOW), Generation(2, "UTC", "EUR", 2, "", NOW)
    named = Topics(settings)
    place = TopicPartition(named.full(INBOX), 0), TopicPartition(named.full(CUSTOMERS_STATE), 0)

    async def scenario() -> None:
        await made(settings)
        await begin(settings, first)
        ending = asyncio.create_task(until_over(settings, first))
        async with Pen(settings) as pen:
            await pen.write(Next(second, "p", Step.BUILDING))
            log = TransactionalLog(settings, "customers", *place)
            await log.load(MemoryStore(), "")
            assert not ending.done()
            await pen.write(Next(second, "p", Step.SWITCHING))
            async with asyncio.timeout(DEADLINE_S):
                assert await ending == "generation 2 takes over from generation 1"
            late = TransactionalLog(settings, "customers", *place)
            with pytest.raises(Superseded, match="generation 1 may not write any more"):
                await late.load(MemoryStore(), "")
            await shut_out(settings, jobs(default_policy(), settings))
            with pytest.raises((ExceptionGroup, ProducerFenced)) as refused:
                await log.write({}, [Record(b"key", b"state")], Checkpoint(0, NOW, "", "p"), None)
            assert "ProducerFenced" in repr(refused.value)
            states = (await layout(settings))[named.full(CUSTOMERS_STATE)]
            async with reader(settings) as consumer:
                assert not [record for tp in states async for record in committed_records(consumer, tp)]
        await log.close()
        await late.close()

    asyncio.run(scenario())
    gc.collect()  # aiokafka forgets futures with errors in them, which are logged in this test rather than another


@pytest.mark.logs_errors
def test_of_two_rebuilds_the_later_one_writes(settings: Settings) -> None:
    async def scenario() -> None:
        await made(settings)
        async with Pen(settings) as former, Pen(settings) as latter:
            with pytest.raises(ProducerFenced):
                await former.write(None, Generation(1, "UTC", "USD", 2, "", NOW))
            assert (await read(settings)).current is None
            written = Generation(2, "UTC", "EUR", 2, "", NOW)
            assert (await latter.write(None, written)).current == written

    asyncio.run(scenario())
    gc.collect()  # aiokafka forgets futures with errors in them, which are logged in this test rather than another


def test_where_nothing_was_made_yet_there_is_nothing_to_rebuild(settings: Settings) -> None:
    async def scenario() -> None:
        await made(settings)
        with pytest.raises(RebuildError, match="start `crmpulse worker`"):
            await rebuild(settings, default_policy(), lambda: NOW, asyncio.Event(), lambda *_: None)

    asyncio.run(scenario())


def test_the_embedded_broker_has_one_generation(app_id: str, tmp_path: Path) -> None:
    async def scenario(settings: Settings) -> None:
        await made(settings)
        admitted = await start(settings)
        assert admitted is not None
        assert admitted.settings == settings
        tokyo = policy(tmp_path, "timezone: Asia/Tokyo")
        assert "time zone is Asia/Tokyo" in await refusal(start(settings, tokyo))
        with pytest.raises(RebuildError, match="forgets everything"):
            await rebuild(settings, default_policy(), lambda: NOW, asyncio.Event(), lambda *_: None)

    with Embedded() as broker:
        environ = {"CRMPULSE_KAFKA": broker.bootstrap, "CRMPULSE_APP": app_id, "CRMPULSE_EMBEDDED": "1"}
        asyncio.run(scenario(Settings.from_env(environ)))
