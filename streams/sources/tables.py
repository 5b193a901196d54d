"""The CSV tables of a data set, in a folder or in a zip archive, read row by row."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class SourceError(Exception):
    """A data set that cannot be read; the message is one sentence for a person."""


class SkipReason(StrEnum):
    """Why a row became no event."""

    NO_DATE = "no date"
    NO_ID = "no id"
    BAD_ROW = "wrong number of cells"
    BAD_DATE = "unreadable date"
    BAD_AMOUNT = "unreadable amount"
    BAD_STAGE = "unknown stage"


class Skipped(NamedTuple):
    """A row left out: its table, its line in that file (the header is line 1) and why."""

    table: str
    line: int
    reason: SkipReason


class Row(NamedTuple):
    """A row's line in its file and its cells by column name, stripped of surrounding blanks."""

    line: int
    cells: dict[str, str]


class Tables:
    """The tables of one data set. Every method raises SourceError when the data is not what it should be."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, str] | None = None
        if path.is_dir():
            return
        if not path.exists():
            raise SourceError(f"{path} does not exist.")
        try:
            with zipfile.ZipFile(path) as archive:
                # The shortest path wins, so that a copy deeper down (__MACOSX and the like) hides nothing.
                names = sorted(archive.namelist(), key=len, reverse=True)
        except zipfile.BadZipFile:
            raise SourceError(f"{path} is neither a folder nor a zip archive.") from None
        except OSError as error:
            raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
        self._members = {name.rsplit("/", 1)[-1]: name for name in names}

    def check(self, table: str, columns: tuple[str, ...]) -> None:
        """Sees to it that the table is there and has these columns."""
        for _ in self.rows(table, columns):
            break

    def rows(self, table: str, columns: tuple[str, ...]) -> Iterator[Row | Skipped]:
        """The rows of one table in file order; one whose cells do not match the header is Skipped."""
        try:
            with self._open(table) as text:
                reader = csv.reader(text)
                header = [name.strip() for name in next(reader, [])]
                missing = [name for name in columns if name not in header]
                if missing:
                    raise SourceError(f"{table} in {self._path} has no column {missing[0]!r}.")
                for cells in reader:
                    if len(cells) == len(header):
                        values = map(str.strip, cells)
                        yield Row(reader.line_num, dict(zip(header, values, strict=True)))
                    elif cells:
                        yield Skipped(table, reader.line_num, SkipReason.BAD_ROW)
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise SourceError(f"{table} in {self._path} is damaged.") from None
        except UnicodeDecodeError:
            raise SourceError(f"{table} in {self._path} is not UTF-8 text.") from None
        except csv.Error as error:
            raise SourceError(f"{table} in {self._path} is not a CSV table: {error}.") from error
        except (NotImplementedError, RuntimeError):
            raise SourceError(f"{table} in {self._path} is encrypted or packed in an unknown way.") from None
        except OSError as error:
            raise SourceError(f"{table} in {self._path} cannot be read: {error.strerror}.") from error

    @contextmanager
    def _open(self, table: str) -> Iterator[io.TextIOBase]:
        if self._members is None:
            file = self._path / table
            if not file.is_file():
                raise SourceError(f"There is no {table} in {self._path}.")
            with file.open(encoding="utf-8-sig", newline="") as text:
                yield text
        else:
            if table not in self._members:
                raise SourceError(f"There is no {table} in {self._path}.")
            with zipfile.ZipFile(self._path) as archive, archive.open(self._members[table]) as raw:
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
