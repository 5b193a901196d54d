"""Who reads which partition: as many of each topic for everybody, and as few moves as that allows.

A moved partition has to be loaded anew, so whoever has one keeps it; and the topics are shared out one by one, as a
partition of one stage is much more work than one of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

import msgspec
from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

Partitions = set[tuple[str, int]]


def share(topics: Mapping[str, int], owned: Mapping[str, Partitions]) -> dict[str, Partitions]:
    """The partitions of each member. `topics`: name -> partitions; `owned`: member -> what it has now, never empty."""
    given: dict[str, Partitions] = {member: set() for member in sorted(owned)}
    for topic, partitions in sorted(topics.items()):
        load = {member: len(parts) for member, parts in given.items()}
        for member, numbers in _share_topic(topic, partitions, owned, load).items():
            given[member] |= {(topic, number) for number in numbers}
    return given


def _share_topic(
    topic: str, partitions: int, owned: Mapping[str, Partitions], load: Mapping[str, int]
) -> dict[str, list[int]]:
    """`load`: member -> partitions of other topics given to it already."""
    given: dict[str, list[int]] = {member: [] for member in load}
    fair, spare = divmod(partitions, len(given))
    free = []
    for number in range(partitions):
        room = (m for m in given if (topic, number) in owned[m] and len(given[m]) < fair + bool(spare))
        if (holder := next(room, None)) is None:
            free.append(number)
        else:
            spare -= len(given[holder]) == fair
            given[holder].append(number)
    for number in free:
        given[min(given, key=lambda m: (len(given[m]), load[m], m))].append(number)
    return given


class Assignor(AbstractPartitionAssignor):  # type: ignore[misc]
    """`share` in the words of aiokafka, which keeps an assignor's memory in its class: make one with `assignor()`."""

    name = "crmpulse"
    version = 0
    owned: ClassVar[list[tuple[str, int]]] = []

    @classmethod
    def assign(
        cls, cluster: ClusterMetadata, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        names = {topic for member in members.values() for topic in member.subscription}
        topics = {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in names}
        given = share(topics, {member: _owned(metadata.user_data) for member, metadata in members.items()})
        return {
            member: ConsumerProtocolMemberAssignment(cls.version, _by_topic(partitions), b"")
            for member, partitions in given.items()
        }

    @classmethod
    def metadata(cls, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        return ConsumerProtocolMemberMetadata(cls.version, list(topics), msgspec.json.encode(cls.owned))

    @classmethod
    def on_assignment(cls, assignment: ConsumerProtocolMemberAssignment) -> None:
        cls.owned = [(topic, partition) for topic, partition in assignment.partitions()]


def assignor() -> type[Assignor]:
    """An assignor of one's own, for one member of a group."""
    return type("Assignor", (Assignor,), {"owned": []})


def _owned(user_data: bytes) -> Partitions:
    """Empty for a member of another release that says it otherwise."""
    try:
        return set(msgspec.json.decode(user_data, type=list[tuple[str, int]]))
    except msgspec.DecodeError:
        return set()


def _by_topic(partitions: Partitions) -> list[tuple[str, list[int]]]:
    topics: dict[str, list[int]] = {}
    for topic, partition in sorted(partitions):
        topics.setdefault(topic, []).append(partition)
    return list(topics.items())
