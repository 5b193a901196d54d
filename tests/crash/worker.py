"""`crmpulse` in a process of its own, but for one thing: at one point it gets a signal from itself.

The processes are forked from one that has imported everything: an import takes a second, and there are many.
"""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import NamedTuple

from streams import points
from streams.cli import main
from streams.points import Point


class Plan(NamedTuple):
    """The `passing`-th time that a point is passed at a place, the process leaves its mark and gets the signal.

    Passings count from when the file `armed` exists; the file `mark` then holds the point and the place.
    """

    point: Point
    place: str
    passing: int
    armed: Path
    mark: Path
    how: signal.Signals = signal.SIGKILL


class Reaper:
    """The hook that carries a plan out."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._left = plan.passing

    def __call__(self, point: Point, place: str) -> None:
        if (point, place) != (self._plan.point, self._plan.place) or not self._plan.armed.exists():
            return
        self._left -= 1
        if self._left == 0:
            self._plan.mark.write_text(f"{point} {place}", encoding="utf-8")
            os.kill(os.getpid(), self._plan.how)


class Doomed:
    """A worker with a plan, running from the start. `environ` are the variables it gets beside our own."""

    def __init__(self, plan: Plan, environ: dict[str, str], log: Path) -> None:
        self.plan = plan
        self._log = log
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__, "streams.agents.app"])
        self.process: ForkServerProcess = context.Process(target=_live, args=(plan, environ, log))
        self.process.start()

    @property
    def alive(self) -> bool:
        return self.process.is_alive()

    @property
    def passed(self) -> bool:
        """Whether it came to its point, and had it in hand that it was so."""
        mark = self.plan.mark
        return mark.exists() and mark.read_text(encoding="utf-8") == f"{self.plan.point} {self.plan.place}"

    def arm(self) -> None:
        self.plan.armed.touch()

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def until_passed(self, within: float) -> None:
        deadline = time.monotonic() + within
        while not self.passed:
            assert self.alive or self.passed, f"exit {self.process.exitcode} before {self.plan.point}\n{self.said()}"
            assert time.monotonic() < deadline, f"{self.plan.point} is not reached\n{self.said()}"
            time.sleep(0.05)

    def end(self) -> None:
        """Whatever it does."""
        self.process.kill()
        self.process.join()

    def said(self) -> str:
        """What it has written to standard output and standard error so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""


def _live(plan: Plan, environ: dict[str, str], log: Path) -> None:
    """What the process does: the very command line of a worker, with the hook in place."""
    with log.open("wb") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.environ.update(environ)
    points.arm(Reaper(plan))
    sys.argv[1:] = ["worker"]
    main()
