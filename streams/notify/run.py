"""The process: a task for each target, none of which holds up another, and the web server, until a signal."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

import aiohttp
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.agents.hush import hush
from streams.agents.leave import Exit, leave
from streams.agents.web import Web
from streams.clients import quiet, refusal
from streams.notify.answer import Answer
from streams.notify.attempts import Attempts, rest
from streams.notify.courier import Courier
from streams.notify.digests import Deleted, Digest, read_digest
from streams.notify.figures import Figures
from streams.notify.http import post, session
from streams.notify.keeper import Keeper
from streams.notify.messages import Message
from streams.notify.place import ALERTS, DIGESTS, Place
from streams.notify.seen import Seen, read_alert
from streams.notify.selection import Selection
from streams.notify.services import Service
from streams.notify.targets import Kind, Target
from streams.notify.teller import Receiver, Teller
from streams.settings import Settings
from streams.topics import MissingTopic, partitions_of

log = logging.getLogger(__name__)

ANSWER_S: Final = 15.0
"""Seconds in which a broker has to answer at first."""
AGAIN_S: Final = 5.0
"""Seconds before a connection to a broker that failed is tried again."""
GRACE_S: Final = 5.0
"""Seconds that a stop leaves to an attempt under way, so that what is delivered is committed."""
STOP_S: Final = 9.5
"""Seconds after which the process ends whatever it is doing."""

NEW: Final = {
    False: "{} is new and told of what comes from now on (--from-beginning: of what stands, too)",
    True: "{} is new and told of what stands, too",
}

Now = Callable[[], int]
"""The wall clock, us."""


class NotifyError(Exception):
    """It could not start; the message is one sentence."""


class Wanted(NamedTuple):
    """Whom to tell of what. `limit`: more changes than that together are told in one message, 0: never. `digested` are
    the names of the targets that get digests."""

    targets: Sequence[Target]
    selections: dict[str, Selection]
    limit: int
    from_beginning: bool
    port: int
    digested: Collection[str] = ()

    def topic(self, target: Target) -> str:
        """The one that a target is told from."""
        return DIGESTS if target.name in self.digested else ALERTS


class Webhook:
    """A receiver that takes JSON."""

    def __init__(self, client: aiohttp.ClientSession, target: Target, now: Now) -> None:
        self._client, self._url, self._now = client, target.url, now

    async def tell(self, message: Message) -> Answer:
        return await post(self._client, self._url, message.body, {"Idempotency-Key": message.key}, self._now)


def run_notify(settings: Settings, wanted: Wanted, now: Now) -> None:
    """Tell until SIGTERM or SIGINT. Raises `NotifyError`, and `TargetError` for an address that apprise cannot use."""
    services = {target.name: Service(target) for target in wanted.targets if target.kind is Kind.APPRISE}
    asyncio.run(_until_signalled(settings, wanted, services, now))


async def _until_signalled(settings: Settings, wanted: Wanted, services: dict[str, Service], now: Now) -> None:
    hush()
    stop = asyncio.Event()

    def told() -> None:
        # In a thread: a driver that waits for a broker may swallow the cancellation that a timeout of the loop is.
        limit = threading.Timer(STOP_S, leave, (Exit.STOP, f"a stop took more than {STOP_S} s", "crmpulse notify"))
        limit.daemon = True
        limit.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    await notify(settings, wanted, services, now, stop)


async def notify(
    settings: Settings, wanted: Wanted, services: dict[str, Service], now: Now, stop: asyncio.Event
) -> None:
    """The process inside a running loop, until `stop`. Raises `NotifyError`."""
    await _first_look(settings, {ALERTS, *map(wanted.topic, wanted.targets)})
    names = [target.name for target in wanted.targets]
    figures, reading = Figures(now, names), set(names)
    web = Web(
        settings.web_host, wanted.port, figures,
        lambda: [f"{name} is reading what stands" for name in sorted(reading)],
    )  # fmt: skip
    try:
        await web.start()
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else type(error).__name__
        raise NotifyError(f"--port: {settings.web_host}:{wanted.port} cannot be listened on: {why}.") from error
    try:
        async with session() as client:
            tasks = [
                asyncio.create_task(_serve(wanted, target, work, reading, stop))
                for target in wanted.targets
                for work in [_work(settings, wanted, target, client, services, figures, now)]
            ]
            await _ended(tasks, stop)
    finally:
        await web.stop()


async def _first_look(settings: Settings, topics: Iterable[str]) -> None:
    """Whether there is a broker with these topics, so that a mistake is said at once and not for ever."""
    try:
        with quiet():
            async with asyncio.timeout(ANSWER_S):
                for topic in sorted(topics):
                    await partitions_of(settings, topic)
    except MissingTopic as error:
        raise NotifyError(str(error)) from error
    except (KafkaConnectionError, TimeoutError) as error:
        raise NotifyError(await refusal(settings)) from error
    except KafkaError as error:
        raise NotifyError(f"Kafka at {settings.kafka}: {error}") from error


class Work(NamedTuple):
    """A target's place, and what begins the work of one connection to it."""

    place: Place[Seen] | Place[Digest | Deleted]
    begin: Callable[[], Keeper | Teller | Courier]


def _work(
    settings: Settings, wanted: Wanted, target: Target, client: aiohttp.ClientSession, services: dict[str, Service],
    figures: Figures, now: Now,
) -> Work:  # fmt: skip
    attempts, selection = Attempts(target, figures, now), wanted.selections[target.name]
    where = settings, wanted.topic(target), f"{settings.app}.notify.{target.name}"
    alerts = Place(*where, read_alert, from_beginning=wanted.from_beginning)
    if target.kind is Kind.ALERTMANAGER:

        async def send(body: bytes) -> Answer:
            return await post(client, target.url, body, {}, now, quote=True)

        return Work(alerts, lambda: Keeper(target, send, alerts, attempts, selection, figures, now))
    receiver: Receiver = services[target.name] if target.kind is Kind.APPRISE else Webhook(client, target, now)
    if target.name in wanted.digested:
        digests: Place[Digest | Deleted] = Place(*where, read_digest, from_beginning=wanted.from_beginning)
        return Work(digests, lambda: Courier(target, receiver, digests, attempts, selection, figures, now))
    return Work(alerts, lambda: Teller(target, receiver, alerts, attempts, selection, wanted.limit, figures))


async def _serve(wanted: Wanted, target: Target, work: Work, reading: set[str], stop: asyncio.Event) -> None:
    """One target until `stop`, over as many connections to the broker as it takes."""
    place = work.place
    while not stop.is_set():
        reading.add(target.name)
        try:
            await place.open()
            if place.new and target.kind is not Kind.ALERTMANAGER:
                log.info("%s", NEW[wanted.from_beginning].format(target.name))
            await work.begin().run(stop, lambda: _ready(target, reading))
        except (KafkaError, MissingTopic) as error:
            log.warning("%s: Kafka: %s; trying again", target.name, error)
            await rest(stop, AGAIN_S)
        finally:
            await place.close()


def _ready(target: Target, reading: set[str]) -> None:
    log.info("%s (%s): ready", target.name, target.shown)
    reading.discard(target.name)


async def _ended(tasks: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Until `stop` and then a while for what is under way; or until a task fails, which is raised."""
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            await asyncio.wait(tasks, timeout=GRACE_S)
    finally:
        everything: list[Awaitable[Any]] = [stopped, *tasks]
        for task in (stopped, *tasks):
            task.cancel()
        results = await asyncio.gather(*everything, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result
