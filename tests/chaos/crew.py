"""The workers of a round and their supervisor: whoever ends is started again, as many as are wanted."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections import Counter

from tests.acceptance.installation import Installation

Worker = subprocess.Popen[bytes]

LOOK_S = 0.1
FAILED = 1
"""The exit code of a command that failed, with a sentence or with a traceback."""
AGAIN_S = 1.0
"""Seconds before another is started for one that ended by itself, as it does at once while there is no broker."""
STOP_S = 30.0
"""Seconds after SIGTERM in which a worker has to be gone: its own limit is 10, on a machine that has nothing else."""


class Crew:
    """Start it with `run`; `exits` counts the exit codes of all but those that were killed."""

    def __init__(self, place: Installation) -> None:
        self.wanted = 1
        self.exits: Counter[int] = Counter()
        self._place = place
        self._running: list[Worker] = []
        self._leaving: dict[Worker, float] = {}
        self._victims: set[Worker] = set()
        self._again = 0.0
        self.wrong: list[str] = []
        """What no worker may do, whatever befalls it: one line each."""

    @property
    def running(self) -> list[Worker]:
        """Those that are wanted and alive, the oldest first; a paused one is."""
        return [worker for worker in self._running if worker.poll() is None]

    async def run(self) -> None:
        """Look after the workers, for ever."""
        while True:
            self.look()
            while len(self._running) < self.wanted and time.monotonic() >= self._again:
                self._running.append(self._place.start())
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Take note of those that ended."""
        for worker in [*self._running, *self._leaving]:
            if worker.poll() is not None:
                self._ended(worker)
            elif time.monotonic() > self._leaving.get(worker, float("inf")):
                self.wrong.append(f"a worker did not stop within {STOP_S:.0f} s of a SIGTERM")
                worker.kill()
                self._leaving[worker] = float("inf")

    def _ended(self, worker: Worker) -> None:
        if worker in self._victims:
            self._victims.remove(worker)
        else:
            self.exits[worker.returncode] += 1
            self._again = time.monotonic() + AGAIN_S
        said = self._place.said(worker)
        if worker.returncode == FAILED and "Traceback" in said:  # one that Faust gave up upon has its story told too
            self.wrong.append(f"a worker ended with a traceback: {said[-300:]}")
        self._leaving.pop(worker, None)
        if worker in self._running:
            self._running.remove(worker)

    def kill(self, worker: Worker) -> None:
        """SIGKILL; the supervisor starts another."""
        self._victims.add(worker)
        worker.kill()

    def term(self, worker: Worker) -> None:
        """SIGTERM; it has to be gone in time, and the supervisor starts another."""
        self._running.remove(worker)
        self._leaving[worker] = time.monotonic() + STOP_S
        worker.terminate()

    def scale(self, workers: int) -> None:
        """So many from now on; those too many, the newest, are stopped in order."""
        self.wanted = workers
        for worker in self.running[workers:]:
            self.term(worker)

    async def pause(self, worker: Worker, seconds: float) -> None:
        """SIGSTOP and, later, SIGCONT."""
        worker.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            worker.send_signal(signal.SIGCONT)

    async def stop(self) -> None:
        """All of them, in order; `run` must have been cancelled."""
        self.scale(0)
        while self._running or self._leaving:
            self.look()
            await asyncio.sleep(LOOK_S)
