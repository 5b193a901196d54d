"""Intake on a real Kafka, from crm.* to the inbox: nothing lost, bad input named, time only after what it covers."""

import asyncio
import base64
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.core.stage import EVENTS, ORG, TICK, partition_of
from streams.events import Money, OpportunityCreated
from streams.intake import Intake, committed, progress
from streams.intake.lineup import SLACK_US
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, FACTS, INBOX, ROLLUP, Topics
from tests.integration.house import DEADLINE_S, NOON, UNTIL, House, contact, employee, event


@pytest.fixture
def settings(kafka: str, app_id: str, topic_prefix: str) -> Settings:
    return Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_APP": app_id,
            "CRMPULSE_TOPIC_PREFIX": topic_prefix,
            "CRMPULSE_PARTITIONS": "2",
            "CRMPULSE_REPLICATION": "1",
            "CRMPULSE_TICK_MS": "100",
            "CRMPULSE_SESSION_MS": "3000",
        }
    )


def test_every_event_arrives_in_its_subject_s_partition_and_is_committed(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            await house.produce("crm.contacts", *(contact(number) for number in range(2_000)))
            await house.produce("crm.employees", *(employee(number) for number in range(2_000, 2_010)))
            intake = house.start()
            await house.until(house.drained)

            assert intake.ready
            assert await house.ids() == Counter(f"e-{number}" for number in range(2_010))
            for partition, (topic, _, _, found) in await house.items():
                assert partition == partition_of(found["subject"], 2)
                assert topic == ("crm.employees" if found["type"] == "employee.upserted" else "crm.contacts")
            copies = await house.items(ORG)
            assert Counter(item[3]["id"] for _, item in copies) == Counter(f"e-{n}" for n in range(2_000, 2_010))
            assert all(partition != partition_of(item[3]["subject"], 2) for partition, item in copies)
            read = {(name, part, offset) for _, (name, part, offset, _) in await house.items()}
            assert len(read) == 2_010

            await house.stop()
            assert not intake.ready

    asyncio.run(run())


def test_a_backlog_of_several_topics_is_taken_in_the_order_of_its_events(settings: Settings) -> None:
    first = NOON - timedelta(hours=9_000)
    contacts = [contact(number, first + timedelta(hours=2 * number)) for number in range(3_000)]
    deal = OpportunityCreated(opportunity_id="o", customer_id="c", owner_id="e", stage="Prospecting")
    deals = [event(deal, 3_000 + number, first + timedelta(hours=2 * number + 1)) for number in range(3_000)]

    async def run() -> None:
        async with House(settings) as house:
            await house.produce("crm.contacts", *contacts)
            await house.produce("crm.opportunities", *deals)
            house.start()
            await house.until(house.drained)
            newest: dict[int, datetime] = {}
            for partition, (*_, found) in await house.items():
                time = datetime.fromisoformat(found["time"])
                assert time >= newest.get(partition, time) - timedelta(microseconds=SLACK_US)
                newest[partition] = max(time, newest.get(partition, time))
            assert len(await house.ids()) == 6_000

    asyncio.run(run())


def test_bad_records_become_dead_letters_with_their_bytes_and_the_rest_goes_on(settings: Settings) -> None:
    deal = OpportunityCreated(
        opportunity_id="o",
        customer_id="c",
        owner_id="e",
        stage="Prospecting",
        amount=Money("9.5", "XTS"),  # type: ignore[arg-type]
    )
    bad: dict[str, list[bytes | None]] = {
        "malformed": [b"{", b"\xff\x00", None, b"[" * 10_000],
        "unknown_type": [contact(1).replace(b"contact.logged", b"contact.felt")],
        "missing_field": [contact(2).replace(b'"channel":"call",', b"")],
        "wrong_type": [contact(3).replace(b'"call"', b"7")],
        "invalid_value": [contact(4).replace(b'"call"', b'"smoke"')],
        "future": [contact(5, datetime.now(UTC) + timedelta(days=2))],
        "too_large": [b'{"x":"%b"}' % (b"\x01" * (1 << 20)), b"\xfe" * ((1 << 20) + 1)],
        "no_rate": [event(deal, 6)],
    }

    async def run() -> None:
        async with House(settings) as house:
            for values in bad.values():
                await house.produce("crm.contacts", *values, contact(100))
            intake = house.start()
            await house.until(house.drained)
            await house.stop()

            letters = await house.read(DEAD_LETTERS)
            found: dict[str, list[bytes]] = {}
            for record in letters:
                letter = json.loads(record.value)
                assert record.key == b"crm.contacts"
                assert letter["topic"] == "crm.contacts"
                assert letter["detail"]
                assert datetime.fromisoformat(letter["time"]) <= datetime.now(UTC)
                original = letter["original"]
                raw = base64.b64decode(original) if letter.get("encoding") == "base64" else original.encode()
                found.setdefault(letter["reason"], []).append(raw)
                source = await _value(settings, letter)
                assert raw == (source or b"")
            assert {reason: sorted(values) for reason, values in found.items()} == {
                reason: sorted(value or b"" for value in values) for reason, values in bad.items()
            }
            assert await house.ids() == {"e-100": len(bad)}
            seen = intake._metrics.dead_letters
            assert seen == {(reason,): len(values) for reason, values in bad.items()}

    async def _value(settings: Settings, letter: dict[str, Any]) -> bytes | None:
        """What stands where the letter says that it was read."""
        consumer = AIOKafkaConsumer(**settings.client_options(), max_partition_fetch_bytes=4 << 20)
        await consumer.start()
        tp = TopicPartition(Topics(settings).full(letter["topic"]), letter["partition"])
        consumer.assign([tp])
        consumer.seek(tp, letter["offset"])
        record = await consumer.getone()
        await consumer.stop()
        value: bytes | None = record.value
        return value

    asyncio.run(run())


def test_a_stop_in_the_midst_of_it_repeats_nothing_and_loses_nothing(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            await house.produce("crm.contacts", *(contact(number) for number in range(20_000)))
            first = house.start()
            async with asyncio.timeout(DEADLINE_S):
                while "crm.contacts" not in first._metrics.newest:
                    await asyncio.sleep(0)  # at once after the first batch
            await house.stop()
            assert len(await house.ids()) < 20_000

            house.start()
            await house.until(house.drained)
            assert await house.ids() == Counter(f"e-{number}" for number in range(20_000))

    asyncio.run(run())


def test_of_two_that_share_the_work_one_dies_at_once_and_nothing_is_lost(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            house.start()
            await house.until(lambda: _ready(house))
            house.start()
            await house.until(lambda: _ready(house))
            for batch in range(20):
                await house.produce(
                    "crm.contacts", *(contact(number) for number in range(batch * 500, batch * 500 + 500))
                )
                if batch == 10:
                    await house.kill()
            await house.until(house.drained)

            assert set(await house.ids()) == {f"e-{number}" for number in range(10_000)}

    async def _ready(house: House) -> bool:
        return all(intake.ready for _, _, intake in house.intakes)

    asyncio.run(run())


def test_nothing_is_committed_that_the_inbox_did_not_take_and_then_it_goes_on_by_itself(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            await _takes(house, 8_000)  # the policy, but less than one packed record
            await house.produce("crm.contacts", *(contact(number) for number in range(300)))
            intake = house.start()
            await house.until(lambda: _tried(intake))
            assert await _committed(house) == set()
            assert await house.ids() == {}

            await _takes(house, 2 << 20)
            await house.until(house.drained)
            assert set(await house.ids()) == {f"e-{number}" for number in range(300)}

    async def _takes(house: House, size: int) -> None:
        config = house.topics.config(INBOX) | {"max.message.bytes": str(size)}
        await house.admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, house.topics.full(INBOX), config)])

    async def _tried(intake: Intake) -> bool:
        return "crm.contacts" in intake._metrics.newest

    async def _committed(house: House) -> set[int]:
        partitions = [TopicPartition(house.topics.full("crm.contacts"), p) for p in range(2)]
        done = await committed(house.admin, house.settings.intake_group, partitions)
        return {at.offset for at in done.values()} - {0}

    asyncio.run(run())


def test_ticks_go_down_the_cascade_about_as_often_as_set_and_never_before_what_they_cover(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house, house.stages():
            house.start()
            for batch in range(10):
                await house.produce("crm.contacts", *(contact(number) for number in range(batch * 10, batch * 10 + 10)))
            await house.until(lambda: _ticked(house))

            for name in (INBOX, FACTS, ROLLUP):
                ticks = await house.ticks(name)
                assert {partition for partition, _, _ in ticks} == set(range(house.topics.used(name)))
                assert not any(final for _, _, final in ticks)
                for partition in range(house.topics.used(name)):
                    times = [at for where, at, _ in ticks if where == partition]
                    assert times == sorted(times)
            inbox = {at for _, at, _ in await house.ticks(INBOX)}
            assert {at for _, at, _ in await house.ticks(FACTS)} <= inbox

    async def _ticked(house: House) -> bool:
        return len(await house.ticks(ROLLUP)) >= 3 and await house.drained()

    asyncio.run(run())


@pytest.mark.logs_errors  # at its end a commit may be under way, whose connection is cut
def test_no_tick_passes_a_stage_that_stands_still(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            house.start()
            await house.until(lambda: _ticked(house))
            assert await house.ticks(FACTS) == []

            async with house.stages():
                await house.until(lambda: house.ticks(ROLLUP))

    async def _ticked(house: House) -> bool:
        return len(await house.ticks(INBOX)) > 6

    asyncio.run(run())


@pytest.mark.parametrize("workers", [1, 2])
def test_until_drains_then_ticks_once_finally_and_every_worker_ends(settings: Settings, workers: int) -> None:
    late = NOON + timedelta(seconds=1)

    async def run() -> None:
        async with House(settings) as house, house.stages():
            await house.produce("crm.contacts", *(contact(number) for number in range(3_000)))
            await house.produce("crm.contacts", *(contact(number, late) for number in range(3_000, 3_100)))
            for _ in range(workers):
                house.start(UNTIL)
            async with asyncio.timeout(DEADLINE_S):
                await asyncio.gather(*(task for task, _, _ in house.intakes))

            assert set(await house.ids()) == {f"e-{number}" for number in range(3_000)}
            assert set(await house.ticks(INBOX)) == {(p, UNTIL, final) for p in range(2) for final in (False, True)}
            assert set(await house.ticks(FACTS)) == {(p, UNTIL, True) for p in range(2)}
            assert set(await house.ticks(ROLLUP)) == {(0, UNTIL, True)}
            records = await house.read(INBOX)
            for partition in range(2):
                keys = [record.key for record in records if record.partition == partition]
                assert TICK not in keys[: keys.index(TICK)]
                assert EVENTS not in keys[keys.index(TICK) :]
            after = sum(
                n
                for _, _, intake in house.intakes
                for labels, n in intake._metrics.events.items()
                if labels[2] == "after_as_of"
            )
            assert after == 100

    asyncio.run(run())


def test_a_second_run_until_the_same_instant_drains_what_is_new_before_it_ends(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house, house.stages():
            for batch in range(2):
                await house.produce("crm.contacts", *(contact(number) for number in range(batch * 10, batch * 10 + 10)))
                house.start(UNTIL)
                async with asyncio.timeout(DEADLINE_S):
                    await house.intakes.pop()[0]

                assert await house.ids() == Counter(f"e-{number}" for number in range(batch * 10 + 10))
                assert (await progress(house.admin, settings))[ROLLUP][0].clock == UNTIL

    asyncio.run(run())


def test_the_organisation_is_read_before_what_it_did(settings: Settings) -> None:
    deeds = ("crm.contacts", "crm.tasks", "crm.usage")

    async def run() -> None:
        async with House(settings) as house:
            for count, topic in enumerate(deeds):
                await house.produce(topic, *(contact(number) for number in range(count * 2_000, count * 2_000 + 2_000)))
            await house.produce("crm.employees", *(employee(number) for number in range(10_000, 13_000)))
            house.start()
            await house.until(house.drained)

            records = [record for record in await house.read(INBOX) if record.key in (EVENTS, ORG)]
            for partition in range(2):
                seen = [item[0] for r in records if r.partition == partition for item in json.loads(r.value)]
                assert seen[:3_000] == ["crm.employees"] * 3_000
                assert "crm.employees" not in seen[3_000:]
                assert set(seen[3_000:]) == set(deeds)

    asyncio.run(run())


def test_an_aborted_transaction_is_not_read_and_holds_no_tick_back(settings: Settings) -> None:
    async def run() -> None:
        async with House(settings) as house:
            full = house.topics.full("crm.contacts")
            producer = AIOKafkaProducer(**settings.client_options(), transactional_id=f"{settings.app}-x")
            await producer.start()
            await producer.begin_transaction()
            await producer.send_and_wait(full, contact(1), partition=0)
            await producer.abort_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(full, contact(2), partition=1)
            await producer.commit_transaction()
            await producer.stop()
            house.start()
            await house.until(house.drained)
            await house.until(lambda: house.ticks(INBOX))

            assert await house.ids() == {"e-2": 1}

    asyncio.run(run())
