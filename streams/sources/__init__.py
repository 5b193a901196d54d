"""Data sets and vendors' exports, turned into CRM events: one module each, all read the same way."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from streams.events import Event
from streams.sources import chinook, maven
from streams.sources.files import Summary, write_events, write_lines
from streams.sources.tables import Skipped, SkipReason, SourceError

SOURCES: Final[Mapping[str, Callable[[Path], Iterator[Event | Skipped]]]] = MappingProxyType(
    {"maven": maven.read, "chinook": chinook.read}
)
"""Each source's reader: a path to its events in the order of their times, and the rows that became none."""

__all__ = ["SOURCES", "SkipReason", "Skipped", "SourceError", "Summary", "write_events", "write_lines"]
