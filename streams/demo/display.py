"""Shows the model, on a screen or in lines, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.live import Live

from streams.demo.blocks import Picture
from streams.demo.model import Model
from streams.demo.plain import alert_line, guest_line, status_line
from streams.demo.render import screen
from streams.demo.status import Status
from streams.demo.words import clean

FRAME_S: Final = 0.25
FRAMES_PER_ALERT: Final = 2
"""An alert in so many frames: as fast as one can read a line of them."""
LINES_S: Final = 0.25
STATUS_S: Final = 2.0
FAST_LINES: Final = 5
"""Changes of alerts that are printed at a time while the history runs past."""


class Gone(Exception):
    """Whoever looked on is gone: the pipe or the terminal is closed."""


class Display(Protocol):
    """Runs until it is cancelled. Raises Gone."""

    async def run(self) -> None: ...


class Screen:
    """The live view, over the whole terminal; what was there before comes back at the end."""

    def __init__(self, console: Console, model: Model, status: Callable[[], Status]) -> None:
        self._console, self._model, self._status = console, model, status

    async def run(self) -> None:
        """Draws a frame now and then, at the size that the terminal has by then."""
        with _somebody_looks(), Live(console=self._console, screen=True, auto_refresh=False) as live:
            frame = 0
            while True:
                if frame % FRAMES_PER_ALERT == 0:
                    self._model.alerts.pick(self._model.guests.customers)
                width, height = self._console.size
                live.update(Picture(screen(self._model, self._status(), width, height)), refresh=True)
                frame += 1
                await asyncio.sleep(FRAME_S)


class Lines:
    """Lines for a file or a pipe: the status now and then, every change of an alert, every event of others."""

    def __init__(self, console: Console, model: Model, status: Callable[[], Status], live: Callable[[], bool]) -> None:
        self._console, self._model, self._status, self._live = console, model, status, live
        self._guests = 0
        self._dashboard = ""

    async def run(self) -> None:
        """Begins with where to produce an event, as that is what a reader needs longest."""
        status = self._status()
        clock = asyncio.get_running_loop().time
        due = clock()
        with _somebody_looks():
            self._say(
                f"The broker listens at {status.address}. To produce an event, in another terminal: {status.command}"
            )
            while True:
                if clock() >= due:
                    self._say(status_line(self._model, self._status()))
                    due = clock() + STATUS_S
                self._tell_dashboard()
                self._tell_guests()
                self._tell_alerts()
                await asyncio.sleep(LINES_S)

    def _say(self, line: str) -> None:
        """One line, as it is and however long."""
        self._console.print(clean(line), markup=False, highlight=False, emoji=False, soft_wrap=True)

    def _tell_dashboard(self) -> None:
        before, self._dashboard = self._dashboard, self._status().dashboard
        if self._dashboard != before:
            self._say(f"The dashboard: {self._dashboard}")

    def _tell_alerts(self) -> None:
        changes = self._model.alerts.changes
        last = None if self._live() else FAST_LINES
        for alert in list(changes)[:last]:
            self._say(alert_line(alert, self._model.board.name(alert.employee_id or "")))
        changes.clear()

    def _tell_guests(self) -> None:
        guests = self._model.guests
        fresh = list(guests.events)[: guests.taken - self._guests]
        self._guests = guests.taken
        for guest in reversed(fresh):
            self._say(guest_line(guest, self._model.board.name(guest.employee)))


@contextmanager
def _somebody_looks() -> Iterator[None]:
    try:
        yield
    except (OSError, SystemExit) as error:  # rich answers a closed pipe with SystemExit, which would break the loop
        raise Gone from error
