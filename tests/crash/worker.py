"""`crmpulse`, but for one thing: at one point it gets a signal from itself. `python -m tests.crash.worker worker …`.

The plan stands in CRASH_PLAN; the command line is that of `crmpulse`.
"""

import os
import signal
from pathlib import Path

import msgspec

from streams import points
from streams.cli import main
from streams.points import Point

VARIABLE = "CRASH_PLAN"


class Plan(msgspec.Struct, frozen=True):
    """The `passing`-th time that a point is passed at a place, the process leaves its mark and gets the signal.

    Passings count from when the file `armed` exists; the file `mark` then holds the point and the place.
    """

    point: str
    place: str
    passing: int
    armed: str
    mark: str
    signal: int = signal.SIGKILL

    def environ(self) -> dict[str, str]:
        return {VARIABLE: msgspec.json.encode(self).decode()}


class Reaper:
    """The hook that carries a plan out."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._armed, self._mark = Path(plan.armed), Path(plan.mark)
        self._left = plan.passing

    def __call__(self, point: Point, place: str) -> None:
        if (point, place) != (self._plan.point, self._plan.place) or not self._armed.exists():
            return
        self._left -= 1
        if self._left == 0:
            self._mark.write_text(f"{point} {place}", encoding="utf-8")
            os.kill(os.getpid(), self._plan.signal)


if __name__ == "__main__":
    points.arm(Reaper(msgspec.json.decode(os.environ[VARIABLE], type=Plan)))
    main()
