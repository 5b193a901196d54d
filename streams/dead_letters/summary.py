"""What the dead letters come to: how many of which topic and reason."""

from __future__ import annotations

from collections.abc import AsyncIterable
from typing import NamedTuple

from streams.dead_letters.reading import Kept
from streams.events import Reason


class Summary(NamedTuple):
    """The letters of one topic and reason: how many, when the first and last were written (us), the last's detail."""

    topic: str
    reason: Reason
    letters: int
    oldest: int
    newest: int
    example: str


async def summarise(letters: AsyncIterable[Kept]) -> list[Summary]:
    """One for each topic and reason, in the order of their names."""
    found: dict[tuple[str, Reason], Summary] = {}
    async for letter, _, written in letters:
        key = letter.topic or "", letter.reason
        one = found.get(key) or Summary(*key, 0, written, written, letter.detail)
        example = letter.detail if written >= one.newest else one.example
        found[key] = Summary(*key, one.letters + 1, min(one.oldest, written), max(one.newest, written), example)
    return [found[key] for key in sorted(found)]
