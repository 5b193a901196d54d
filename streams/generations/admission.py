"""Whether a worker may start: its generation is the one that serves, and the broker has the topics as they must be."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Final, NamedTuple

import msgspec
from aiokafka.errors import KafkaError

from streams.clients import quiet, refusal
from streams.generations import control
from streams.generations.record import Control, Generation, misfit, proposed
from streams.policy import Policy
from streams.settings import Settings
from streams.topics import INBOX, OUTPUTS, Finding, Status, Topics, check, generation_of
from streams.topics.ids import topic_ids
from streams.topics.reading import layout, reader

log = logging.getLogger(__name__)

ANSWER_S: Final = 15.0
"""Seconds in which a broker has to answer at first."""
LOOK_S: Final = 0.5
"""Seconds between two looks at a rebuild that is about to end."""
LOG_S: Final = 5.0


class Refused(Exception):
    """The worker may not start; the message is one sentence with what to do."""


async def consult(settings: Settings) -> Control:
    """What the control topic says, as the first thing that is asked of a broker. Raises `Refused` when it is away."""
    try:
        with quiet():
            async with asyncio.timeout(ANSWER_S):
                return await control.read(settings)
    except (KafkaError, TimeoutError):
        raise Refused(await refusal(settings)) from None


class Admitted(NamedTuple):
    """The generation that serves, and the settings that name it."""

    settings: Settings
    generation: Generation


async def admit(settings: Settings, policy: Policy, now: int, stop: asyncio.Event) -> Admitted | None:
    """The generation that serves, as soon as there is one; None where `stop` came before that.

    The first worker of all begins the first generation, at `now` (us). Raises `Refused`.
    """
    recorded = await consult(settings)
    try:
        if (found := await _handed_over(settings, recorded, stop)) is None:
            return None
        named = current(settings, found)
        if found.current is not None and (why := misfit(found.current, named, policy, "")):
            raise Refused(why)
        report = await check(named)
        _judge(report.findings)
        inbox = Topics(named).full(INBOX)
        identity = (await topic_ids(named.client_options(), [inbox]))[inbox]
        serving = found.current or await _begin(named, policy, identity, now)
        if why := misfit(serving, named, policy, identity):
            raise Refused(why)
    except KafkaError as error:
        raise Refused(f"Kafka at {settings.kafka} refused: {error!r}.") from error
    names = {Topics(named).full(topic.name): topic.name for topic in OUTPUTS}
    outputs = {names[full]: count for full, count in report.partitions.items() if full in names}
    return Admitted(msgspec.structs.replace(named, output_partitions=outputs), serving)


def current(settings: Settings, found: Control) -> Settings:
    """The settings with the names of the generation that serves."""
    return msgspec.structs.replace(settings, generation=found.current.number) if found.current else settings


async def _handed_over(settings: Settings, found: Control, stop: asyncio.Event) -> Control | None:
    """Waits while a rebuild hands the outputs over, and tells about it; None where `stop` came first."""
    loop = asyncio.get_running_loop()
    logged = float("-inf")
    while (taking_over := found.switching) is not None:
        if loop.time() >= logged + LOG_S:
            logged = loop.time()
            log.warning(
                "generation %d is taking over the outputs, which is waited for; if `crmpulse rebuild` was stopped, "
                "run it again",
                taking_over.number,
            )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await stop.wait()
        if stop.is_set():
            return None
        found = await control.read(settings)
    return found


def _judge(findings: list[Finding]) -> None:
    wrong = [finding.advice for finding in findings if finding.status is Status.WRONG]
    if wrong:
        more = f" (`crmpulse topics --check` names {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Refused(wrong[0] + more)
    if notes := [finding.topic for finding in findings if finding.status is Status.NOTE]:
        log.warning("%s: not as we would make them, but fit; see `crmpulse topics --check`", ", ".join(notes))


async def _begin(settings: Settings, policy: Policy, inbox: str, now: int) -> Generation:
    if not await untouched(settings):
        # Another worker may have begun since we asked: whoever does writes it down before any state.
        if (begun := (await control.read(settings)).current) is not None:
            return begun
        raise Refused(
            "There are states and no record of the time zone, currency and partitions that they were made with: "
            "make a new generation with `crmpulse rebuild`."
        )
    return await control.begin(settings, proposed(settings.generation, settings, policy, inbox, now))


async def untouched(settings: Settings) -> bool:
    """Whether nothing was ever written into any generation's own topics. Raises aiokafka's KafkaError."""
    own = [tps for name, tps in (await layout(settings)).items() if generation_of(name, settings)]
    async with reader(settings) as consumer:
        return not any((await consumer.end_offsets([tp for tps in own for tp in tps])).values())
