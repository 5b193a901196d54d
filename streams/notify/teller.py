"""Tells one target, a webhook or a service of apprise's, of every change: in order, at least once, and no two at once.

Only what was delivered (or refused) is committed. Between the two may lie a crash, and then it is delivered again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from streams.notify import messages
from streams.notify.answer import Answer, Outcome
from streams.notify.attempts import Attempts, rest
from streams.notify.burst import Burst
from streams.notify.figures import Figures
from streams.notify.messages import Message
from streams.notify.place import COMMIT_S, Item, Past, Place, Spot
from streams.notify.seen import Seen
from streams.notify.selection import Selection
from streams.notify.targets import Target
from streams.notify.telling import Memory

READ_S = 0.5


class Receiver(Protocol):
    """What takes one message."""

    async def tell(self, message: Message) -> Answer: ...


class Teller:
    """One connection's work; a new one knows nothing and reads what it must know. `limit`: see `Burst`."""

    def __init__(
        self, target: Target, receiver: Receiver, place: Place[Seen], attempts: Attempts,
        selection: Selection, limit: int, figures: Figures,
    ) -> None:  # fmt: skip
        self._target, self._receiver, self._place, self._attempts = target, receiver, place, attempts
        self._figures, self._limit = figures, limit
        self._memory = Memory(selection)
        self._burst: Burst[Spot] = Burst(limit)
        self._clock: Callable[[], float] = asyncio.get_running_loop().time

    async def run(self, stop: asyncio.Event, ready: Callable[[], object]) -> None:
        """Until `stop`; `ready` is called when the history is read. Raises KafkaError."""
        committed, reading = self._clock(), True
        while not stop.is_set():
            left = self._burst.left(self._clock()) if self._burst.total else READ_S
            for item in await self._place.read(min(READ_S, left)):
                self._take(item)
            if reading and await self._place.has_history():
                reading = False
                ready()
            if self._burst.total:
                if not self._burst.left(self._clock()):
                    await self._deliver(stop)
            elif self._clock() >= committed + COMMIT_S:
                committed = self._clock()
                await self._settle()

    def _take(self, item: Item[Seen]) -> None:
        name = self._target.name
        if item.seen is None:
            self._figures.foreign[name] += 1
        elif item.past is not Past.NEW:
            self._memory.learn(item.seen, told=item.past is Past.TOLD)
        elif (change := self._memory.judge(item.seen)) is not None:
            self._burst.add(change, item.after, self._clock())
        self._figures.standing[name] = len(self._memory)

    async def _deliver(self, stop: asyncio.Event) -> None:
        burst, self._burst = self._burst, Burst(self._limit)
        if burst.digest:
            if not await self._tell(messages.of_burst(burst), stop):
                return
        else:
            for change, after in burst.changes:
                if not await self._tell(messages.of_change(change), stop):
                    return
                self._place.mark([after])
                await self._place.commit()
        await self._settle()

    async def _settle(self) -> None:
        """Commits everything that was read, of which there is nothing left to tell."""
        self._place.mark((await self._place.reached()).items())
        await self._place.commit()

    async def _tell(self, message: Message, stop: asyncio.Event) -> bool:
        """Tries until the message is delivered or refused; whether it was before `stop`."""
        while not stop.is_set():
            answer = await self._receiver.tell(message)
            wait = self._attempts.came(answer, self._clock(), about=message.key)
            if answer.outcome is not Outcome.FAILED:
                return True
            await rest(stop, wait)
        return False
