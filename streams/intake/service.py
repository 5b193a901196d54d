"""Intake as a whole: clients, reader, ticker and retractor, begun anew whenever the broker fails them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    KafkaError,
)

from streams.clients import stop_consumer
from streams.intake.announcer import Announcer
from streams.intake.limit import Limit
from streams.intake.proposal import Proposal
from streams.intake.reader import Reader
from streams.intake.retractor import Retractor
from streams.intake.sift import Sifter
from streams.intake.ticker import AWAY, REFUSED, Ticker
from streams.metrics import Metrics
from streams.policy import Policy
from streams.settings import Settings
from streams.topics import BY_NAME, DEAD_LETTERS, INBOX, MIB, Topics

log = logging.getLogger(__name__)

STOP_S: Final = 5.0
"""What an orderly end may take before it becomes a disorderly one."""
FETCH: Final = 16 * MIB
FETCH_LEAST: Final = 64 * 1024
FETCH_MS: Final = 100
"""The broker gathers so many bytes, for so long at most: each fetch names every partition. While one waits for those
without records it holds up those that have some again."""


class Intake:
    """Reads crm.*, fills the inbox and writes policy and ticks, as one member of the intake group.

    `policy` is what the worker's file says at the start; what is in force is what the stream says, where it says any.
    `now` (us) is the clock of the ticks. With `until` (us) no tick comes before crm.*, as it is at the start, has been
    read; then the one instant `until`, and `run` ends when the last stage has passed it.
    """

    def __init__(
        self, settings: Settings, policy: Policy, metrics: Metrics, now: Callable[[], int], until: int | None = None
    ) -> None:
        self._settings, self._metrics, self._now, self._until = settings, metrics, now, until
        limit = Limit(settings.dead_letter_share, settings.dead_letter_run)
        self.sifter = Sifter(policy, Topics(settings).used(INBOX), limit, until)
        """Its `policy` follows that of the stream."""
        self._proposal = Proposal(settings.policy, policy)
        self._reader: Reader | None = None

    @property
    def ready(self) -> bool:
        """Whether it is a member of the group and reads."""
        return self._reader is not None and self._reader.joined

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or `until` has passed. Goes on by itself after a broker was away; raises KafkaError when we
        are refused, `TooManyRefused` when a topic passed its limit, and whatever is a mistake of our own."""
        while not stop.is_set():
            try:
                await self._session(stop)
                break
            except REFUSED:
                raise
            except KafkaError as error:
                log.warning("intake lost the broker and begins anew in %.0f s: %s", AWAY, error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), AWAY)

    async def _session(self, stop: asyncio.Event) -> None:
        options = self._settings.client_options() | {"client_id": f"{self._settings.app}-intake"}
        async with contextlib.AsyncExitStack() as stack:
            admin = AIOKafkaAdminClient(**options)
            stack.push_async_callback(_bounded, admin.close)
            await admin.start()
            producer = AIOKafkaProducer(
                **options,
                acks="all",
                enable_idempotence=not self._settings.embedded,
                max_batch_size=MIB,
                max_request_size=BY_NAME[DEAD_LETTERS].max_message,
            )
            stack.push_async_callback(_bounded, producer.stop)
            await producer.start()
            consumer = AIOKafkaConsumer(
                **options,
                group_id=self._settings.intake_group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                session_timeout_ms=self._settings.session_ms,
                heartbeat_interval_ms=self._settings.session_ms // 4,
                fetch_max_bytes=FETCH,
                fetch_min_bytes=FETCH_LEAST,
                fetch_max_wait_ms=FETCH_MS,
            )
            stack.push_async_callback(_bounded, partial(stop_consumer, consumer))
            await consumer.start()
            listener = AIOKafkaConsumer(**options, enable_auto_commit=False, auto_offset_reset="earliest")
            stack.push_async_callback(_bounded, partial(stop_consumer, listener))
            await listener.start()
            announcer = Announcer(
                self._settings, consumer, listener, producer, self._proposal, self.sifter, self._metrics, self._now
            )
            self._reader = Reader(self._settings, consumer, producer, admin, self.sifter, announcer, self._metrics)
            retractor = Retractor(self._settings, consumer, producer, admin, self.sifter, self._until)
            ticker = Ticker(self._settings, consumer, producer, admin, lambda: announcer.said, self._now, self._until)
            try:
                await _together(self._reader, ticker, retractor, stop)
            finally:
                self._reader = None


async def _together(reader: Reader, ticker: Ticker, retractor: Retractor, stop: asyncio.Event) -> None:
    """All until `stop`, until the ticker is through, or until one of them fails, which is raised."""
    halt = asyncio.Event()
    reading = asyncio.create_task(reader.run(halt), name="intake reader")
    others = {
        asyncio.create_task(ticker.run(), name="intake ticker"),
        asyncio.create_task(retractor.run(), name="intake retractor"),
        asyncio.create_task(_ends(stop), name="intake stop"),
    }
    try:
        await asyncio.wait({reading, *others}, return_when=asyncio.FIRST_COMPLETED)
        halt.set()
        await asyncio.wait({reading}, timeout=STOP_S)
    finally:
        for task in (reading, *others):
            task.cancel()
        results = await asyncio.gather(reading, *others, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _ends(stop: asyncio.Event) -> None:
    await stop.wait()


async def _bounded(close: Callable[[], Awaitable[None]]) -> None:
    """Closing may need the broker, and a broker that is away must not hold us."""
    try:
        async with asyncio.timeout(STOP_S):
            await close()
    except (KafkaError, TimeoutError) as error:
        log.warning("a Kafka client was left without an orderly end: %s", error or type(error).__name__)
