"""The dead-letter topic from its beginning to its present end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

from streams.dead_letters.letters import Chosen, read_letter
from streams.events.outputs import DeadLetter
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, partitions_of
from streams.topics.reading import committed_records, reader


class Kept(NamedTuple):
    """A letter as it stands in its topic: `value` its bytes, `written` (us) when it came there."""

    letter: DeadLetter
    value: bytes
    written: int


class Reading:
    """The letters that are chosen, a source topic's in the order in which they were refused; memory stays bounded.

    Raises `MissingTopic`, and KafkaError for a broker that is not there.
    """

    def __init__(self, settings: Settings, chosen: Chosen, limit: int | None = None) -> None:
        self._settings, self._chosen, self._limit = settings, chosen, limit
        self.foreign = 0
        """Records met that are no dead letters."""

    async def __aiter__(self) -> AsyncIterator[Kept]:
        if self._limit == 0:
            return
        partitions = await partitions_of(self._settings, DEAD_LETTERS)
        found = 0
        # Intake writes them outside of transactions, the customers' stage inside.
        async with reader(self._settings) as consumer:
            for partition in partitions:
                async for record in committed_records(consumer, partition):
                    letter = read_letter(record.value or b"")
                    if not isinstance(letter, DeadLetter):
                        self.foreign += 1
                    elif self._chosen.takes(letter, record.timestamp * 1000):
                        yield Kept(letter, record.value, record.timestamp * 1000)
                        found += 1
                        if found == self._limit:
                            return
