"""What every peer is told, and what it takes from an event. Imports nothing that a peer's environment may lack."""

import json
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self

import orjson

WHO = {"contact.logged": "employee_id", "opportunity.won": "owner_id", "payment.received": "employee_id"}
FLUSH_S = 1.0
"""How often engines that choose it themselves write what changed, as crm-pulse does."""
VARIABLE = "BENCH_JOB"


class Job(NamedTuple):
    """Where the events are, how many, and where the result goes."""

    kafka: str
    topics: list[str]
    partitions: int
    output: str
    events: int
    counted: int
    """How many of the events are of the types that count."""
    folder: str
    """For what an engine keeps on disk."""

    @classmethod
    def given(cls) -> Self:
        return cls(**json.loads(os.environ[VARIABLE]))

    def given_as(self) -> dict[str, str]:
        """The variables of the environment that hand it over."""
        return {VARIABLE: json.dumps(self._asdict())}


def count_of(line: bytes) -> tuple[str, int] | None:
    """(employee/day/type, cents) of an event that counts."""
    event = orjson.loads(line)
    kind = event["type"]
    if (field := WHO.get(kind)) is None:
        return None
    data = event["data"]
    key = f"{data[field]}/{event['time'][:10]}/{kind}"
    return key, int(data["amount"]["amount"].replace(".", "")) if "amount" in data else 0


class Counts:
    """The running counts in memory, and which of them changed."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}
        self._changed: set[str] = set()

    def add(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if (found := count_of(line)) is not None:
                key, cents = found
                row = self._rows.setdefault(key, [0, 0])
                row[0] += 1
                row[1] += cents
                self._changed.add(key)

    def changed(self) -> Iterator[tuple[bytes, bytes]]:
        """Keys and values of what changed since this was last asked."""
        for key in self._changed:
            yield key.encode(), row_of(*self._rows[key])
        self._changed.clear()


def row_of(count: int, cents: int) -> bytes:
    """A value of the output topic."""
    return orjson.dumps({"count": count, "cents": cents})
