"""Stores on a real Kafka: whatever became of one while nobody looked, every word counts once, and it is said."""

import asyncio
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from streams.agents.checkpoint import Checkpoint
from streams.agents.log import TransactionalLog
from streams.agents.records import Record
from streams.store import Identity, Mark, RocksStore
from streams.topics import CUSTOMERS_STATE, INBOX
from tests.integration.swarm import Swarm, until

pytestmark = pytest.mark.logs_errors  # of aiokafka, about topics that are still being made
STOP_S = 10.0
IDENTITY = Identity("app", "customers", "state", 1)


async def stopped(swarm: Swarm, worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    await until(lambda: worker.poll() is not None, STOP_S, "the worker stops")
    assert worker.returncode == 0, swarm.said(worker)


async def worked(swarm: Swarm, records: int = 200) -> subprocess.Popen[bytes]:
    """A worker takes in some records and ends in order."""
    worker = swarm.start()
    await swarm.ready(worker)
    await swarm.write(records)
    await swarm.all_counted()
    await stopped(swarm, worker)
    return worker


def overwrite(folder: Path) -> None:
    """Some bytes in the middle of whatever holds something."""
    for file in [*folder.glob("*.sst"), *folder.glob("MANIFEST-*"), *folder.glob("*.log")]:
        content = bytearray(file.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 8] = b"?" * len(content[middle : middle + 8])
        file.write_bytes(content)


def replace(folder: Path, other: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(other, folder)


def test_a_store_that_is_damaged_foreign_or_of_long_ago_is_as_good_as_none(
    kafka: str, app_id: str, tmp_path: Path
) -> None:
    folder = tmp_path / "store"
    home, former = folder / app_id, tmp_path / "former"

    async def scenario() -> None:
        variables = {"CRMPULSE_STORE": "rocksdb", "CRMPULSE_STORE_DIR": str(folder)}
        async with Swarm(kafka, app_id, tmp_path, **variables) as swarm:
            first = await worked(swarm)
            shutil.copytree(home, former)
            second = await worked(swarm)
            assert "the store" not in swarm.said(first) + swarm.said(second)
            overwrite(home / "customers-0")
            replace(home / "customers-1", home / "customers-2")
            replace(home / "customers-3", former / "customers-3")
            replace(home / "employees-0", former / "employees-0")
            third = await worked(swarm)
            said = swarm.said(third)
            lines = [line for line in said.splitlines() if "the store is made anew from the state topic" in line]
            assert len(lines) == 2, said
            assert any("customers-0: " in line for line in lines), said
            assert any("customers-1: " in line and f"it is that of {app_id}/" in line for line in lines), said
            fourth = await worked(swarm)
            assert "the store" not in swarm.said(fourth)

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("change", "trusted"),
    [
        (lambda mark: mark, True),
        (lambda mark: mark._replace(offset=mark.offset - 1), False),
        (lambda mark: mark._replace(offset=mark.offset + 100), False),
        (lambda mark: mark._replace(checkpoint=mark.checkpoint + b" "), False),
    ],
    ids=["as written", "compacted since", "beyond the end", "another checkpoint at its place"],
)
def test_a_store_is_trusted_while_its_checkpoint_stands_in_the_topic(
    kafka: str,
    app_id: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[Mark], Mark],
    trusted: bool,
) -> None:
    """Where compaction has passed it, tombstones may be gone, and only the whole topic tells what is there no more."""

    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path) as swarm:
            source, state = (TopicPartition(swarm.topics.full(name), 1) for name in (INBOX, CUSTOMERS_STATE))
            log = TransactionalLog(swarm.settings, "customers", source, state)
            first = RocksStore(tmp_path, IDENTITY)
            assert (await log.load(first, "id")).at is None
            await log.write({}, [Record(b"[1]", b"a"), Record(b"[2]", b"b")], at(0), None)
            mark = await log.write({}, [Record(b"[1]", None), Record(b"[3]", b"c")], at(1), None)
            # Of what is in the topic it does not know [3], and [2] is none of it: so it shows what was read again.
            await first.put([(b"[2]", b"stored")], change(mark))
            await first.close()
            last = await log.write({}, [Record(b"[4]", b"d")], at(2), None)
            await log.close()
            successor = TransactionalLog(swarm.settings, "customers", source, state)
            second = RocksStore(tmp_path, IDENTITY)
            assert (await successor.load(second, "id")).at == at(2)
            live = {b"[2]": b"stored", b"[4]": b"d"} if trusted else {b"[2]": b"b", b"[3]": b"c", b"[4]": b"d"}
            assert dict(second.records()) == live
            assert await second.open("id") == last
            said = [line for line in caplog.messages if "its checkpoint is no longer in the topic" in line]
            assert bool(said) is not trusted
            await second.close()
            await successor.close()

    asyncio.run(scenario())


def at(offset: int) -> Checkpoint:
    return Checkpoint(offset, 0, "input", "policy")
