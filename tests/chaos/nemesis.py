"""Does the harm that was planned, and keeps count of it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.chaos.crew import Crew
from tests.chaos.observer import Observer
from tests.chaos.plan import Act, Step
from tests.chaos.sender import Sender
from tests.kafka import Broker

LOOK_S = 0.1
PATIENCE_S = 20.0
"""Seconds that a step waits for something to be written again; then it strikes all the same."""


class Nemesis:
    """Start it with `run`. `session` is the workers' session timeout, s; `say` hears a line about every act."""

    def __init__(
        self,
        steps: Sequence[Step],
        crew: Crew,
        broker: Broker,
        sender: Sender,
        observer: Observer,
        session: float,
        say: Callable[[str], object],
    ) -> None:
        self.acts: Counter[Act] = Counter()
        self._steps, self._crew, self._broker = steps, crew, broker
        self._sender, self._observer, self._session, self._say = sender, observer, session, say
        self._pauses: list[asyncio.Task[None]] = []

    async def run(self) -> None:
        """Until all is done, and whoever was paused goes on."""
        # The log waits for the nemesis, one step behind: on a slow machine it would be over before its time.
        limits = [*(step.share for step in self._steps[1:]), 1.0]
        for step, limit in zip(self._steps, limits, strict=True):
            self._sender.limit = limit
            while self._sender.share < step.share:
                await asyncio.sleep(LOOK_S)
            if not step.hasty:
                await self._going_on()
            await self._do(step)
            self.acts[step.act] += 1
        await asyncio.gather(*self._pauses)
        await self._going_on()

    async def _going_on(self) -> None:
        before, deadline = self._observer.written, time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._observer.written == before:
            await asyncio.sleep(LOOK_S)

    async def _do(self, step: Step) -> None:
        self._observer.disturbed()
        running = self._crew.running
        what = f"{step.act} at {step.share:.2f}"
        if step.act is Act.SCALE:
            self._say(f"{what}: {len(running)} -> {step.workers} workers")
            self._crew.scale(step.workers)
        elif step.act is Act.BROKER_KILL:
            self._say(what)
            await asyncio.to_thread(self._broker.kill)
            await asyncio.to_thread(self._broker.start)
        elif step.act is Act.BROKER_STOP:
            self._say(what)
            await asyncio.to_thread(self._broker.restart)
        else:
            while not running:
                await asyncio.sleep(LOOK_S)
                running = self._crew.running
            number = int(step.which * len(running))
            self._say(f"{what}: worker {number + 1} of {len(running)}")
            victim = running[number]
            if step.act is Act.PAUSE:
                # Others are harmed meanwhile.
                pause = self._crew.pause(victim, (1.5 + step.which) * self._session)
                self._pauses.append(asyncio.create_task(pause))
            elif step.act is Act.TERM:
                self._crew.term(victim)
            else:
                self._crew.kill(victim)
                if len(running) > 1:
                    self._observer.killed()
