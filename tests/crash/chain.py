"""A chain: an installation whose worker dies at one point after another, each time while events arrive."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import NamedTuple

from streams.points import STAGES, Point
from tests.acceptance.commands import crmpulse
from tests.acceptance.comparing import compare, letters, lines, outputs
from tests.acceptance.installation import Installation
from tests.acceptance.organisation import POLICY, log_of
from tests.crash.worker import Doomed, Plan

PATIENCE_S = 90.0
EVENTS = 3_000
"""Of a chain: more than come while workers die; the last one finds the rest."""
PIECE = 4
"""Events that are produced at once."""
PAUSE_S = 0.25
"""Seconds between two pieces, so that they are not all read at once."""
ON_JOIN = (Point.INTAKE_REVOKED, Point.INTAKE_SETTLED, Point.INTAKE_ASSIGNED)
"""Passed at any time, but worth dying at when another worker joins; as all of rebalance.*."""


class Step(NamedTuple):
    """One death: the `passing`-th time at a point."""

    point: Point
    place: str
    passing: int

    def __str__(self) -> str:
        return f"{self.point}{f' ({self.place})' if self.place else ''}, passing {self.passing}"

    @property
    def joined(self) -> bool:
        """It comes about by another worker that joins."""
        return self.point.startswith("rebalance.") or self.point in ON_JOIN

    @property
    def stopped(self) -> bool:
        """It comes about by an orderly stop."""
        return self.point.startswith("stop.")


def chains() -> dict[str, list[Step]]:
    """Every point at every place, once, in chains of about ten by what they are about."""
    found: dict[str, list[Step]] = {}
    for point in Point:
        for place in point.places:
            subject = point.partition(".")[0]
            name = place if place in STAGES else "membership" if subject in ("rebalance", "stop") else subject
            chain = found.setdefault(name, [])
            chain.append(Step(point, place, _passing(point, place, len(chain))))
    return found


def _passing(point: Point, place: str, number: int) -> int:
    """Now the first time, now a later one, where there is one."""
    once = Step(point, place, 1)
    if once.joined or once.stopped or point is Point.INTAKE_OPENED:
        return 1
    if point.startswith("load."):
        return 1 if place == "company" else 1 + number % 2  # a partition each
    return 1 + number % 3


class Chain:
    """`run` lets the workers die one after the other, then one do what is left, and compares with a replay."""

    def __init__(
        self, kafka: str, app: str, home: Path, name: str, steps: Sequence[Step], seed: int, **variables: object
    ) -> None:
        self.name = name
        self._steps, self._home = steps, home
        self._log, self._policy = home / "events.jsonl", home / "policy.yaml"
        self._policy.write_text(POLICY, encoding="utf-8")
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        self._until = (today + timedelta(days=1, hours=12)).isoformat().replace("+00:00", "Z")
        self._staff, self._others = log_of(
            seed=seed, teams=2, employees=8, customers=60, events=EVENTS, malformed=0.03,
            start=today - timedelta(days=60), end=today,
        )  # fmt: skip
        self._produced = 0
        quick = {"CRMPULSE_FLUSH_MS": 40, "CRMPULSE_TICK_MS": 250}
        self._place = Installation(kafka, app, home, **quick, **variables, CRMPULSE_POLICY=self._policy)
        self._doomed: list[Doomed] = []
        self.told: list[str] = []
        """A line for each death."""

    def run(self) -> None:
        """AssertionError, with the chain so far, when a worker does not die where it should, or a figure differs."""
        try:
            with self._place as place:
                asyncio.run(place.produce(self._staff))
                self._die()
                self._produce(len(self._others))
                place.backfill(self._until, 1)
                self._compare()
        except AssertionError as error:
            raise AssertionError(f"{error}\nchain {self.name}:\n" + "\n".join(self.told)) from error
        finally:
            for doomed in self._doomed:
                doomed.end()

    def _produce(self, events: int = PIECE) -> None:
        """The next so many."""
        asyncio.run(self._place.produce(self._others[self._produced : self._produced + events]))
        self._produced += events

    def _die(self) -> None:
        follower: Doomed | None = None
        for number, step in enumerate(self._steps):
            started = time.monotonic()
            doomed = follower or self._start(number)
            follower = bystander = None
            if step.joined or step.stopped:
                self._until_at_work(doomed)
            doomed.arm()
            if step.stopped:
                doomed.send(SIGTERM)
            elif step.joined and number + 1 < len(self._steps):
                follower = self._start(number + 1)
            elif step.joined:
                bystander = self._place.start()
            self._until_dead(doomed)
            if bystander:
                bystander.send_signal(SIGTERM)
                # On a busy machine it may not have come as far as to listen to a signal.
                assert bystander.wait(PATIENCE_S) in (0, -SIGTERM), self._place.said(bystander)
            self.told.append(f"{step}: dead after {time.monotonic() - started:.1f} s; {step.point.meaning}")

    def _start(self, number: int) -> Doomed:
        """The worker of a step; one that can die from the beginning on is armed from there."""
        step = self._steps[number]
        plan = Plan(*step, self._home / f"armed-{number}", self._home / f"mark-{number}")
        if not (step.joined or step.stopped):
            plan.armed.touch()
        doomed = Doomed(plan, self._place.environ, self._home / f"doomed-{number}.log")
        self._doomed.append(doomed)
        return doomed

    def _until_at_work(self, doomed: Doomed) -> None:
        """Until it has written something."""
        before, deadline = self._place.handled(), time.monotonic() + PATIENCE_S
        while self._place.handled() == before:
            assert doomed.alive, doomed.said()
            assert time.monotonic() < deadline, f"it does not get to work\n{doomed.said()}"
            self._produce()

    def _until_dead(self, doomed: Doomed) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while doomed.alive:
            assert time.monotonic() < deadline, f"{doomed.plan.point} is not reached\n{doomed.said()}"
            self._produce()
            doomed.process.join(PAUSE_S)
        assert doomed.passed, f"exit code {doomed.process.exitcode} before {doomed.plan.point}\n{doomed.said()}"
        assert doomed.process.exitcode == -SIGKILL, doomed.said()

    def _compare(self) -> None:
        self._log.write_bytes(b"".join(line + b"\n" for line in self._staff + self._others))
        replayed = self._home / "replayed"
        crmpulse("replay", self._log, "--policy", self._policy, "--as-of", self._until, "--out", replayed)
        left = asyncio.run(outputs(self._place))
        compare(left, replayed, self._until)
        # Intake sends at least once: a letter that came twice names the same place twice.
        letter = {(one["topic"], one["partition"], one["offset"]): one for one in left["streams.dead-letters"].values()}
        assert letters(letter.values()) == letters(lines(replayed / "dead-letters.jsonl"))
