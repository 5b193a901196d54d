"""Keeps one Alertmanager up to date: every change at once, and everything that stands once a minute.

What is sent is always what stands now: an attempt that failed is followed by one with the newest state, not by the same
again. All of an alert's history that matters is in the topic, so it is read from its beginning at each start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from streams.notify.answer import Answer, Outcome
from streams.notify.attempts import Attempts
from streams.notify.figures import Figures
from streams.notify.place import COMMIT_S, STOP_S, Past, Place
from streams.notify.seen import Seen
from streams.notify.selection import Selection
from streams.notify.standing import AGAIN_US, Labels, Standing
from streams.notify.targets import Target

READ_S: Final = 0.5
BATCH: Final = 100
"""Alerts of one POST: some 200 kB, which a proxy lets through."""

Send = Callable[[bytes], Awaitable[Answer]]
"""POSTs an array of alerts."""


class Keeper:
    """One connection's work; a new one knows nothing and reads what it must know. `now` is the wall clock, us."""

    def __init__(
        self, target: Target, send: Send, place: Place[Seen], attempts: Attempts,
        selection: Selection, figures: Figures, now: Callable[[], int],
    ) -> None:  # fmt: skip
        self._target, self._send, self._place, self._attempts = target, send, place, attempts
        self._figures, self._now = figures, now
        self._standing = Standing(selection)
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._everything_at = 0  # us
        self._not_before = self._committed = self._clock()
        self._committing: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event, ready: Callable[[], object]) -> None:
        """Until `stop`; `ready` is called when the topic is read, before which nothing is sent. Raises KafkaError."""
        reading = True
        try:
            while not stop.is_set():
                await self._read()
                if reading and await self._place.has_history():
                    reading = False
                    ready()
                if not reading and self._clock() >= self._not_before:
                    await self._bring_up_to_date(stop)
            await self._committed_all()
        finally:
            if self._committing is not None:
                self._committing.cancel()
                await asyncio.gather(self._committing, return_exceptions=True)

    async def _read(self) -> None:
        name = self._target.name
        for item in await self._place.read(READ_S):
            if item.seen is None:
                self._figures.foreign[name] += 1
            else:
                self._standing.take(item.seen, self._now(), new=item.past is Past.NEW)
        self._figures.standing[name] = self._standing.count

    async def _bring_up_to_date(self, stop: asyncio.Event) -> None:
        """Sends what is due, as far as the target takes it; commits when there is nothing left."""
        now = self._now()
        everything = now >= self._everything_at
        due = self._standing.due(now, everything=everything)
        for begin in range(0, len(due), BATCH):
            if stop.is_set() or not await self._post(due[begin : begin + BATCH]):
                return
        if everything:
            self._everything_at = now + AGAIN_US
        if due or self._clock() >= self._committed + COMMIT_S:
            await self._commit()

    async def _commit(self) -> None:
        """Begins to commit what was sent, unless it is still at it: it waits for a broker that is away, and meanwhile
        an Alertmanager must not come to think that all is resolved."""
        if self._committing is not None:
            if not self._committing.done():
                return
            self._committing.result()
        self._committed = self._clock()
        self._place.mark((await self._place.reached()).items())
        self._committing = asyncio.create_task(self._place.commit())

    async def _committed_all(self) -> None:
        """Waits for the last commit, not for ever."""
        if self._committing is not None:
            await asyncio.wait({self._committing}, timeout=STOP_S)

    async def _post(self, due: list[Labels]) -> bool:
        """Whether these need not be sent again."""
        answer = await self._send(msgspec.json.encode(self._standing.bodies(due, self._now())))
        wait = self._attempts.came(answer, self._clock(), len(due), f"a batch of {len(due)} alerts")
        self._not_before = self._clock() + wait
        if answer.outcome is Outcome.FAILED:
            return False
        self._standing.sent(due)
        return True
