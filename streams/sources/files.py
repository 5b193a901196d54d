"""Event files: JSON lines, gzip-compressed where the name ends in .gz, "-" for standard output."""

import gzip
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from streams.events import Event, encode
from streams.sources.tables import Skipped

STEP = 1000
"""Lines between two reports of progress."""


class Summary(msgspec.Struct):
    """What an import came to: events written, and rows left out by reason."""

    events: int = 0
    skipped: Counter[str] = msgspec.field(default_factory=Counter)

    def __str__(self) -> str:
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in self.skipped.most_common())
        return f"{self.events:,} events, {self.skipped.total():,} rows skipped{f' ({reasons})' if reasons else ''}"


def write_events(
    items: Iterable[Event | Skipped], out: str, progress: Callable[[int], object] | None = None
) -> Summary:
    """Writes the events as JSON lines and counts what was skipped. See write_lines."""
    summary = Summary()

    def lines() -> Iterator[bytes]:
        for item in items:
            if isinstance(item, Skipped):
                summary.skipped[item.reason] += 1
            else:
                yield encode(item)

    summary.events = write_lines(lines(), out, progress)
    return summary


def write_lines(lines: Iterable[bytes], out: str, progress: Callable[[int], object] | None = None) -> int:
    """Writes lines (without their newline) and answers how many; OSError when the file cannot be written.

    A file is there whole or not at all: what fails on the way leaves it as it was. `progress` hears, now and then,
    how many lines came since it last heard.
    """
    count = 0
    with _opened(out) as file:
        for count, line in enumerate(lines, 1):
            file.write(line)
            file.write(b"\n")
            if progress is not None and count % STEP == 0:
                progress(STEP)
    if progress is not None:
        progress(count % STEP)
    return count


@contextmanager
def _opened(out: str) -> Iterator[IO[bytes]]:
    if out == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(out)
    if path.exists() and not path.is_file():
        # A pipe or a device has no place to put a second file beside.
        with path.open("wb") as file:
            yield file
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            if path.suffix == ".gz":
                # Neither name nor time go into the header, so that the same events make the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=6, mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
