"""A dashboard in a test: a server over a model, with a broker that only remembers what it was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import TCPConnector
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request

from streams.dashboard.access import Access, Role
from streams.dashboard.asking import House
from streams.dashboard.assets import load
from streams.dashboard.behind import Behind, Contribution, Outcome
from streams.dashboard.commands import Audit, Order, Unsent
from streams.dashboard.figures import Figures
from streams.dashboard.hub import Hub
from streams.dashboard.server import Desk, Server
from streams.dashboard.tokens import Tokens, make_token
from streams.events.instants import parse_iso
from tests.unit.dashboard.records import Told, company, model_of

KEY = b"k" * 32
NOW = parse_iso("2026-03-10T12:00:00Z")
FAR = 4_000_000_000  # seconds, in the year 2096
PEOPLE: Mapping[Role, str | None] = {
    Role.EMPLOYEE: "bob", Role.MANAGER: "ann", Role.OPERATIONS: None, Role.HR: None, Role.ADMIN: None,
}  # fmt: skip
"""Who asks in each role."""


class State:
    """A feed that has read everything."""

    def __init__(self) -> None:
        self.ready = True
        self.rate = 1.5

    def behind(self) -> Counter[str]:
        return Counter({"alerts": 0})


class Explained:
    """Finds one contact behind each figure of anybody, or what it is told to answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, int]] = []
        self.answer: Outcome | Exception | None = Outcome(
            as_of="2026-03-10T12:00:00Z",
            kpis={"contacts": Behind(traced=True, total=3, events=[contribution(3), contribution(2), contribution(1)])},
        )

    async def ask(self, employee: str, period: str, now: int, /) -> Outcome | None:
        self.asked.append((employee, period, now))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def contribution(day: int) -> Contribution:
    """A contact of a day of March that counts once."""
    return Contribution(
        time=f"2026-03-0{day}T09:00:00Z", source="/crm", id=f"c-{day}", type="contact.logged", customer_id="cus-1",
        about=None, adds=1, to_denominator=None, counts=1,
    )  # fmt: skip


class Board:
    """A dashboard whose parts a test can reach."""

    def __init__(
        self, records: Sequence[Told], tokens: Tokens, audit: Path | None = None, origin: str | None = None,
        hub: Hub | None = None,
    ) -> None:  # fmt: skip
        self.model, self.hub, self.state = model_of(list(records)), hub or Hub("e"), State()
        self.time = NOW
        self.sent: list[Order] = []
        self.broken = False
        self.explained = Explained()
        self.access = Access(self.model.people)
        house = House(self.model, self.access, self.state, self._send, self.explained)
        self.figures = Figures(self.model, self.hub, self.state)
        self.desk = Desk(house, self.hub, tokens, Audit(audit), self.figures, load(), lambda: self.time, origin)

    async def _send(self, order: Order) -> str:
        if self.broken:
            raise Unsent("The broker did not take the command; try again.")
        self.sent.append(order)
        return f"event-{len(self.sent)}"

    def tell(self, *records: Told) -> None:
        """Records that come while it serves."""
        changes = [self.model.apply(topic, key.encode(), value) for topic, key, value in records]
        self.hub.publish(change for change in changes if change is not None)


Client = TestClient[Request, Application]


@asynccontextmanager
async def serving(
    records: Sequence[Told] | None = None, *, key: bytes | None = KEY, audit: Path | None = None,
    origin: str | None = None, hub: Hub | None = None, tokens: Tokens | None = None,
) -> AsyncIterator[tuple[Board, Client]]:  # fmt: skip
    """A running server, and a client without a token."""
    board = Board(company() if records is None else records, tokens or Tokens(key, None, None), audit, origin, hub)
    connector = TCPConnector(limit=0)
    async with TestClient(TestServer(Server(board.desk).application()), connector=connector) as client:
        try:
            yield board, client
        finally:
            board.hub.close()


def bearer(role: Role, employee: str | None = None) -> dict[str, str]:
    """The header of somebody in a role."""
    return {"Authorization": f"Bearer {make_token(KEY, role, employee or PEOPLE[role], 0, FAR)}"}


def command(client: Client, role: Role, employee: str | None = None) -> dict[str, str]:
    """The headers of a command from the pages."""
    origin = str(client.make_url("/")).rstrip("/")
    return bearer(role, employee) | {"X-Requested-With": "crmpulse", "Origin": origin}
