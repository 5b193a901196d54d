"""What a round left on the topics, each of them read once from its beginning."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import orjson

from streams.core.records import read_inbox
from streams.core.stage import EVENTS
from streams.topics import DEAD_LETTERS, INBOX
from tests.acceptance.comparing import Records, original
from tests.acceptance.installation import Installation
from tests.chaos.sender import Place

TABLES = ("kpis.employees", "scores.employees", "scores.teams", "alerts")


class Change(NamedTuple):
    """A record of alerts.log: when its flush began to be read (ms), and what it says."""

    timestamp: int
    record: dict[str, Any]


class Outputs(NamedTuple):
    """`tables` hold the newest record per key of each compacted topic, `homes` the partitions that a key is found in.

    `changes` are, for each alert, its last record in every partition of alerts.log that has one. `letters` are the dead
    letters by where the line stood, one entry for each that was written. `taken` counts how often the event of each
    place came into the inbox.
    """

    tables: dict[str, Records]
    homes: dict[str, dict[str, set[int]]]
    changes: dict[str, list[Change]]
    letters: dict[Place, list[bytes]]
    taken: Counter[Place]


async def outputs(place: Installation) -> Outputs:
    """Read it all."""
    tables: dict[str, Records] = {}
    homes: dict[str, dict[str, set[int]]] = {}
    for topic in TABLES:
        newest: dict[str, bytes | None] = {}
        where = homes[topic] = {}
        async for record in place.read(topic):
            key = record.key.decode()
            newest[key] = record.value
            where.setdefault(key, set()).add(record.partition)
        tables[topic] = {key: orjson.loads(value) for key, value in newest.items() if value is not None}
    return Outputs(tables, homes, await _changes(place), await _letters(place), await _taken(place))


async def _changes(place: Installation) -> dict[str, list[Change]]:
    last: dict[str, dict[int, Change]] = {}
    async for record in place.read("alerts.log"):
        value = orjson.loads(record.value)
        last.setdefault(value["id"], {})[record.partition] = Change(record.timestamp, value)
    return {id: list(changes.values()) for id, changes in last.items()}


async def _letters(place: Installation) -> dict[Place, list[bytes]]:
    found: dict[Place, list[bytes]] = {}
    async for record in place.read(DEAD_LETTERS):
        letter = orjson.loads(record.value)
        where = Place(letter["topic"], letter["partition"], letter["offset"])
        found.setdefault(where, []).append(original(letter))
    return found


async def _taken(place: Installation) -> Counter[Place]:
    found: Counter[Place] = Counter()
    async for record in place.read(INBOX):
        if record.key == EVENTS:
            found.update(Place(topic, partition, offset) for topic, partition, offset, _ in read_inbox(record.value))
    return found
