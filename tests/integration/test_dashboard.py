"""The dashboard on a real Kafka, beside a real worker: what is produced is seen, and a death changes no answer."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from streams.events import ContactLogged
from tests.acceptance.board import NOW, company, dashboard, writing
from tests.acceptance.installation import Installation

DEADLINE_S = 300.0


class Reading:
    """The event stream of somebody who looks at alerts."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content
        self.last = ""

    async def until(self, wanted: Callable[[Any], bool]) -> Any:
        """The first record that is as wanted."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                fields: dict[str, str] = {}
                while line := (await self._content.readline()).decode().rstrip("\n"):
                    name, _, value = line.partition(": ")
                    fields[name] = value
                assert not self._content.at_eof()
                self.last = fields.get("id", self.last)
                if fields.get("event") == "reset":
                    return "reset"
                record = json.loads(fields["data"])["value"] if fields.get("event") == "alerts" else None
                if record is not None and wanted(record):
                    return record


@asynccontextmanager
async def looking(client: aiohttp.ClientSession, address: str, last: str = "") -> AsyncIterator[Reading]:
    headers = {"Last-Event-ID": last} if last else {}
    async with client.get(f"{address}/api/v1/events?topics=alerts", headers=headers) as answer:
        assert answer.status == 200
        yield Reading(answer.content)


async def get(client: aiohttp.ClientSession, address: str, path: str) -> Any:
    async with client.get(f"{address}/api/v1{path}") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def overdue(client: aiohttp.ClientSession, address: str) -> dict[str, str]:
    """Customer -> its alert, once both stand."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            found = await get(client, address, "/alerts?rule=contact.overdue&status=firing")
            if found["total"] == 2:
                return {one["customer_id"]: one["id"] for one in found["items"]}
            await asyncio.sleep(0.2)


def test_a_contact_resolves_an_alert_and_commands_come_back_on_an_open_page(
    kafka: str, app_id: str, tmp_path: Path
) -> None:
    async def run(house: Installation) -> None:
        async with (
            writing(house.settings) as writer,
            dashboard(house.environ) as there,
            aiohttp.ClientSession() as client,
        ):
            await company(writer)
            alerts = await overdue(client, there.address)
            headers = {"X-Requested-With": "crmpulse", "Origin": there.address}
            async with looking(client, there.address) as reading:
                await writer.say(
                    ContactLogged(employee_id="bob", customer_id="cus-1", channel="call", direction="outbound")
                )
                resolved = await reading.until(lambda one: one["id"] == alerts["cus-1"] and one["status"] == "resolved")
                assert (resolved["reason"], bool(resolved["summary_zh"])) == ("contacted", True)
                shown = await get(client, there.address, f"/alerts/{alerts['cus-1']}")
                assert (shown["status"], shown["history"][-1]["reason"]) == ("resolved", "contacted")

                path = f"{there.address}/api/v1/alerts/{alerts['cus-2']}/acknowledge"
                async with client.post(path, json={}, headers=headers) as answer:
                    assert answer.status == 202
                seen = await reading.until(lambda one: one["id"] == alerts["cus-2"])
                assert seen["status"] == "acknowledged"

                order = {
                    "matchers": {"customer_id": "cus-2"},
                    "until": (NOW + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                }
                async with client.post(f"{there.address}/api/v1/silences", json=order, headers=headers) as answer:
                    assert answer.status == 202
                    id = (await answer.json())["event_id"]
                quiet = await reading.until(lambda one: one["id"] == alerts["cus-2"] and one["suppressed_by"])
                assert quiet["suppressed_by"] == f"silence {id}"

    with Installation(kafka, app_id, tmp_path) as house:
        worker = house.start()
        asyncio.run(run(house))
        assert worker.poll() is None, house.said(worker)


def test_a_figure_is_explained_down_to_its_events(kafka: str, app_id: str, tmp_path: Path) -> None:
    async def run(house: Installation) -> None:
        async with writing(house.settings) as writer, aiohttp.ClientSession() as client:
            await company(writer)
            for days_ago in (0.01, 0.02):
                await writer.say(
                    ContactLogged(employee_id="bob", customer_id="cus-1", channel="call", direction="outbound"),
                    days_ago,
                )
            await asyncio.to_thread(house.until_judged)
            async with dashboard(house.environ) as there, asyncio.timeout(DEADLINE_S):
                path = "/employees/bob/explain?kpi=contacts&period=90d"
                while (told := await get(client, there.address, path))["status"] == "reading":
                    await asyncio.sleep(0.2)
        assert (told["traced"], told["total"]) == (True, 2)
        assert [(event["id"], event["customer_id"], event["adds"]) for event in told["events"]] == [
            ("e-8", "cus-1", 1), ("e-9", "cus-1", 1)
        ]  # fmt: skip

    with Installation(kafka, app_id, tmp_path) as house:
        worker = house.start()
        asyncio.run(run(house))
        assert worker.poll() is None, house.said(worker)


PATHS = (
    "/meta", "/company", "/employees/bob", "/alerts?group=rule", "/pipeline", "/customers", "/customers/cus-1",
    "/teams/north",
)  # fmt: skip


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed_and_restarted_it_gives_the_same_answers_and_tells_pages_to_load_anew(
    kafka: str, app_id: str, tmp_path: Path, how: signal.Signals
) -> None:
    async def run(house: Installation) -> None:
        async with writing(house.settings) as writer, aiohttp.ClientSession() as client:
            await company(writer)
            await asyncio.to_thread(house.until_judged)
            worker.terminate()
            await asyncio.to_thread(worker.wait)
            async with dashboard(house.environ) as there:
                before = [await get(client, there.address, path) for path in PATHS]
                async with client.get(f"{there.address}/api/v1/me") as answer:
                    last = answer.headers["X-Crmpulse-Event-Id"]
                there.process.send_signal(how)
                await there.process.wait()
            async with dashboard(house.environ) as there:
                assert [await get(client, there.address, path) for path in PATHS] == before
                async with looking(client, there.address, last) as reading:
                    assert await reading.until(lambda one: False) == "reset"
                health = await get(client, there.address, "/health")
                assert (health["ready"], health["topics"]["alerts"]["behind"]) == (True, 0)
            assert [one["employee_id"] for one in before[0]["employees"]] == ["ann", "bob"]
            assert before[3]["total"] > 0

    with Installation(kafka, app_id, tmp_path) as house:
        worker = house.start()
        asyncio.run(run(house))
