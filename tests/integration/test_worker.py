"""The worker as a process: it tells how it is, stops in order, refuses what does not fit, and waits for a broker."""

import asyncio
import json
import logging
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka.admin import RecordsToDelete

from streams.agents.leave import Exit
from streams.embedded import Embedded
from streams.intake import progress
from streams.metrics import Metrics
from streams.policy import default_policy
from streams.settings import Settings
from streams.topics import INBOX, ROLLUP
from streams.worker import WorkerError, serve, work
from tests.integration.swarm import Swarm, until
from tests.integration.toy import JOBS
from tests.kafka import Broker

NEW_YEAR = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, us."""
STOP_S = 10.0


def now() -> int:
    return time.time_ns() // 1000


async def nothing_more(stop: asyncio.Event) -> None:
    """A source of input that has none."""
    await stop.wait()


@pytest.fixture(autouse=True)
def _aiokafka_says_less() -> Iterator[None]:
    """To aiokafka a group whose coordinator is still being made is an ERROR."""
    logger = logging.getLogger("aiokafka")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)


def test_a_worker_that_is_told_to_stop_leaves_nothing_to_redo(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path, CRMPULSE_FLUSH_MS="60000", CRMPULSE_SESSION_MS="60000") as swarm:
            worker = swarm.start()
            await swarm.ready(worker)
            await swarm.write(200)
            ends = await swarm.ends(INBOX)
            async with swarm.admin() as admin:
                await asyncio.sleep(2)
                assert not (await progress(admin, swarm.settings))[INBOX], "a minute between two flushes"
                worker.send_signal(signal.SIGTERM)
                await until(lambda: worker.poll() is not None, STOP_S, "the worker stops")
                assert worker.returncode == 0, swarm.said(worker)
                done = (await progress(admin, swarm.settings))[INBOX]
            assert {number: at.offset for number, at in done.items()} == ends

            swarm.environ["CRMPULSE_FLUSH_MS"] = "100"
            second = swarm.start()
            await swarm.ready(second, within=40)  # else the first had not left the group
            await swarm.all_counted()
            _, metrics = await swarm.get(second, "/metrics")
            assert "crmpulse_events_total{" not in metrics, "nothing was counted a second time"
            assert "faust_total_events" in metrics

    asyncio.run(scenario())


def test_a_worker_refuses_a_state_that_was_made_from_another_inbox(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path) as swarm:
            first = swarm.start()
            await swarm.ready(first)
            await swarm.write(50)
            await swarm.all_counted()
            first.terminate()
            await until(lambda: first.poll() is not None, STOP_S, "the worker stops")
            async with swarm.admin() as admin:
                await admin.delete_topics([swarm.topics.full(INBOX)])
                await _gone(swarm)
            await swarm.create_topics(INBOX)
            second = swarm.start()
            await until(lambda: second.poll() is not None, 60, "the worker refuses")
            assert second.returncode == Exit.LOAD
            assert "deleted and created again; `crmpulse rebuild` makes everything anew" in swarm.said(second)

    async def _gone(swarm: Swarm) -> None:
        async with swarm.admin() as admin, asyncio.timeout(120):
            while swarm.topics.full(INBOX) in await admin.list_topics():
                await asyncio.sleep(0.1)

    asyncio.run(scenario())


def test_a_worker_refuses_an_inbox_whose_next_records_have_run_out(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path) as swarm:
            first = swarm.start()
            await swarm.ready(first)
            await swarm.write(50)
            await swarm.all_counted()
            first.terminate()
            await until(lambda: first.poll() is not None, STOP_S, "the worker stops")
            await swarm.write(50)
            ends = await swarm.ends(INBOX)
            async with swarm.admin() as admin:
                await admin.delete_records({tp: RecordsToDelete(ends[tp.partition]) for tp in swarm.partitions(INBOX)})
            second = swarm.start()
            await until(lambda: second.poll() is not None, 60, "the worker refuses")
            assert second.returncode == Exit.LOAD
            assert "but the input goes from" in swarm.said(second)
            assert "`crmpulse rebuild` makes everything anew from crm.*" in swarm.said(second)

    asyncio.run(scenario())


def test_a_broker_that_was_away_costs_a_pause(own_kafka: Broker, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Swarm(own_kafka.bootstrap, app_id, tmp_path, CRMPULSE_TRANSACTION_MS="300000") as swarm:
            worker = swarm.start()
            await swarm.ready(worker)
            writing = asyncio.create_task(swarm.write(600, 4.0))
            await asyncio.sleep(1)
            await asyncio.to_thread(own_kafka.kill)
            async with asyncio.timeout(120):
                while (answer := await swarm.get(worker, "/readyz"))[0] == 200:
                    await asyncio.sleep(0.2)
            assert answer == (503, f"no Kafka at {own_kafka.bootstrap}\n")
            await asyncio.to_thread(own_kafka.start)
            await writing
            await swarm.all_counted(within=120)
            await swarm.ready(worker)

    asyncio.run(scenario())


def test_events_up_to_an_instant_go_all_the_way_and_the_worker_ends(kafka: str, app_id: str, tmp_path: Path) -> None:
    def event(topic: str, number: int, type_: str, at: str, **data: object) -> tuple[str, bytes]:
        envelope = {
            "specversion": "1.0",
            "id": f"e{number}",
            "source": "/test",
            "type": type_,
            "time": at,
            "data": data,
        }
        return topic, json.dumps(envelope).encode()

    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path, CRMPULSE_WEB_PORT="0") as swarm:
            ann = {"employee_id": "emp-1", "role": "sales", "team": "north"}
            deal = {"opportunity_id": "opp-1", "customer_id": "cus-1", "owner_id": "emp-1"}
            for topic, raw in [
                event("crm.employees", 1, "employee.upserted", "2025-01-01T00:00:00Z", **ann),
                event("crm.opportunities", 2, "opportunity.created", "2025-03-01T00:00:00Z", **deal, stage="Engaging"),
                event("crm.opportunities", 3, "opportunity.won", "2025-03-09T00:00:00Z", **deal,
                      amount={"amount": "100.25"}),
                event("crm.opportunities", 4, "opportunity.won", "2026-03-09T00:00:00Z", **deal | {
                      "opportunity_id": "opp-2"}, amount={"amount": "900.00"}),
            ]:  # fmt: skip
                await swarm.producer.send_and_wait(swarm.topics.full(topic), raw)
            async with asyncio.timeout(60):
                await work(swarm.settings, default_policy(), now, asyncio.Event(), NEW_YEAR)
            async with swarm.admin() as admin:
                assert (await progress(admin, swarm.settings))[ROLLUP][0].clock == NEW_YEAR
            march = json.loads((await swarm.table("kpis.employees"))[b"emp-1/2025-03"])
            assert {row["kpi"]: row["value"] for row in march["kpis"]}["won_count"] == 1

    asyncio.run(scenario())


def test_the_stages_run_on_the_embedded_broker(tmp_path: Path, app_id: str) -> None:
    async def scenario(embedded: Embedded) -> None:
        variables = {"CRMPULSE_EMBEDDED": "1", "CRMPULSE_FLUSH_MS": "50", "CRMPULSE_WEB_PORT": "0"}
        async with Swarm(embedded.bootstrap, app_id, tmp_path, **variables) as swarm:
            stop = asyncio.Event()
            metrics = Metrics(now, "0", "toy")
            serving = asyncio.create_task(serve(swarm.settings, JOBS, metrics, now, nothing_more, stop))
            await swarm.write(300, 1.0)
            await swarm.tick(NEW_YEAR)
            await swarm.all_counted()
            async with swarm.admin() as admin, asyncio.timeout(120):
                while {at.clock for at in (await progress(admin, swarm.settings))[INBOX].values()} != {NEW_YEAR}:
                    await asyncio.sleep(0.05)
            stop.set()
            async with asyncio.timeout(STOP_S):
                await serving
            assert metrics.events["crm.contacts", "contact.logged", "accepted"] == swarm.expected.total()

    with Embedded() as embedded:
        asyncio.run(scenario(embedded))


def work_once(kafka: str, app_id: str) -> None:
    settings = Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_TOPIC_PREFIX": app_id,
            "CRMPULSE_APP": app_id,
            "CRMPULSE_WEB_PORT": "0",
        }
    )
    asyncio.run(work(settings, default_policy(), now, asyncio.Event()))


def test_a_broker_that_is_not_there_is_said_in_one_sentence() -> None:
    with pytest.raises(WorkerError, match=r"No Kafka answers at 127.0.0.1:9; CRMPULSE_KAFKA"):
        work_once("127.0.0.1:9", "none")


def test_topics_that_are_not_there_are_said_in_one_sentence(kafka: str, app_id: str) -> None:
    with pytest.raises(WorkerError, match=rf"^{app_id}crm\.\w+ is missing; `crmpulse topics` creates it\."):
        work_once(kafka, app_id)


def test_a_port_that_is_taken_is_said_in_one_sentence(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Swarm(kafka, app_id, tmp_path) as swarm:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                port = taken.getsockname()[1]
                settings = Settings.from_env(swarm.environ | {"CRMPULSE_WEB_PORT": str(port)})
                with pytest.raises(WorkerError, match=f"cannot listen on 127.0.0.1:{port} .*CRMPULSE_WEB_PORT"):
                    await serve(settings, JOBS, Metrics(now, "0"), now, nothing_more, asyncio.Event())

    asyncio.run(scenario())
