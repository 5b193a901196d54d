"""Stores on a real Kafka: whatever became of one while nobody looked, every word counts once, and it is said."""

import asyncio
import shutil
import subprocess
from pathlib import Path

from tests.integration.swarm import Swarm, until

STOP_S = 10.0


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


def test_a_store_of_a_topic_that_was_compacted_since_is_made_anew(kafka: str, app_id: str, tmp_path: Path) -> None:
    """Its tombstones may be gone, and then nothing but the whole topic tells what is no longer there."""
    folder = tmp_path / "store"

    async def scenario() -> None:
        variables = {"CRMPULSE_STORE": "rocksdb", "CRMPULSE_STORE_DIR": str(folder), "CRMPULSE_FLUSH_MS": "10"}
        async with Swarm(kafka, app_id, tmp_path, **variables) as swarm:
            await swarm.compact_soon("streams.customers.state")
            await worked(swarm)
            shutil.copytree(folder, tmp_path / "former")
            begin = await swarm.first_checkpoint("streams.customers.state")
            async with asyncio.timeout(90):
                while await swarm.first_checkpoint("streams.customers.state") == begin:
                    await worked(swarm)
            shutil.rmtree(folder)
            shutil.copytree(tmp_path / "former", folder)
            last = await worked(swarm)
            assert "its checkpoint is no longer in the topic" in swarm.said(last)

    asyncio.run(scenario())
