"""The dead-letter topic read and sent again, on a broker; the embedded one will do."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.structs import ConsumerRecord
from click.testing import CliRunner

from streams import topics
from streams.cli import main
from streams.core.records import dead_letter
from streams.dead_letters import Chosen, Reading, Retried, from_topic, retry
from streams.embedded import Embedded
from streams.events import Reason, Rejected
from streams.policy import default_policy
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, MissingTopic, Topics
from tests.integration.house import DEADLINE_S, UNTIL, contact

DAY = 86_400_000_000


@pytest.fixture
def settings() -> Iterator[Settings]:
    with Embedded() as broker:
        yield Settings.from_env(
            {"CRMPULSE_KAFKA": broker.bootstrap, "CRMPULSE_EMBEDDED": "1", "CRMPULSE_TOPIC_PREFIX": "p."}
        )


@pytest.fixture(autouse=True)
def _aiokafka_speaks_again() -> Iterator[None]:
    """A command line silences it."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    yield
    logger.setLevel(before)


def letter(offset: int, raw: bytes = b"{", reason: Reason = Reason.malformed, topic: str = "crm.tasks") -> bytes:
    return orjson.dumps(dead_letter(Rejected(reason, "why"), topic, 0, offset, UNTIL, raw))


@asynccontextmanager
async def holding(settings: Settings, *values: bytes | None) -> AsyncIterator[AIOKafkaProducer]:
    """The dead-letter topic with these records, each a day after the one before it."""
    await topics.create(settings)
    producer = AIOKafkaProducer(**settings.client_options(), max_request_size=16 << 20)
    await producer.start()
    try:
        for number, value in enumerate(values):
            at = (UNTIL + number * DAY) // 1000
            await producer.send_and_wait(Topics(settings).full(DEAD_LETTERS), value, b"k", 0, at)
        yield producer
    finally:
        await producer.stop()


async def offsets(reading: Reading) -> list[int | None]:
    return [kept.letter.offset async for kept in reading]


def test_letters_are_read_in_order_up_to_the_limit_and_what_is_none_is_counted(settings: Settings) -> None:
    async def run() -> None:
        values = [letter(0), b"nonsense", letter(1, reason=Reason.bug), None, letter(2), letter(3, topic="crm.costs")]
        async with holding(settings, *values), asyncio.timeout(DEADLINE_S):
            reading = Reading(settings, Chosen())
            assert await offsets(reading) == [0, 1, 2, 3]
            assert reading.foreign == 2
            assert await offsets(Reading(settings, Chosen(), limit=2)) == [0, 1]
            assert await offsets(Reading(settings, Chosen(reason=Reason.bug))) == [1]
            assert await offsets(Reading(settings, Chosen(topic="crm.costs"))) == [3]
            assert await offsets(Reading(settings, Chosen(since=UNTIL + 4 * DAY))) == [2, 3]

    asyncio.run(run())


def test_what_comes_while_they_are_read_is_not_read(settings: Settings) -> None:
    async def run() -> None:
        async with holding(settings, letter(0), letter(1)) as producer, asyncio.timeout(DEADLINE_S):
            found = []
            async for kept in Reading(settings, Chosen()):
                found.append(kept.letter.offset)
                await producer.send_and_wait(Topics(settings).full(DEAD_LETTERS), letter(2), partition=0)
            assert found == [0, 1]

    asyncio.run(run())


@pytest.mark.parametrize("dry", [True, False])
def test_a_retry_sends_the_very_bytes_to_the_topic_of_their_type(settings: Settings, dry: bool) -> None:
    raw = contact(7).replace(b'"channel"', b' "x": "\xc3\xa9", "channel"')

    async def sent() -> list[ConsumerRecord]:
        consumer = AIOKafkaConsumer(**settings.client_options(), auto_offset_reset="earliest")
        await consumer.start()
        try:
            partitions = [TopicPartition("p.crm.contacts", number) for number in range(4)]
            consumer.assign(partitions)
            found: list[ConsumerRecord] = []
            for tp, end in (await consumer.end_offsets(partitions)).items():
                while await consumer.position(tp) < end:
                    found += (await consumer.getmany(tp, timeout_ms=200)).get(tp, [])
            return found
        finally:
            await consumer.stop()

    async def run() -> None:
        left: list[str] = []
        async with holding(settings, letter(0), letter(1, raw, Reason.bug)), asyncio.timeout(DEADLINE_S):
            letters = from_topic(Reading(settings, Chosen()))
            now = UNTIL + DAY
            done = await retry(settings, default_policy(), letters, now, lambda place, why: left.append(place), dry=dry)
            assert done == Retried(1, Counter({Reason.malformed: 1}))
            assert left == ["crm.tasks[0]@0"]
            expected = [] if dry else [(b"cus-7", raw)]
            assert [(record.key, record.value) for record in await sent()] == expected

    asyncio.run(run())


def test_a_topic_that_is_not_there_is_one_sentence(settings: Settings) -> None:
    with pytest.raises(MissingTopic, match=r"^The topic p\.streams\.dead-letters does not exist; `crmpulse topics`"):
        asyncio.run(offsets(Reading(settings, Chosen())))


def test_the_command_line_chooses_counts_and_judges(settings: Settings) -> None:
    environ = {"CRMPULSE_KAFKA": settings.kafka, "CRMPULSE_EMBEDDED": "1", "CRMPULSE_TOPIC_PREFIX": "p."}
    values = [letter(0), b"nonsense", letter(1, contact(7), Reason.no_rate), letter(2, topic="crm.costs")]
    foreign = "1 records in the topic are no dead letters and were left out.\n"

    async def hold() -> None:
        async with holding(settings, *values):
            pass

    def said(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
        found = CliRunner().invoke(main, ["dead-letters", *arguments], stdin, environ, catch_exceptions=False)
        return found.exit_code, found.stdout, found.stderr

    asyncio.run(hold())
    code, lines, told = said("list")
    assert (code, told) == (0, foreign)
    assert [line.split() for line in lines.splitlines()] == [
        ["2026-03-02T12:00:00Z", "malformed", "crm.tasks[0]@0", "why"],
        ["2026-03-04T12:00:00Z", "no_rate", "crm.tasks[0]@1", "why"],
        ["2026-03-05T12:00:00Z", "malformed", "crm.costs[0]@2", "why"],
    ]
    assert said("list", "--json", "--limit", "1") == (0, letter(0).decode() + "\n", "")
    for chosen in (("--topic", "crm.costs"), ("--since", "2026-03-05T00:00:00Z"), ("--reason", "malformed")):
        assert said("list", *chosen)[1].splitlines()[-1] == lines.splitlines()[-1]
    assert said("list", "--topic", "crm.usage") == (0, "", "No dead letters.\n" + foreign)
    code, lines, _ = said("list", "--summary")
    assert [line.split()[:3] for line in lines.splitlines()] == [
        ["crm.costs", "malformed", "1"], ["crm.tasks", "malformed", "1"], ["crm.tasks", "no_rate", "1"],
    ]  # fmt: skip
    code, lines, told = said("retry", "--dry-run")
    assert (code, lines) == (1, "1 would be sent, 2 not, as they would be refused again (malformed 2)\n")
    assert told.splitlines()[0].startswith("crm.tasks[0]@0  malformed  the record is not JSON")
    assert said("retry", "--reason", "no_rate") == (0, "1 sent, none left\n", foreign)
    assert said("retry", "-", stdin=values[2]) == (0, "1 sent, none left\n", "")
