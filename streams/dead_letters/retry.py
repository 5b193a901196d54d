"""Sending dead letters again: judged first, by the policy as it is now, as what would be refused again helps nobody.

At least once: an event is known by its source and id, so one that comes twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Final, NamedTuple

from aiokafka import AIOKafkaProducer

from streams.core import rates
from streams.core.seen import conflict, too_old
from streams.dead_letters.letters import lines, original, place_of, read_letter
from streams.dead_letters.reading import Kept
from streams.events import Event, Reason, Rejected, decode, subject_of
from streams.events.instants import to_us
from streams.events.outputs import DeadLetter
from streams.policy import Policy
from streams.settings import Settings
from streams.topics import BY_NAME, Topics

ON_THEIR_WAY: Final = 8 << 20
"""Bytes sent ahead of the acknowledgements."""


class Found(NamedTuple):
    """A letter, or what is wrong with it, and where it stands."""

    place: str
    letter: DeadLetter | Rejected


class Retried(NamedTuple):
    """How many were sent (or would be), and how many were not, by the reason why they would be refused again."""

    sent: int
    left: Counter[Reason]


async def from_topic(letters: AsyncIterable[Kept]) -> AsyncIterator[Found]:
    """Letters as they were read, each by where its record stood."""
    async for kept in letters:
        yield Found(place_of(kept.letter), kept.letter)


async def from_file(file: str) -> AsyncIterator[Found]:
    """Letters a line, `-` for standard input. Raises `UnreadableLetters`."""
    for number, line in lines(file):
        yield Found(f"{file}:{number}", read_letter(line))


def judge(letter: DeadLetter, policy: Policy, now: int) -> tuple[Event, bytes] | Rejected:
    """The event and its bytes, as they are to be sent at `now` (us), or why they would be refused again."""
    raw = original(letter)
    if isinstance(raw, Rejected):
        return raw
    event = decode(raw, now, policy.max_future)
    if isinstance(event, Rejected):
        return event
    try:
        refused = too_old(event, to_us(event.time), now, policy) or rates.check(event, policy)
    except Exception as error:  # what was refused for a mistake of our own may still meet it
        return Rejected(Reason.bug, f"{type(error).__name__} while reading the event: {error}")
    if refused is None and letter.reason is Reason.conflict and letter.detail == conflict(event).detail:
        refused = Rejected(Reason.conflict, f"{letter.detail}, which stands: give this one an id of its own")
    return refused or (event, raw)


async def retry(
    settings: Settings,
    policy: Policy,
    letters: AsyncIterable[Found],
    now: int,
    left: Callable[[str, Rejected], object],
    *,
    dry: bool = False,
) -> Retried:
    """Sends what would be taken to the topic of its type, keyed by its subject; `left` hears of all others.

    Once it returns, all of it is acknowledged. `dry`: nothing is sent. Raises KafkaError, and what `letters` raises.
    """
    topics, sent, refused = Topics(settings), 0, Counter[Reason]()
    waiting: list[asyncio.Future[object]] = []
    size = 0
    async with AsyncExitStack() as stack:
        producer = None if dry else await _producer(settings, stack)
        async for place, letter in letters:
            judged = letter if isinstance(letter, Rejected) else judge(letter, policy, now)
            if isinstance(judged, Rejected):
                refused[judged.reason] += 1
                left(place, judged)
                continue
            event, raw = judged
            sent += 1
            if producer is None:
                continue
            key = subject_of(event).id.encode()
            waiting.append(await producer.send(topics.full(event.data.TOPIC), raw, key=key))
            size += len(raw)
            if size > ON_THEIR_WAY:
                await asyncio.gather(*waiting)
                waiting, size = [], 0
        await asyncio.gather(*waiting)
    return Retried(sent, refused)


async def _producer(settings: Settings, stack: AsyncExitStack) -> AIOKafkaProducer:
    producer = AIOKafkaProducer(
        **settings.client_options(),
        acks="all",
        enable_idempotence=not settings.embedded,
        max_request_size=BY_NAME["crm.contacts"].max_message,
    )
    stack.push_async_callback(producer.stop)
    await producer.start()
    return producer
