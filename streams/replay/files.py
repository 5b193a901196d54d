"""The files of a replay: event lines in, records and tables out. Memory does not grow with either."""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Any, Self

import orjson

from streams.events import MAX_BYTES
from streams.replay.run import Figure, Line, cells

FILES = {
    "alerts": "alerts.jsonl",
    "alerts.digest": "digests.jsonl",
    "scores.employees": "scores.jsonl",
    "scores.teams": "teams.jsonl",
    "opportunities": "opportunities.jsonl",
    "customers": "customers.jsonl",
    "funnel": "funnel.jsonl",
    "campaigns": "campaigns.jsonl",
    "recommendations": "recommendations.jsonl",
    "streams.dead-letters": "dead-letters.jsonl",
}
"""The file that the records of an output topic are written to."""

COLUMNS = ("employee_id", "period", "kpi", "value", "numerator", "denominator", "count")


class UnreadableFile(Exception):
    """An event file cannot be read; the text is one sentence for a person."""


class LineReader:
    """The lines of event files, one after another: plain or `.gz`, `-` for standard input. They may be read several
    times; what can be read but once, standard input or a pipe, waits in a file of its own meanwhile.

    `progress` hears how many bytes of the files, as they are stored, have been read since it last heard.
    """

    def __init__(self, files: Iterable[str], progress: Callable[[int], object]) -> None:
        self._files = list(files)
        self._progress = progress
        self._spools: dict[int, IO[bytes]] = {}

    def size(self) -> int | None:
        """Bytes of all files together; None where standard input or a pipe is among them."""
        paths = [Path(name) for name in self._files]
        if any(name == "-" for name in self._files) or not all(path.is_file() for path in paths):
            return None
        return sum(path.stat().st_size for path in paths)

    def __iter__(self) -> Iterator[Line]:
        for place, name in enumerate(self._files):
            try:
                yield from self._lines(place, name)
            except (OSError, EOFError, zlib.error) as error:
                raise UnreadableFile(f"{name}: {getattr(error, 'strerror', None) or error}") from error

    def _lines(self, place: int, name: str) -> Iterator[Line]:
        with ExitStack() as stack:
            if name != "-" and Path(name).is_file():
                stored: IO[bytes] = stack.enter_context(Path(name).open("rb"))
            else:
                stored = self._spooled(place, name)
            lines: IO[bytes] | gzip.GzipFile = stored
            if name.endswith(".gz"):
                lines = stack.enter_context(gzip.GzipFile(fileobj=stored))
            seen = 0
            for number, raw in enumerate(_bounded(lines), 1):
                yield Line(raw.rstrip(b"\r\n") if not raw.isspace() else b"", name, number)
                if name != "-" and number % 1000 == 0:
                    at = stored.tell()
                    self._progress(at - seen)
                    seen = at

    def _spooled(self, place: int, name: str) -> IO[bytes]:
        """What can be read but once, from its beginning."""
        spool = self._spools.get(place)
        if spool is None:
            spool = self._spools[place] = TemporaryFile()  # noqa: SIM115  (it goes with its last reader)
            with ExitStack() as stack:
                once = sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
                copyfileobj(once, spool)
        spool.seek(0)
        return spool


def _bounded(lines: IO[bytes] | gzip.GzipFile) -> Iterator[bytes]:
    """Lines of at most twice the bytes that an event may have, as a dead letter keeps them; the rest is skipped."""
    while raw := lines.readline(2 * MAX_BYTES):
        rest = raw
        while not rest.endswith(b"\n") and (rest := lines.readline(MAX_BYTES)):
            pass
        yield raw


class Outputs:
    """The folder that a replay writes to. A run that fails leaves the files of the one before as they were."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        for topic, name in FILES.items():
            self._files[topic] = (self._folder / f"{name}.part").open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for topic, file in self._files.items():
            file.close()
            part = self._folder / f"{FILES[topic]}.part"
            if kind is None:
                part.replace(self._folder / FILES[topic])
            else:
                part.unlink()

    def write(self, topic: str, record: dict[str, Any]) -> None:
        """Append a record of an output topic to its file; topics without one are left out."""
        file = self._files.get(topic)
        if file is not None:
            file.write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))

    def sift(self, topic: str, keep: Callable[[dict[str, Any]], bool]) -> None:
        """Leave out of a file what it was told before and is not to keep."""
        self._files[topic].close()
        part = self._folder / f"{FILES[topic]}.part"
        sifted = part.with_suffix(".sifted")
        with part.open("rb") as former, sifted.open("wb") as file:
            file.writelines(line for line in former if keep(orjson.loads(line)))
        sifted.replace(part)

    def write_kpis(self, figures: Iterable[Figure]) -> int:
        """Write the table of KPIs; answers how many rows."""
        part, rows = self._folder / "kpis.csv.part", 0
        with part.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(COLUMNS)
            for figure in figures:
                rows += 1
                table.writerow((figure.employee, figure.period, figure.value.kpi, *cells(figure.value)))
        part.replace(self._folder / "kpis.csv")
        return rows
