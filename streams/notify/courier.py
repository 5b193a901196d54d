"""Brings one target, a person or a webhook, the digests of all recipients: each when it is to be told, and once.

What waits is put together by recipient, be it because several came at once, as after a time away or in a backfill, or
because the target is away: so that nothing is left out, and nobody finds ten of them. Only what was delivered (or
refused) is committed; a crash before that delivers it again, under the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from aiokafka import TopicPartition

from streams.notify import messages
from streams.notify.answer import Outcome
from streams.notify.attempts import Attempts
from streams.notify.burst import LONGEST_S
from streams.notify.digests import Deleted, Digest, chosen, merged
from streams.notify.figures import Figures
from streams.notify.place import COMMIT_S, Item, Past, Place
from streams.notify.selection import Selection
from streams.notify.targets import Target
from streams.notify.teller import Receiver

READ_S: Final = 0.5


class _Waiting(NamedTuple):
    """What a recipient is to be told, and of the records that it was put together from the first offset and time."""

    digest: Digest
    partition: TopicPartition
    first: int
    earliest: int


class Courier:
    """One connection's work. `now` is the wall clock, us."""

    def __init__(
        self, target: Target, receiver: Receiver, place: Place[Digest | Deleted], attempts: Attempts,
        selection: Selection, figures: Figures, now: Callable[[], int],
    ) -> None:  # fmt: skip
        self._target, self._receiver, self._place, self._attempts = target, receiver, place, attempts
        self._selection, self._figures, self._now = selection, figures, now
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._waiting: dict[str, _Waiting] = {}
        self._until = 0  # us: whatever was to be told by then, and does not wait, was told
        self._not_before = self._quiet_at = self._committed = self._clock()

    async def run(self, stop: asyncio.Event, ready: Callable[[], object]) -> None:
        """Until `stop`; `ready` is called when what was told before is read. Raises KafkaError."""
        reading = True
        while not stop.is_set():
            items = await self._place.read(READ_S)
            for item in items:
                self._take(item)
            if reading and await self._place.has_history():
                reading = False
                ready()
            clock = self._clock()
            if not items:
                self._quiet_at = clock
            if (not items or clock >= self._quiet_at + LONGEST_S) and clock >= self._not_before:
                self._quiet_at = clock
                await self._deliver(stop)
            if self._clock() >= self._committed + COMMIT_S:
                await self._settle()

    def _take(self, item: Item[Digest | Deleted]) -> None:
        if item.seen is None:
            self._figures.foreign[self._target.name] += 1
        elif isinstance(item.seen, Deleted):
            pass  # what waits holds news of others, too, which nobody would tell again
        elif item.past is Past.NEW or self._was_held(item.seen, item):
            name, at, (partition, after) = item.seen.recipient, item.seen.notify_at, item.after
            one = _Waiting(item.seen, partition, after - 1, at)
            if (before := self._waiting.get(name)) is not None:
                one = _Waiting(merged(before.digest, item.seen), partition, before.first, min(before.earliest, at))
            self._waiting[name] = one

    def _was_held(self, digest: Digest, item: Item[Digest | Deleted]) -> bool:
        """Whether a record of the past was still to be told when the place was committed."""
        return item.past is Past.TOLD and digest.notify_at > self._place.until(item.after.partition)

    async def _deliver(self, stop: asyncio.Event) -> None:
        """What is to be told by now, the first that came first; until the target does not take it."""
        now = self._now()
        due = [(one.first, name) for name, one in self._waiting.items() if one.digest.notify_at <= now]
        self._until = now
        for _, name in sorted(due):
            if stop.is_set() or not await self._tell(self._waiting[name].digest):
                return
            del self._waiting[name]
            await self._settle()

    async def _tell(self, digest: Digest) -> bool:
        """Whether it need not be told again."""
        told = chosen(digest, self._selection)
        if told is None:
            return True
        message = messages.of_digest(told)
        answer = await self._receiver.tell(message)
        wait = self._attempts.came(answer, self._clock(), about=message.key)
        self._not_before = self._clock() + wait
        return answer.outcome is not Outcome.FAILED

    async def _settle(self) -> None:
        """Commits everything before the first record that waits though its time has come."""
        self._committed = self._clock()
        reached = await self._place.reached()
        for one in self._waiting.values():
            if one.partition in reached and one.earliest <= self._until:
                reached[one.partition] = min(reached[one.partition], one.first)
        self._place.mark(reached.items(), self._until)
        await self._place.commit()
