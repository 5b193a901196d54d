"""From what a stage wants to send to what goes into each partition of each topic."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import orjson
from aiokafka.partitioner import murmur2

from streams.core.stage import ALL, Send, partition_of
from streams.topics import Topics


class Record(NamedTuple):
    """One record to write; a `value` of None is a tombstone."""

    key: bytes
    value: bytes | None


Place = tuple[str, int]
"""A topic's full name and one of its partitions."""


def place(sends: Iterable[Send], topics: Topics) -> dict[Place, list[Record]]:
    """The records of each partition, in the order they were sent. Raises KeyError for an unknown topic."""
    placed: dict[Place, list[Record]] = {}
    into: dict[str, tuple[str, int]] = {}
    last, encoded = None, b""  # a change of an alert goes to two topics, one after the other
    for send in sends:
        value, topic = send.value, send.topic
        if isinstance(value, dict):
            if value is not last:
                last, encoded = value, orjson.dumps(value)
            value = encoded
        if topic not in into:
            into[topic] = topics.full(topic), topics.used(topic)
        full, count = into[topic]
        record = Record(send.key, value)
        for partition in _partitions(send, count):
            place = full, partition
            if place in placed:
                placed[place].append(record)
            else:
                placed[place] = [record]
    return placed


def _partitions(send: Send, count: int) -> Iterable[int]:
    if isinstance(send.route, str):
        return (partition_of(send.route, count),)
    if send.route is None:
        return (by_key(send.key, count),)
    return range(count) if send.route == ALL else (send.route,)


@lru_cache(65_536)
def by_key(key: bytes, count: int) -> int:
    """Kafka's own partitioner, so that anybody's consumer finds a key where it expects it."""
    return (int(murmur2(key)) & 0x7FFFFFFF) % count
