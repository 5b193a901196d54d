"""The stages' shells on a real Kafka, with a toy that counts words: whatever dies, whenever, every word counts once."""

import asyncio
import signal
from pathlib import Path

import pytest

from streams.agents.leave import Exit
from tests.integration.swarm import SESSION_S, Swarm, until

pytestmark = pytest.mark.logs_errors


def test_every_word_counts_once_while_workers_come_and_are_killed(
    kafka: str, app_id: str, tmp_path: Path, store: dict[str, str]
) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path, **store) as swarm:
            first = swarm.start()
            await swarm.write(500, 2.0)
            await swarm.ready(first)
            second = swarm.start()
            await swarm.write(1500, 5.0)
            await swarm.ready(second)
            _, metrics = await swarm.get(first, "/metrics")
            assert "crmpulse_recovery_duration_seconds_count 9.0" in metrics, "what it kept was not loaded again"
            first.kill()
            await swarm.write(500, 2.0)
            third = swarm.start()
            await swarm.write(1500, SESSION_S)
            second.kill()
            await swarm.all_counted()
            assert third.poll() is None, swarm.said(third)

    asyncio.run(scenario())


def test_a_worker_that_slept_past_its_session_writes_nothing_more(
    kafka: str, app_id: str, tmp_path: Path, store: dict[str, str]
) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path, **store) as swarm:
            zombie = swarm.start()
            await swarm.write(500, 1.0)
            await swarm.all_counted()
            writing = asyncio.create_task(swarm.write(3000, SESSION_S + 6))
            await asyncio.sleep(1.0)
            zombie.send_signal(signal.SIGSTOP)
            swarm.start()
            await writing
            await swarm.all_counted()
            await swarm.write(200)
            zombie.send_signal(signal.SIGCONT)
            await swarm.write(1000, 3.0)
            await swarm.all_counted()
            await until(lambda: zombie.poll() is not None, 30, "the zombie leaves")
            assert zombie.returncode == Exit.FLUSH, swarm.said(zombie)
            assert "Fenced" in swarm.said(zombie)

    asyncio.run(scenario())
