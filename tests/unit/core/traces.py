"""Where in everything that is kept and told a word stands: for what must be nowhere."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from tests.unit.core.works import Works

RETAINED = ("streams.inbox", "alerts.log", "streams.dead-letters")
"""Topics that are logs: what stands in them goes when its time is over."""


def traces(works: Works, *words: str) -> list[str]:
    """The places that hold any of some words: topics with the key, and states with theirs."""
    found = []
    for topic, records in works.topics.items():
        for key, value in records.items():
            if topic not in RETAINED and _holds(key + _text(value), words):
                found.append(f"{topic} {key.decode()}")
    for stage, seats in (("customers", works.customers), ("employees", works.employees), ("company", [works.company])):
        for seat in seats:
            for key, value in seat.states.items():
                if _holds(key + value, words):
                    found.append(f"state of {stage} {key.decode()}")
    return sorted(set(found))


def _holds(content: bytes, words: Collection[str]) -> bool:
    return any(word.encode() in content for word in words)


def _text(value: Any) -> bytes:
    return msgspec.json.encode(value)
