"""The event stream: a ring of the newest changes, from which each subscriber reads at its own pace.

A subscriber is nothing but a place in the ring, so however many there are, and however slow one is, memory is that of
the ring. Whose place is gone is told so (`reset`), and loads anew what it shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from streams.dashboard.alerts import Facts, view
from streams.dashboard.model import Change

WORDS: Final[Mapping[str, str]] = {
    "alerts": "alerts",
    "scores.employees": "scores",
    "kpis.employees": "kpis",
    "scores.teams": "teams",
    "funnel": "funnel",
    "recommendations": "recommendations",
}
"""What the topics are called in the stream; of others nothing is told."""

KEPT: Final = 20_000
"""Changes in the ring."""
KEPT_BYTES: Final = 64 << 20
CHUNK: Final = 500
"""Changes that are read at once."""


class Gone(Exception):
    """What came after a place is no longer at hand."""


class Told(NamedTuple):
    """A change as it goes out. `name` is its topic in the stream."""

    number: int
    name: str
    facts: Facts
    frame: bytes


class Hub:
    """`epoch` tells one run of the process from another: numbers begin anew with it."""

    def __init__(self, epoch: str, kept: int = KEPT, kept_bytes: int = KEPT_BYTES) -> None:
        self.epoch = epoch
        self.last = 0
        """The number of the newest change."""
        self.closed = False
        self.subscribers = 0
        self.resets = 0
        self._kept, self._kept_bytes = kept, kept_bytes
        self._ring: list[Told] = []
        self._bytes = 0
        self._news = asyncio.Event()

    def publish(self, changes: Iterable[Change]) -> None:
        """Take in changes, and wake whoever waits for some."""
        before = self.last
        for change in changes:
            name = WORDS.get(change.topic)
            if name is None:
                continue
            self.last += 1
            frame = self._frame(name, change)
            self._ring.append(Told(self.last, name, change.facts, frame))
            self._bytes += len(frame)
        if self.last == before:
            return
        self._trim()
        self._wake()

    def close(self) -> None:
        """End every stream."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _trim(self) -> None:
        drop = max(0, len(self._ring) - self._kept)
        self._bytes -= sum(len(told.frame) for told in self._ring[:drop])
        while self._bytes > self._kept_bytes and drop < len(self._ring) - 1:
            self._bytes -= len(self._ring[drop].frame)
            drop += 1
        del self._ring[:drop]

    def _frame(self, name: str, change: Change) -> bytes:
        value = change.value
        if value is not None and name == "alerts":
            value = msgspec.json.encode(view(value))
        body = b"null" if value is None else value.replace(b"\r", b" ").replace(b"\n", b" ")
        head = f"id: {self.id(self.last)}\nevent: {name}\ndata: ".encode()
        return b'%b{"key":%b,"value":%b}\n\n' % (head, msgspec.json.encode(change.key), body)

    def id(self, number: int) -> str:
        """The id of a change, as a browser gives it back."""
        return f"{self.epoch}-{number}"

    def place(self, id: str) -> int:
        """The place after a change. Raises `Gone` for one of another run, or that is no longer at hand."""
        epoch, _, number = id.rpartition("-")
        if epoch != self.epoch or not number.isascii() or not number.isdigit() or int(number) > self.last:
            raise Gone
        self._check(int(number))
        return int(number)

    def _check(self, place: int) -> None:
        if place < (self._ring[0].number - 1 if self._ring else self.last):
            raise Gone

    def read(self, place: int) -> list[Told]:
        """What came after a place, some of it at most. Raises `Gone`."""
        self._check(place)
        if not self._ring:
            return []
        begin = place + 1 - self._ring[0].number
        return self._ring[begin : begin + CHUNK]

    async def wait(self, place: int, timeout: float) -> bool:
        """Until there is something after a place, or the hub is closed; False where the time is over before."""
        if self.closed or self.last > place:
            return True
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            return False
        return True


class Asked(NamedTuple):
    """What a subscriber wants to hear of; None for whatever it may."""

    topics: frozenset[str]
    team: str | None
    employee: str | None
    rule: str | None
    hears: Callable[[str, Facts], bool]
    """Whether it may hear of a change of a topic."""

    def wants(self, told: Told) -> bool:
        """Whether it is to be told of a change."""
        facts = told.facts
        return (
            told.name in self.topics
            and (self.team is None or facts.team == self.team)
            and (self.employee is None or facts.employee == self.employee)
            and (self.rule is None or facts.rule == self.rule)
            and self.hears(told.name, facts)
        )
