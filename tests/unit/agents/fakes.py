"""Small stand-ins: a stage that adds numbers up, a log in memory, and leaving by an exception."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from streams.agents.checkpoint import Checkpoint
from streams.agents.leave import Exit
from streams.agents.log import Loaded, Outputs
from streams.agents.records import Record
from streams.core.stage import TICK, Changes, Send, Shelf
from streams.store import Mark, Store


class Left(BaseException):
    """Instead of the end of the process. No `Exception`, as nothing may catch it on the way."""

    def __init__(self, code: Exit, why: str) -> None:
        super().__init__(f"{code.name}: {why}")
        self.code, self.why = code, why


def quit(code: Exit, why: str) -> NoReturn:
    raise Left(code, why)


@dataclass
class Incoming:
    offset: int
    value: bytes | None
    key: bytes | None = b"events"
    timestamp: int = 1_000


class Adder:
    """Its state is a sum; `value` b"bug" raises."""

    policy_version = "p1"

    def __init__(self, origin: int, shelf: Shelf | None = None) -> None:
        self.origin, self.clock, self.sum, self.changes = origin, 0, 0, 0
        self.offsets: list[int] = []
        self.restored_all = False

    def restore(self, key: bytes, value: bytes) -> None:
        self.sum = int(value)

    def restored(self) -> None:
        self.restored_all = True

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        self.offsets.append(offset)
        if key == TICK:
            self.clock = int(value)
            return
        self.sum += int(value or 0)
        self.changes += 1

    def flush(self) -> Changes:
        counts: dict[tuple[str, ...], int] = {("event", "crm.contacts", "contact.logged", "accepted"): self.changes}
        self.changes = 0
        value = b"%d" % self.sum
        return Changes([(b"sum", value)], [Send("alerts", b"a", value), Send("streams.facts", b"f", value, 0)], counts)

    def pending(self) -> int:
        return self.changes

    def entries(self) -> dict[str, int]:
        return {"sums": 1}

    def alerts(self) -> dict[tuple[str, str, str], int]:
        return {}


@dataclass
class MemoryLog:
    """Keeps what is written; `open` holds writes up while it is clear, `error` makes the next call fail.

    `live` are the records of the state's topic.
    """

    loaded: Loaded = field(default_factory=lambda: Loaded(None, 0, 1_000_000))
    live: dict[bytes, bytes] = field(default_factory=dict)
    written: list[tuple[Outputs, list[Record], Checkpoint, int | None]] = field(default_factory=list)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    closed: bool = False
    writing: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def load(self, store: Store, topic_id: str) -> Loaded:
        if self.error:
            raise self.error
        await store.open(topic_id)
        await store.put(list(self.live.items()), None)
        return self.loaded

    async def write(self, outputs: Outputs, states: Sequence[Record], at: Checkpoint, timestamp: int | None) -> Mark:
        self.writing += 1
        try:
            await self.open.wait()
            if self.error:
                raise self.error
            self.written.append((outputs, list(states), at, timestamp))
            return Mark(len(self.written), at.encode())
        finally:
            self.writing -= 1

    async def close(self) -> None:
        self.closed = True
