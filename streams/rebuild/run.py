"""A rebuild from beginning to end, each step recorded, so that one that was stopped anywhere goes on when run again.

current 1             current 1, next 2        current 1, next 2                    current 2
                      building                 switching
generation 1 serves ─► generation 1 serves, ─► nobody serves: 1 is shut out,     ─► generation 2 serves
                       2 catches up            the outputs are handed over to 2
"""

from __future__ import annotations

import asyncio

import msgspec
from aiokafka.errors import KafkaError, ProducerFenced

from streams import topics
from streams.generations import (
    Control,
    Generation,
    Next,
    Pen,
    Refused,
    Step,
    consult,
    misfit,
    proposed,
    read,
    untouched,
)
from streams.policy import Policy
from streams.rebuild.building import Tell, build
from streams.rebuild.handover import hand_over, shut_out, until_left
from streams.settings import Settings
from streams.topics import INBOX, Topics, generation_of
from streams.topics.ids import topic_ids
from streams.topics.reading import layout
from streams.worker import Now, WorkerError, jobs, stop_on_signal

LEAVE_S = 5.0
"""Seconds beside its session that a worker of the former generation has for leaving."""


class RebuildError(Exception):
    """There is no new generation; the message is one sentence with what to do."""


def run_rebuild(settings: Settings, policy: Policy, now: Now, tell: Tell) -> Generation:
    """Makes a generation of these settings and this policy and lets it serve; answers its record. `RebuildError`."""
    return asyncio.run(_until_signalled(settings, policy, now, tell))


async def _until_signalled(settings: Settings, policy: Policy, now: Now, tell: Tell) -> Generation:
    return await rebuild(settings, policy, now, stop_on_signal(), tell)


async def rebuild(settings: Settings, policy: Policy, now: Now, stop: asyncio.Event, tell: Tell) -> Generation:
    """The same inside a running loop. Until the outputs are being handed over, `stop` ends it."""
    if settings.embedded:
        raise RebuildError("The embedded broker forgets everything with its process, so there is nothing to rebuild.")
    try:
        await consult(settings)
        async with Pen(settings) as pen:
            return await Rebuild(settings, policy, now, stop, tell, pen).run()
    except ProducerFenced:
        # aiokafka leaves the same failure in futures that it never looks at, for which asyncio has a traceback.
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        raise RebuildError("Another `crmpulse rebuild` was started and goes on in the place of this one.") from None
    except (KafkaError, TimeoutError) as error:
        raise RebuildError(
            f"Kafka at {settings.kafka} failed the rebuild ({error!r}); run it again, it goes on where it stopped."
        ) from error
    except (Refused, WorkerError) as error:
        raise RebuildError(str(error)) from error


class Rebuild:
    """One run. While it holds the pen nobody else writes the control topic, so what it read there stays so."""

    def __init__(
        self, settings: Settings, policy: Policy, now: Now, stop: asyncio.Event, tell: Tell, pen: Pen
    ) -> None:  # fmt: skip
        self._settings, self._policy, self._now = settings, policy, now
        self._stop, self._tell, self._pen = stop, tell, pen

    async def run(self) -> Generation:
        control = await read(self._settings)
        if control.switching is not None:  # an earlier run was stopped there
            serving = await self._switch(control, control.switching)
            if misfit(serving, self._settings, self._policy, "") is None:
                return serving
            control = await read(self._settings)
        if control.current is None and await untouched(self._settings):
            raise RebuildError(
                "Nothing was ever made from crm.* here, so start `crmpulse worker`; it needs no rebuild."
            )
        target = await self._target(control)
        await self._pen.write(Next(target, self._policy.version, Step.BUILDING))
        why = await build(self._named(target), target, self._policy, self._now, self._stop, self._tell)
        if why:
            raise RebuildError(f"The rebuild ends, as {why}.")
        if self._stop.is_set():
            raise RebuildError("The rebuild was stopped and nothing is changed; run again, it goes on where it was.")
        control = await self._pen.write(Next(target, self._policy.version, Step.SWITCHING))
        return await self._switch(control, target)

    def _named(self, target: Generation, shadow: bool = True) -> Settings:
        return msgspec.structs.replace(
            self._settings, generation=target.number, shadow=shadow, partitions=target.partitions
        )

    async def _target(self, control: Control) -> Generation:
        """The generation to build: the one that an earlier run began, if it is what we would make, else a new one."""
        if control.next is not None and control.next.policy == self._policy.version:
            begun = control.next.generation
            named = self._named(begun)
            if misfit(begun, self._settings, self._policy, "") is None:
                inbox = await self._made(named)
                if misfit(begun, self._settings, self._policy, inbox) is None:
                    return begun
        recorded = [control.current, control.next and control.next.generation]
        number = 1 + max([*await self._known(), *(one.number for one in recorded if one)])
        named = msgspec.structs.replace(self._settings, generation=number, shadow=True)
        return proposed(number, named, self._policy, await self._made(named), self._now())

    async def _made(self, named: Settings) -> str:
        """Its topics, made where they are missing; the id of its inbox."""
        if wrong := (await topics.create(named)).wrong:
            raise RebuildError(wrong[0].advice)
        inbox = Topics(named).full(INBOX)
        return (await topic_ids(named.client_options(), [inbox]))[inbox]

    async def _known(self) -> dict[int, int]:
        """The generations that have topics on the broker, and how many partitions those have."""
        known: dict[int, int] = {}
        for name, partitions in (await layout(self._settings)).items():
            if number := generation_of(name, self._settings):
                known[number] = max(known.get(number, 0), len(partitions))
        return known

    async def _switch(self, control: Control, target: Generation) -> Generation:
        """From the record that nobody serves to the one that the new generation does."""
        stages = jobs(self._policy, self._settings)
        generations = await self._former(control, target)
        for number, former in enumerate(generations):
            self._tell("former generations shut out", number, len(generations))
            await until_left(former, self._settings.session_ms / 1000 + LEAVE_S)
            await shut_out(former, stages)
        shadow = self._named(target)
        await shut_out(shadow, stages)  # an earlier run of ours may not be over
        await hand_over(shadow, self._pen.producer, self._tell)
        serving = msgspec.structs.replace(target, since=self._now())
        await self._pen.write(None, serving)
        return serving

    async def _former(self, control: Control, target: Generation) -> list[Settings]:
        """The generations whose workers may be about. Where no record says which one served, any may."""
        if control.current is not None:
            return [self._named(control.current, shadow=False)]
        return [
            msgspec.structs.replace(self._settings, generation=number, partitions=partitions)
            for number, partitions in (await self._known()).items()
            if number != target.number
        ]
