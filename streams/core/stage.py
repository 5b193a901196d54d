"""What the three stages of the stream have in common: the protocol that a shell drives, and the records."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

ALL = -1
"""A `Send.route` that means: one copy into every partition of the topic."""

EVENTS, ORG, TICK, POLICY = b"events", b"org", b"tick", b"policy"
CASES, STEP, WATCH, ATTEMPT = b"cases", b"step", b"watch", b"attempt"
MARKS, CLAIMS, TWINS = b"marks", b"claims", b"twins"
COST, CHARGE = b"cost", b"charge"
MERGED = b"merged"
REACHED = b"reached"
ERASE, EFFACED, DEPARTED = b"erase", b"effaced", b"departed"
"""The kinds of record in an input topic; the record's key. Any other key is a fact of the stage before."""


class Send(msgspec.Struct, frozen=True, gc=False):
    """One output record. `topic` is the unprefixed name of the contract; `value` None is a tombstone.

    `route` chooses the partition: None by the key, text through `partition_of`, a number that one, `ALL` every one.
    """

    topic: str
    key: bytes
    value: bytes | dict[str, Any] | None
    route: str | int | None = None


class Changes(NamedTuple):
    """What one flush writes, all of it or none: state records (None deletes), outputs, and counts for the metrics.

    Keys of `counts`: `("event", topic, type, outcome)`, `("transition", rule, status, reason)`, `("dead", reason)`.
    """

    states: list[tuple[bytes, bytes | None]]
    sends: list[Send]
    counts: dict[tuple[str, ...], int]


class ShelfError(Exception):
    """What was written before cannot be read back here; the message is half a sentence."""


Rest = str | int | tuple[str, int] | None
"""What a key says after kind and name."""
Piece = tuple[str, Rest, bytes]
"""A state record of something that has a name: its kind, the rest of its key, and its value."""


class Shelf(Protocol):
    """The state records of one partition as they were last written. Every method may raise `ShelfError`."""

    def pieces(self, kinds: Sequence[str], name: str) -> Iterator[Piece]:
        """What is kept of some kinds under a name. Where there is nothing of the first kind, there is nothing else."""

    def names(self, kind: str) -> Iterator[str]:
        """Every name that has a record of a kind. What is written meanwhile may be among them or not."""

    def values(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """(name, value) of every record of a kind, those of one name one after another."""


class Stage(Protocol):
    """One partition of one stage. What it does depends on its input records, in order, and on nothing else."""

    @property
    def clock(self) -> int:
        """Microseconds since the epoch: the newest tick that this partition has been told of. Never goes back."""

    @property
    def policy_version(self) -> str:
        """The version of the policy in force."""

    def restore(self, key: bytes, value: bytes) -> None:
        """Take one live record of the state topic, in any order; from a shelf, those of one name after another."""

    def restored(self) -> None:
        """Every record has been given: rebuild what is derived from them."""

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        """Take one input record; the value of a tombstone is empty. Bad input becomes a dead letter among the outputs,
        never an exception."""

    def flush(self) -> Changes:
        """Everything that changed since the last flush; the buffers are empty afterwards.

        Whoever asks has written the flush before, to the shelf too where there is one.
        """

    def pending(self) -> int:
        """How many things a flush would write, roughly."""

    def entries(self) -> dict[str, int]:
        """Number of live entries by table."""

    def alerts(self) -> dict[tuple[str, str, str], int]:
        """Number of standing alerts by (rule, status, severity)."""


def partition_of(subject_id: str, partitions: int) -> int:
    """The partition of a subject: the same in every process, language and release, so never to be changed."""
    return zlib.crc32(subject_id.encode()) % partitions
