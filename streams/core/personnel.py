"""Events of personnel on their way to the stage of employees: plans, rewards, trainings, answers and decisions.

No KPI is made of them. Each goes on by itself, as it came, under a key of its own, so that neither a second copy nor
another order makes a difference. What was decided names a recommendation and not whose it is: every partition hears it.
"""

from __future__ import annotations

from hashlib import blake2b

import msgspec

from streams.core.formats import reader, tagged
from streams.core.records import key_of
from streams.core.stage import ALL, Send
from streams.events import (
    Event,
    ImprovementPlanClosed,
    ImprovementPlanOpened,
    ImprovementPlanStepDone,
    ResponseSubmitted,
    ReviewDecided,
    RewardGranted,
    TrainingCompleted,
    decode,
    subject_of,
)

KIND = "event"
"""How the second part of their keys begins."""
TAKEN = (
    ImprovementPlanOpened,
    ImprovementPlanStepDone,
    ImprovementPlanClosed,
    ReviewDecided,
    RewardGranted,
    TrainingCompleted,
    ResponseSubmitted,
)


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """An event as it was sent, and the clock (us) of who heard it."""

    clock: int
    raw: bytes


_read = reader(Heard)


def place_of(source: str, id: str) -> str:
    """The second part of the key of an event's fact."""
    print = blake2b(f"{source}\0{id}".encode(), digest_size=8).hexdigest()
    return f"{KIND} {print}"


def tell(event: Event, raw: bytes, origin: int, clock: int) -> Send:
    """The fact that an event of one of the types `TAKEN` is."""
    place = place_of(event.source, event.id)
    value = tagged(Heard(clock, raw))
    if isinstance(event.data, ReviewDecided):
        return Send("streams.facts", key_of("", place, origin), value, ALL)
    employee = subject_of(event).id
    return Send("streams.facts", key_of(employee, place, origin), value, employee)


def read(value: bytes) -> tuple[int, Event]:
    """The clock and the event of a fact."""
    heard = _read(value)
    event = decode(heard.raw)
    assert isinstance(event, Event), event  # it was decoded before it was sent
    return heard.clock, event
