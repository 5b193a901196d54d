"""A policy on its way into the stream, on a real Kafka: in front of what follows, heard by all, else refused."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from streams.core.stage import POLICY
from streams.policy import load
from streams.settings import Settings
from streams.topics import INBOX
from streams.topics import POLICY as POLICY_TOPIC
from tests.integration.house import House, contact

FORMER = "pipeline: {stages: [{name: A, stall_after: 5d}]}\n"
RENEWED = "pipeline: {stages: [{name: A, stall_after: 9d}]}\nmax_future: 3d\n"
FOREIGN = RENEWED + "timezone: Asia/Shanghai\n"


def _when(holds: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    """A condition to wait for that needs no broker."""

    async def ask() -> bool:
        return holds()

    return ask


def _said(caplog: pytest.LogCaptureFixture, words: str) -> bool:
    return any(words in line for line in caplog.messages)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(FORMER, encoding="utf-8")
    return path


@pytest.fixture
def settings(kafka: str, app_id: str, topic_prefix: str, file: Path) -> Settings:
    return Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_APP": app_id,
            "CRMPULSE_TOPIC_PREFIX": topic_prefix,
            "CRMPULSE_PARTITIONS": "2",
            "CRMPULSE_REPLICATION": "1",
            "CRMPULSE_TICK_MS": "100",
            "CRMPULSE_SESSION_MS": "3000",
            "CRMPULSE_POLICY": str(file),
        }
    )


def test_a_policy_stands_in_front_of_all_that_is_read_and_a_new_one_in_front_of_what_follows(
    settings: Settings, file: Path
) -> None:
    former, renewed = load(FORMER).version, load(RENEWED).version

    async def run() -> None:
        async with House(settings) as house:
            await house.produce("crm.contacts", *(contact(number) for number in range(100)))
            first = house.start()
            await house.until(house.drained)
            for partition in range(2):
                keys = [record.key for record in await house.read(INBOX) if record.partition == partition]
                assert keys[0] == POLICY
                assert len(keys) > 1
            assert await house.policies() == {0: [former], 1: [former]}
            assert await house.policies(POLICY_TOPIC) == {0: [former]}

            second = house.start()
            await house.until(_when(lambda: second.ready and first.ready))
            file.write_text(RENEWED, encoding="utf-8")
            await house.until(_when(lambda: {first.sifter.policy.version, second.sifter.policy.version} == {renewed}))
            assert {versions[-1] for versions in (await house.policies()).values()} == {renewed}
            assert await house.policies(POLICY_TOPIC) == {0: [former, renewed]}
            said = [json.loads(record.value) for record in await house.read(POLICY_TOPIC)]
            assert said[0]["since"] < said[1]["since"]
            assert said[1]["text"] == RENEWED

    asyncio.run(run())


def test_a_faulty_file_and_another_time_zone_leave_the_policy_as_it_is(
    settings: Settings, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with House(settings) as house:
            intake = house.start()
            await house.until(lambda: house.policies(POLICY_TOPIC))
            for content, said in (
                ("pipeline: {stages: 7}\n", f"{file}: line 1: "),
                (FOREIGN, "timezone is Asia/Shanghai, but all was counted in UTC so far; `crmpulse rebuild`"),
            ):
                file.write_text(content, encoding="utf-8")
                await house.until(_when(partial(_said, caplog, said)))
            assert await house.policies(POLICY_TOPIC) == {0: [load(FORMER).version]}
            assert intake.sifter.policy.version == load(FORMER).version

    asyncio.run(run())


def test_what_the_stream_follows_goes_before_the_file_of_a_worker_that_does_not_own_the_place(
    settings: Settings, file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(RENEWED, encoding="utf-8")

    async def run() -> None:
        async with House(settings) as house:
            first = house.start()
            await house.until(_when(lambda: first.ready))
            await house.until(lambda: house.policies(POLICY_TOPIC))
            house.settings = structs.replace(settings, policy=other)
            second = house.start()
            await house.until(_when(lambda: second.ready and second.sifter.policy.version == load(FORMER).version))
            await house.stop()  # the place goes to the second, whose file then counts
            await house.until(_when(lambda: second.sifter.policy.version == load(RENEWED).version))
            assert await house.policies(POLICY_TOPIC) == {0: [load(FORMER).version, load(RENEWED).version]}

            house.settings = settings  # the file of the first again, after all that the stream has said since
            third = house.start()
            await house.until(_when(lambda: third.ready))
            await house.stop()
            await house.until(_when(lambda: third.sifter.policy.version == load(FORMER).version))

    asyncio.run(run())
