"""The demo as a whole: broker, topics, worker, simulated organisation and view, in one process and one event loop."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiokafka.errors import KafkaError
from rich.console import Console

from streams import topics
from streams.dashboard.run import DashboardError, dashboard
from streams.demo import SIGNALS, sample
from streams.demo.display import Display, Gone, Lines, Screen
from streams.demo.feed import Feed, Pace, organisation
from streams.demo.logs import logging_to
from streams.demo.look import Look
from streams.demo.model import Model
from streams.demo.status import Status
from streams.embedded import Embedded, EmbeddedError
from streams.policy import default_policy
from streams.settings import Settings
from streams.simulate.hours import DAY, SECOND
from streams.worker import WorkerError, work

FAILED: Final = 1
SAMPLE_S: Final = 0.5
ENVIRONMENT: Final = {
    "CRMPULSE_EMBEDDED": "1",
    "CRMPULSE_WEB_PORT": "0",
    "CRMPULSE_DASHBOARD_PORT": "0",
    # Every flush judges everybody who had a contact since the last one, which by this clock is everybody.
    "CRMPULSE_FLUSH_MS": "500",
    "CRMPULSE_TICK_MS": "250",
}


def demo(until: float | None, plain: bool, seed: int, console: Console, asked: Callable[[], bool]) -> int:
    """Until the monotonic clock says `until`, or a signal comes; then what there was, and the exit code.

    `asked` says whether a signal came before the session listens itself.
    """
    folder = Path(tempfile.mkdtemp(prefix="crmpulse-"))
    warnings = 0
    try:
        with logging_to(folder / "demo.log") as log:
            try:
                with Embedded() as broker:
                    settings = Settings.from_env(ENVIRONMENT | {"CRMPULSE_KAFKA": broker.bootstrap})
                    session = Session(settings, folder / "won.json", plain, seed, console)
                    asyncio.run(session.run(until, asked))
            finally:
                warnings = log.warnings
    except Gone:
        return 0
    except (EmbeddedError, WorkerError, DashboardError, KafkaError) as error:
        _say(console, f"The demo could not go on: {error}")
        return FAILED
    finally:
        if warnings:
            _say(console, f"{warnings} warnings and errors were logged to {log.path}")
        else:
            shutil.rmtree(folder)
    return 0


class Session:
    """One run against a broker that is there. `event` is the file for the event to try it with."""

    def __init__(self, settings: Settings, event: Path, plain: bool, seed: int, console: Console) -> None:
        self._settings, self._event, self._console = settings, event, console
        self._command = sample.command(settings, event)
        self._model = Model()
        self._look = Look(settings, self._model)
        self._feed = Feed(settings, organisation(seed), Pace(), lambda: self._look.told)
        self._dashboard = ""
        self._display: Display
        if plain:
            self._display = Lines(console, self._model, self._status, lambda: self._feed.live)
        else:
            self._display = Screen(console, self._model, self._status)

    async def run(self, until: float | None, asked: Callable[[], bool]) -> None:
        """Until the monotonic clock says `until`, or a signal comes or came before, which `asked` knows.

        Raises WorkerError, DashboardError, KafkaError and Gone.
        """
        stop = asyncio.Event()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if asked():
            return
        await topics.create(self._settings)
        worker = asyncio.create_task(work(self._settings, default_policy(), lambda: self._feed.at, stop))
        pages = dashboard(self._settings, default_policy(), lambda: self._feed.at, self._found, stop)
        runs = (self._display.run(), self._look.run(), self._feed.run(), self._keep_sample(), pages, _end(stop))
        others = [asyncio.create_task(run) for run in runs]
        left = None if until is None else max(0.0, until - time.monotonic())
        try:
            await asyncio.wait({worker, *others}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if worker.done() and not stop.is_set():
                worker.result()
                raise WorkerError("The worker ended, and nobody had asked it to.")
            for task in others:
                task.cancel()
            for result in await asyncio.gather(*others, return_exceptions=True):
                if isinstance(result, Exception):
                    raise result
            _say(self._console, f"The demo ends: {self._summary()}.")
        finally:
            stop.set()
            await worker  # which is asked to end and never cancelled, as a thread of Faust's would outlive it

    def _found(self, address: str) -> None:
        self._dashboard = address

    def _status(self) -> Status:
        feed, look = self._feed, self._look
        if not look.events:
            phase = "creating the topics"
        elif look.told is None:
            phase = "joining the groups, which takes some seconds"
        else:
            phase = "live" if feed.live else "the weeks before, in fast motion"
        return Status(
            phase=phase,
            at=feed.at,
            day_s=DAY / SECOND / feed.speed if feed.live else None,
            address=self._settings.kafka,
            command=self._command,
            events=look.events,
            rates=tuple(look.rates),
            waiting=look.waiting,
            behind=max(0, feed.at - look.judged) / SECOND / feed.speed if look.judged and feed.live else None,
            dashboard=self._dashboard,
        )

    def _summary(self) -> str:
        rules = self._model.alerts.rules()
        fired, resolved = sum(rule.fired for rule in rules), sum(rule.resolved for rule in rules)
        return f"{self._look.events:,} events, {fired:,} alerts that fired, {resolved:,} that resolved"

    async def _keep_sample(self) -> None:
        while True:
            sample.write(self._event, sample.sample(self._model.board.rows(), self._feed.at))
            await asyncio.sleep(SAMPLE_S)


async def _end(stop: asyncio.Event) -> None:
    await stop.wait()


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
