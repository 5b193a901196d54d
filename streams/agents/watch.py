"""The watchdog: a worker that has work and does none of it ends, so that another can take it over.

Faust and its drivers have stood still before without a word: a fetcher that is not started again after a rebalance, a
recovery that ends in silence. Nobody inside would notice, so this looks from outside, with a consumer of its own: where
each input partition ends, and what became of it here. While the broker is away, nothing counts as standing still.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from typing import NamedTuple, NoReturn, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from faust.types import TP

from streams.agents.app import Shell
from streams.agents.leave import Exit, leave
from streams.agents.transport import MAX_IDLE_S, REBALANCE_S, Consumer
from streams.clients import stop_consumer

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Seconds between two looks."""
ANSWER_S = 5.0
"""Seconds after which a broker that has not answered counts as away."""
LOG_S = 5.0
"""Seconds between two lines about a broker that is away."""


class Sight(NamedTuple):
    """What was seen of a partition: what is fetched, applied and written of it, and whether there is more."""

    fetched: int | None
    applied: int
    written: int
    loaded: bool
    behind: bool


class Patience:
    """Counts looks at which nothing had changed. A process that was paused did not look, so it loses no patience."""

    def __init__(self, looks: int) -> None:
        self._looks = looks
        self._seen: Sight | None = None
        self._same = 0

    def lost(self, sight: Sight) -> bool:
        """Whether, with this look, there has been work without progress for too long."""
        self._same = self._same + 1 if sight.behind and sight == self._seen else 0
        self._seen = sight
        return self._same >= (self._looks if sight.loaded else int(MAX_IDLE_S / LOOK_S))


class Watch:
    """Looks after a `Shell` from `start` until `stop`; ends the process after `seconds` of work without progress."""

    def __init__(self, shell: Shell, seconds: float, quit: Callable[[Exit, str], NoReturn] = leave) -> None:
        self._shell, self._quit = shell, quit
        self._looks = max(1, int(seconds / LOOK_S))
        self._patience: dict[TP, Patience] = {}
        self._homeless = 0
        self._away = False
        self._logged = float("-inf")
        self._beats = 0
        self._task: asyncio.Task[None] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="watchdog", daemon=True)

    @property
    def reachable(self) -> bool:
        """Whether the broker answered when last asked."""
        return not self._away

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="watchdog")
        self._thread.start()

    async def stop(self) -> None:
        self._over.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _listen(self) -> None:
        """In a thread of its own: a loop that is kept busy for ever looks at nothing any more."""
        heard, silent = 0, 0
        while not self._over.wait(LOOK_S):
            silent = 0 if self._beats != heard else silent + 1
            heard = self._beats
            if silent > self._looks + ANSWER_S:
                self._quit(Exit.STALLED, f"nothing has moved in this process for {silent} s")

    async def _run(self) -> None:
        reader = await self._reader()
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                await self._look(reader)
        except Exception as error:
            self._quit(Exit.BUG, f"the watchdog failed: {error!r}")
        finally:
            await stop_consumer(reader)

    async def _reader(self) -> AIOKafkaConsumer:
        options = self._shell.settings.client_options()
        while True:
            reader = AIOKafkaConsumer(**options, isolation_level="read_committed", enable_auto_commit=False)
            try:
                await reader.start()
                return reader
            except KafkaError as error:
                await stop_consumer(reader)
                self._missed(error)
                await asyncio.sleep(LOOK_S)

    def _missed(self, error: BaseException) -> None:
        self._beats += 1
        self._away = True
        if time.monotonic() >= self._logged + LOG_S:
            self._logged = time.monotonic()
            log.warning("no Kafka at %s: %r", self._shell.settings.kafka, error)

    async def _look(self, reader: AIOKafkaConsumer) -> None:
        partitions = dict(self._shell.partitions)
        inputs = [TopicPartition(*tp) for tp in partitions]
        try:
            async with asyncio.timeout(ANSWER_S):
                begins = await reader.beginning_offsets(inputs) if inputs else {}
                ends = await reader.end_offsets(inputs) if inputs else await self._anything(reader)
        except (KafkaError, TimeoutError) as error:
            self._missed(error)
            return
        if self._away:
            log.warning("Kafka at %s is there again", self._shell.settings.kafka)
        self._away = False
        self._beats += 1
        self._watch_assignment()
        self._patience = {tp: self._patience.get(tp) or Patience(self._looks) for tp in partitions}
        consumer = cast(Consumer, self._shell.app.consumer)
        for tp, partition in partitions.items():
            loaded, applied = partition.loaded.is_set(), partition.offset
            if loaded and begins[tp] > applied + 1:
                self._quit(Exit.GAP, f"{partition} is at offset {applied}, but the input now begins at {begins[tp]}")
            fetched = consumer.fetched(tp)
            behind = fetched is None or fetched < ends[tp] or applied < self._shell.transport.handed.get(tp, -1)
            sight = Sight(fetched, applied, partition.written, loaded, behind or partition.behind or not loaded)
            if self._patience[tp].lost(sight):
                self._quit(Exit.STALLED, f"{partition} has work and stands still: {sight}, input ends at {ends[tp]}")

    def _watch_assignment(self) -> None:
        self._homeless = 0 if self._shell.assigned else self._homeless + 1
        if self._homeless > self._looks + REBALANCE_S / LOOK_S:
            self._quit(Exit.STALLED, f"the group has shared out no partitions for {self._homeless} s")

    async def _anything(self, reader: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        """Ask the broker for something, where there is nothing to ask about."""
        await reader.topics()
        return {}
