"""Event files: whole or not there at all, the same bytes for the same events."""

import gzip
import os
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.events import CustomerErased, decode, make_event
from streams.sources import Skipped, SkipReason, write_events, write_lines

EVENT = make_event(CustomerErased(customer_id="c"), "1", "/test", datetime(2026, 1, 1, tzinfo=UTC))
GAP = Skipped("a.csv", 2, SkipReason.NO_DATE)


def test_events_are_written_and_the_skipped_counted_by_reason(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    summary = write_events([EVENT, GAP, EVENT, GAP], str(file))
    assert str(summary) == "2 events, 2 rows skipped (no date: 2)"
    assert [decode(line) for line in file.read_bytes().splitlines()] == [EVENT, EVENT]


def test_a_name_in_gz_is_compressed_to_the_same_bytes_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "one.jsonl.gz", tmp_path / "two.jsonl.gz"
    for file in (first, second):
        assert write_lines([b"a", b"b"], str(file)) == 2
    assert gzip.decompress(first.read_bytes()) == b"a\nb\n"
    assert first.read_bytes() == second.read_bytes()
    # Flags and time of the gzip header: neither a name nor a moment.
    assert first.read_bytes()[3:8] == bytes(5)


def test_a_dash_is_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert write_lines([b"a"], "-") == 1
    sys.stdout.flush()
    assert capfdbinary.readouterr().out == b"a\n"


def test_what_fails_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    def lines() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("on the way")

    file = tmp_path / "events.jsonl"
    file.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="on the way"):
        write_lines(lines(), str(file))
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    write_lines([b"a"], str(pipe))
    reader.join(10)
    assert got == [b"a\n"]


def test_progress_adds_up_to_the_number_of_lines(tmp_path: Path) -> None:
    steps: list[int] = []
    write_lines((b"x" for _ in range(2500)), str(tmp_path / "x"), steps.append)
    assert steps == [1000, 1000, 500]
