"""How much each topic of events holds, on its way into the ticks of the inbox: from that follows which is silent."""

from __future__ import annotations

from collections.abc import Callable

from streams.intake.cascade import Layer, Offsets, Tick


class Holdings:
    """What was seen at the instants that are on their way. `plain` gives a topic's plain name."""

    def __init__(self, plain: Callable[[str], str]) -> None:
        self._plain = plain
        self._seen: dict[int, dict[str, int]] = {}

    def sampled(self, at: int, ends: Offsets) -> None:
        """At an instant (us) the partitions ended so."""
        totals: dict[str, int] = {}
        for partition, offset in ends.items():
            topic = self._plain(partition.topic)
            totals[topic] = totals.get(topic, 0) + offset
        self._seen[at] = totals

    def told_with(self, tick: Tick) -> dict[str, int]:
        """What a tick has to say, by topic: the sum of its ends. Of each instant that is told once, to the inbox."""
        if tick.layer is not Layer.INBOX:
            return {}
        found = self._seen.get(tick.at, {})
        self._seen = {at: totals for at, totals in self._seen.items() if at > tick.at}
        return found
