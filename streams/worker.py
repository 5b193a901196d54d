"""The worker: intake, the three stages, the web server and the watchdog, in one process and one event loop."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiokafka.errors import KafkaError

from streams import __version__
from streams.agents.app import Shell
from streams.agents.hush import hush
from streams.agents.leave import Exit, leave
from streams.agents.partition import Job
from streams.agents.watch import Watch
from streams.agents.web import Web
from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.employees import Employees
from streams.core.history import END
from streams.core.stage import Shelf
from streams.generations import Generation, Refused, admit, until_over
from streams.intake import Intake, TooManyRefused
from streams.metrics import Metrics
from streams.policy import Policy
from streams.settings import Settings
from streams.topics import COMPANY_STATE, CUSTOMERS_STATE, EMPLOYEES_STATE, FACTS, INBOX, ROLLUP, Topics

STOP_S = 9.0
"""Seconds for an orderly stop; whoever sent the signal will not wait much longer."""
TOO_LONG = "an orderly stop took more than {:.0f} s"
STALL_S = 60.0
"""Seconds of work without progress after which the worker ends itself."""

Feed = Callable[[asyncio.Event], Awaitable[None]]
"""What fills the inbox until the event is set, or until there is nothing more to come, which ends the worker."""
Now = Callable[[], int]
"""The wall clock, microseconds since the epoch."""


class WorkerError(Exception):
    """The worker could not start, or not go on; the message is one sentence."""


def jobs(policy: Policy, settings: Settings, until: int | None = None) -> list[Job]:
    """The three stages. With `until` (us) the clock follows the events."""
    partitions, bound, follow = Topics(settings).used(INBOX), settings.store_cache, until is not None
    wait = END if follow else settings.refresh_ms * 1000  # a run that ends is judged at its end

    def customers(number: int, shelf: Shelf | None) -> Customers:
        return Customers(policy, number, partitions, follow=follow, shelf=shelf, bound=bound)

    def employees(number: int, _: Shelf | None) -> Employees:
        return Employees(policy, number, wait=wait)

    return [
        Job("customers", INBOX, CUSTOMERS_STATE, customers, shelved=True, prompt=follow),
        Job("employees", FACTS, EMPLOYEES_STATE, employees, prompt=follow),
        Job("company", ROLLUP, COMPANY_STATE, lambda n, _: Company(policy, n, wait), prompt=follow),
    ]


def run_worker(settings: Settings, policy: Policy, now: Now, until: int | None = None) -> None:
    """Work until SIGTERM or SIGINT, or, with `until` (us), until everything up to it is done. Raises `WorkerError`."""
    asyncio.run(_until_signalled(settings, policy, now, until))


async def _until_signalled(settings: Settings, policy: Policy, now: Now, until: int | None) -> None:
    await work(settings, policy, now, stop_on_signal(), until)


def stop_on_signal() -> asyncio.Event:
    """An event of the running loop that SIGTERM and SIGINT set from now on; and aiokafka's log said less often."""
    hush()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told() -> None:
        # In a thread: a driver that waits for a broker may swallow the cancellation that a timeout of the loop is, and
        # what comes before and after the work is not within one either.
        limit = threading.Timer(STOP_S, leave, (Exit.STOP, TOO_LONG.format(STOP_S)))
        limit.daemon = True
        limit.start()
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    return stop


async def work(
    settings: Settings,
    policy: Policy,
    now: Now,
    stop: asyncio.Event,
    until: int | None = None,
    metrics: Metrics | None = None,
) -> None:
    """The worker inside a running loop: until `stop`, or until everything up to `until` (us) is done.

    It works in the generation that serves. Raises `WorkerError`. Where going on would be wrong it ends the process at
    once, with an exit code of `Exit`; so too, after an orderly end, when another generation takes over.
    """
    try:
        admitted = await admit(settings, policy, now(), stop)
    except Refused as error:
        raise WorkerError(str(error)) from error
    if admitted is not None and (why := await operate(*admitted, policy, now, stop, until, metrics)):
        leave(Exit.GENERATION, why)


async def operate(
    settings: Settings,
    generation: Generation,
    policy: Policy,
    now: Now,
    stop: asyncio.Event,
    until: int | None = None,
    metrics: Metrics | None = None,
) -> str | None:
    """The same in a generation, which the settings name, whichever serves. Where it came to an orderly end because that
    generation may write no more, the answer is why."""
    metrics = metrics or Metrics(now, __version__, policy.version, scores=settings.score_gauge)
    intake = Intake(settings, policy, metrics, now, until)

    def unready() -> list[str]:
        return [] if intake.ready else ["intake has not joined its group"]

    async def end() -> str:
        try:
            return await until_over(settings, generation)
        finally:
            stop.set()

    ending = asyncio.create_task(end(), name="generation")
    try:
        await serve(
            settings,
            jobs(policy, settings, until),
            metrics,
            now,
            intake.run,
            stop,
            unready,
        )
        return ending.result() if ending.done() else None
    finally:
        ending.cancel()
        await asyncio.gather(ending, return_exceptions=True)


async def serve(
    settings: Settings,
    stages: Sequence[Job],
    metrics: Metrics,
    now: Now,
    feed: Feed,
    stop: asyncio.Event,
    unready: Callable[[], list[str]] = list,
) -> None:
    """Any stages with any source of input, on a broker that answers and has the topics. `unready` says what else is not
    ready yet. Otherwise as `work`."""
    with tempfile.TemporaryDirectory(prefix="crmpulse-") as directory:
        shell = Shell(settings, stages, metrics, Path(directory), now)
        watch = Watch(shell, STALL_S)

        def why_not() -> list[str]:
            away = [] if watch.reachable else [f"no Kafka at {settings.kafka}"]
            return away + shell.unready() + unready()

        web = Web(settings.web_host, settings.web_port, metrics, why_not)
        try:
            await web.start()
        except OSError as error:
            raise WorkerError(
                f"The web server cannot listen on {settings.web_host}:{settings.web_port} "
                f"({error.strerror}); set CRMPULSE_WEB_PORT (0: any free port)."
            ) from None
        await watch.start()
        try:
            await _serve(shell, feed, stop)
        finally:
            await watch.stop()
            await web.stop()


async def _serve(shell: Shell, feed: Feed, stop: asyncio.Event) -> None:
    feeding = asyncio.ensure_future(feed(stop))
    running = asyncio.create_task(shell.run(), name="faust")
    await asyncio.wait({feeding, running}, return_when=asyncio.FIRST_COMPLETED)
    if running.done() and not stop.is_set():
        leave(Exit.FAUST, f"Faust gave up: {running.exception() or running.result()!r}")
    stop.set()
    try:
        async with asyncio.timeout(STOP_S):
            await asyncio.wait({feeding})
            await shell.stop()
    except TimeoutError:
        leave(Exit.STOP, TOO_LONG.format(STOP_S))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    try:
        feeding.result()
    except TooManyRefused as error:
        raise WorkerError(str(error)) from None
    except KafkaError as error:
        raise WorkerError(f"Kafka at {shell.settings.kafka} refused: {error!r}.") from error
