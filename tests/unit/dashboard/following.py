"""Subscribers of the event stream in tests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import ClientResponse

from streams.dashboard.access import Role
from streams.dashboard.alerts import Facts
from streams.dashboard.model import Change
from streams.dashboard.streaming import HEADERS
from tests.unit.dashboard.house import Client, bearer

DEADLINE_S = 300.0
Event = tuple[str, str, Any]
"""id, name, data."""


def change(number: int, size: int = 1) -> Change:
    """Of a recommendation about bob, of some size in bytes."""
    return Change("recommendations", f"k{number}", b'"' + b"x" * size + b'"', Facts(None, "bob"))


class Reading:
    """A subscriber's connection."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response

    async def next(self) -> Event:
        """The next event, pings and remarks left out."""
        while True:
            fields: dict[str, str] = {}
            while line := (await self._response.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                fields[name] = value
            if self._response.content.at_eof():
                raise EOFError
            if fields.get("event", "ping") != "ping":
                return fields["id"], fields["event"], msgspec.json.decode(fields["data"])

    async def keys(self, count: int) -> list[str]:
        return [data["key"] for _, _, data in [await self.next() for _ in range(count)]]


@asynccontextmanager
async def subscribed(
    client: Client, path: str = "/api/v1/events", role: Role = Role.ADMIN, last: str | None = None
) -> AsyncIterator[Reading]:
    headers = bearer(role) | ({} if last is None else {"Last-Event-ID": last})
    async with asyncio.timeout(DEADLINE_S), client.get(path, headers=headers) as response:
        assert response.status == 200
        assert response.headers["Content-Type"] == HEADERS["Content-Type"]
        assert (await response.content.readline()).startswith(b"retry: ")  # what is told from here on is heard
        yield Reading(response)


def waiting(client: Client) -> list[int]:
    """Of each connection of the server, the bytes that it could not hand over yet."""
    runner = client.server.runner
    assert runner is not None
    served = runner.server
    assert served is not None
    return [one.transport.get_write_buffer_size() for one in served.connections if one.transport is not None]
