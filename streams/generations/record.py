"""What is recorded of a generation, and whether a worker fits it. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from streams.policy import Policy
from streams.settings import Settings

CURRENT: Final = b"current"
NEXT: Final = b"next"
ANEW: Final = "or make a new generation with `crmpulse rebuild`"


class Generation(msgspec.Struct, frozen=True):
    """`currency` is the reporting one, `inbox` the broker's id of the inbox (empty where it gives none), `since` when
    it began to serve, or to be built, in microseconds since the epoch."""

    number: int
    timezone: str
    currency: str
    partitions: int
    inbox: str
    since: int


class Step(StrEnum):
    """How far a rebuild is."""

    BUILDING = "building"
    """The generation before serves. Whatever happens now, the rebuild may be begun again, or forgotten."""
    SWITCHING = "switching"
    """Nobody serves: the outputs are being handed over, and the rebuild must be finished."""


class Next(msgspec.Struct, frozen=True):
    """The generation that is being built, and the version of the policy it is built with."""

    generation: Generation
    policy: str
    step: Step


class Control(NamedTuple):
    """Everything that the control topic says."""

    current: Generation | None = None
    next: Next | None = None

    @property
    def switching(self) -> Generation | None:
        """The generation that the outputs are being handed over to."""
        return self.next.generation if self.next is not None and self.next.step is Step.SWITCHING else None

    def serves(self, number: int, shadow: bool) -> bool:
        """Whether a generation may write: into the public outputs, or, as a `shadow`, into those of its own."""
        if shadow:
            return self.next is not None and not self.switching and self.next.generation.number == number
        return self.current is not None and not self.switching and self.current.number == number

    def over(self, generation: Generation, shadow: bool) -> str | None:
        """Why a generation may not write any more, as half a sentence; None where it may."""
        number = generation.number
        recorded = self.next.generation if shadow and self.next is not None else self.current
        if self.serves(number, shadow):
            same = recorded is not None and msgspec.structs.replace(recorded, since=generation.since) == generation
            return None if same else f"generation {number} was begun otherwise by another worker at the same time"
        if shadow:
            return f"generation {number} is not to be built any more"
        now = self.switching or self.current
        if now is None:
            return f"there is no record of generation {number} any more"
        return f"generation {now.number} takes over from generation {number}"


def decode(key: bytes, value: bytes) -> Generation | Next:
    """Raises `msgspec.DecodeError` for a record that is none of ours."""
    return msgspec.json.decode(value, type=Generation) if key == CURRENT else msgspec.json.decode(value, type=Next)


def proposed(number: int, settings: Settings, policy: Policy, inbox: str, now: int) -> Generation:
    """The generation that these settings and this policy make."""
    return Generation(number, policy.timezone, policy.currency.reporting, settings.partitions, inbox, now)


def misfit(generation: Generation, settings: Settings, policy: Policy, inbox: str) -> str | None:
    """What keeps a worker from serving in a generation, as one sentence with what to do; None where nothing does."""
    number = generation.number
    if settings.partitions != generation.partitions:
        return (
            f"CRMPULSE_PARTITIONS is {settings.partitions}, but generation {number} has {generation.partitions} "
            f"partitions: set it back, {ANEW}."
        )
    if policy.timezone != generation.timezone:
        return (
            f"The policy's time zone is {policy.timezone}, but generation {number} counts its days in "
            f"{generation.timezone}: set it back, {ANEW}."
        )
    if policy.currency.reporting != generation.currency:
        return (
            f"The policy reports in {policy.currency.reporting}, but generation {number} keeps its amounts in "
            f"{generation.currency}: set it back, {ANEW}."
        )
    if inbox and generation.inbox and inbox != generation.inbox:
        return (
            f"The inbox of generation {number} was deleted and created again, so that no stored offset means anything "
            "in it: make a new generation with `crmpulse rebuild`."
        )
    return None
