"""A dashboard beside an installation, and a small company whose events it shows."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
from aiokafka import AIOKafkaProducer

from streams.events import (
    ContactPlanned,
    CustomerUpserted,
    Data,
    EmployeeUpserted,
    OpportunityCreated,
    encode,
    make_event,
)
from streams.settings import Settings
from streams.topics import Topics

ADDRESS = re.compile(rb"crm-pulse dashboard: (http://\S+)/")
NOW = datetime.now(UTC).replace(microsecond=0)


class Dashboard:
    """A running process and where it is."""

    def __init__(self, process: asyncio.subprocess.Process, address: str) -> None:
        self.process, self.address = process, address


@asynccontextmanager
async def dashboard(environ: dict[str, str]) -> AsyncIterator[Dashboard]:
    """One that is ready; ended in order where nobody has killed it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams", "dashboard", "--port", "0",
        env=os.environ | environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        found = ADDRESS.search(await process.stdout.readline())
        assert found is not None
        address = found[1].decode()
        async with aiohttp.ClientSession() as client:

            async def ready() -> bool:
                async with client.get(f"{address}/readyz") as answer:
                    return answer.status == 200

            while not await ready():
                await asyncio.sleep(0.1)
        yield Dashboard(process, address)
        if process.returncode is None:
            process.terminate()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


class Writer:
    """Produces events of a company, each with an id of its own."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self._topics, self._producer, self._number = Topics(settings), producer, 0

    async def say(self, data: Data, days_ago: float = 0) -> None:
        self._number += 1
        event = make_event(data, f"e-{self._number}", "/test", NOW - timedelta(days=days_ago))
        topic = self._topics.full(data.TOPIC)
        await self._producer.send_and_wait(topic, encode(event), (event.subject or "").encode())


@asynccontextmanager
async def writing(settings: Settings) -> AsyncIterator[Writer]:
    producer = AIOKafkaProducer(**settings.client_options())
    await producer.start()
    try:
        yield Writer(settings, producer)
    finally:
        await producer.stop()


async def company(writer: Writer) -> None:
    """Two customers whose planned contacts were not made, and a deal."""
    await writer.say(EmployeeUpserted(employee_id="ann", role="sales", team="north", name="Ann"), 90)
    await writer.say(EmployeeUpserted(employee_id="bob", role="sales", team="north", name="Bob", manager_id="ann"), 90)
    for customer in ("cus-1", "cus-2"):
        await writer.say(CustomerUpserted(customer_id=customer, owner_id="bob", grade="A"), 60)
        await writer.say(
            ContactPlanned(employee_id="bob", customer_id=customer, next_contact_at=NOW - timedelta(days=5)), 10
        )
    await writer.say(
        OpportunityCreated(opportunity_id="opp-1", customer_id="cus-1", owner_id="bob", stage="Engaging"), 8
    )
