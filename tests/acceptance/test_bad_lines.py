"""Lines, files and options that are wrong: the rest counts as if they were not there, and what is wrong is said."""

import base64
import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from streams.events import Rejected, decode, encode
from streams.simulate import MALFORMATIONS, Scale, messy, simulate
from tests.acceptance.commands import PATIENCE_S, alerts, kpis

pytestmark = pytest.mark.xdist_group("bad lines")  # one worker of a parallel run makes what they share

AS_OF = "2024-04-01T00:00:00Z"
POLICY = """\
currency: {reporting: EUR, rates: {USD: 0.92}}
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 14d}
    - {name: Engaging, probability: 0.4, stall_after: 21d}
    - {name: Proposal, probability: 0.7, stall_after: 10d}
contact:
  intervals: {A: 7d, B: 14d, default: 30d}
scorecards:
  sales: {kpis: [{kpi: won_amount, perspective: financial, weight: 40, target: 40000, cap: 1.2},
                 {kpi: contacts_connected, perspective: customer, weight: 20, target: 60}]}
"""


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


def run(*arguments: object, stdin: bytes | None = None, environ: Mapping[str, str] = MappingProxyType({})) -> Said:
    """A command in a process of its own."""
    command = [sys.executable, "-m", "streams", *map(str, arguments)]
    done = subprocess.run(command, input=stdin, env=os.environ | environ, capture_output=True, timeout=PATIENCE_S)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())


class Desk:
    """A folder with a policy, where event files are replayed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy = folder / "policy.yaml"
        self.policy.write_text(POLICY, encoding="utf-8")

    def file(self, name: str, lines: Sequence[bytes]) -> Path:
        path, raw = self.folder / name, b"".join(line + b"\n" for line in lines)
        path.write_bytes(gzip.compress(raw, 1) if name.endswith(".gz") else raw)
        return path

    def replay(self, out: str, *files: object, stdin: bytes | None = None) -> Path:
        """A replay that goes well: nothing on standard error, and one line on standard output that says what it did."""
        folder = self.folder / out
        said = run("replay", *files, "--policy", self.policy, "--as-of", AS_OF, "--out", folder, stdin=stdin)
        assert said.code == 0, said.err
        assert said.err == ""
        assert said.out.count("\n") == 1
        assert " applied, " in said.out
        return folder


@pytest.fixture(scope="module")
def clean() -> list[bytes]:
    """A quarter of a small organisation's events, in order."""
    scale = Scale(
        seed=6, teams=2, employees=10, customers=150, events=4_000, timezone="UTC",
        start=datetime(2024, 1, 1, tzinfo=UTC), end=datetime(2024, 4, 1, tzinfo=UTC),
        stages=("Prospecting", "Engaging", "Proposal"), currency="USD",
    )  # fmt: skip
    return [encode(event) for event in simulate(scale)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def expected(desk: Desk, clean: list[bytes]) -> Path:
    """What a replay of the clean file leaves."""
    folder = desk.replay("expected", desk.file("clean.jsonl", clean))
    assert (folder / "dead-letters.jsonl").read_bytes() == b""
    assert len(kpis(folder)) > 1_000
    assert len(_firing(folder)) > 50
    return folder


def test_one_bad_line_in_a_hundred_is_named_and_all_others_count(
    desk: Desk, clean: list[bytes], expected: Path
) -> None:
    dirty = list(messy(clean, 3, malformed=0.01))
    good = set(clean)
    bad = [(number, line) for number, line in enumerate(dirty, 1) if line not in good]
    assert len(bad) >= len(MALFORMATIONS)
    assert len(dirty) / 150 < len(bad) < len(dirty) / 70

    folder = desk.replay("dirty", desk.file("dirty.jsonl", dirty))

    _same_as(expected, folder)
    letters = _letters(folder)
    assert [(one["file"], one["line"], _original(one)) for one in letters] == [
        (str(desk.folder / "dirty.jsonl"), number, line) for number, line in bad
    ]
    kinds = list(MALFORMATIONS.values())
    assert [one["reason"] for one in letters[: len(kinds)]] == [kind.reason for kind in kinds]
    for one in letters:
        assert one["detail"].strip()
        verdict = decode(_original(one))
        assert one["reason"] == (verdict.reason if isinstance(verdict, Rejected) else "no_rate")


def test_empty_lines_are_nothing_and_windows_line_ends_are_line_ends(
    desk: Desk, clean: list[bytes], expected: Path
) -> None:
    lines = [part for line in clean for part in (line + b"\r", b"", b"  \t")]
    _same_as(expected, desk.replay("spaced", desk.file("spaced.jsonl", [*lines, b"{"])))
    (letter,) = _letters(desk.folder / "spaced")
    assert letter["line"] == len(lines) + 1


def test_a_compressed_file_standard_input_and_several_files_are_all_the_same(
    desk: Desk, clean: list[bytes], expected: Path
) -> None:
    _same_as(expected, desk.replay("packed", desk.file("clean.jsonl.gz", clean)))
    _same_as(expected, desk.replay("piped", "-", stdin=b"\n".join(clean)))
    first, last = desk.file("1.jsonl", [*clean[:1500], b"{"]), desk.file("3.jsonl.gz", [b"[", *clean[3000:]])
    _same_as(expected, desk.replay("parted", first, "-", last, stdin=b"\n".join([*clean[1500:3000], b"?"])))
    assert [(one["file"], one["line"], one["original"]) for one in _letters(desk.folder / "parted")] == [
        (str(first), 1501, "{"), ("-", 1501, "?"), (str(last), 1, "["),
    ]  # fmt: skip


def test_shuffled_with_a_tenth_twice_and_a_tenth_after_everything_else_nothing_changes(
    desk: Desk, clean: list[bytes], expected: Path
) -> None:
    chance = random.Random(6)
    lines = [*clean]
    chance.shuffle(lines)
    tenth = len(lines) // 10
    late, timely = lines[:tenth], lines[tenth:]
    arriving = timely + chance.sample(lines, tenth)
    chance.shuffle(arriving)

    folder = desk.replay("messed", desk.file("messed.jsonl", arriving + late))

    assert kpis(folder) == kpis(expected)
    assert _firing(folder) == _firing(expected)
    assert _last(folder, "scores.jsonl") == _last(expected, "scores.jsonl")


def test_the_later_events_are_left_out_and_counted(desk: Desk, clean: list[bytes]) -> None:
    times = [event.time for event in map(decode, clean) if not isinstance(event, Rejected)]
    assert all(one <= other for one, other in pairwise(times))
    later = sum(time > datetime(2024, 2, 1, tzinfo=UTC) for time in times)
    earlier = [line for line, time in zip(clean, times, strict=True) if time <= datetime(2024, 2, 1, tzinfo=UTC)]
    arguments = ("--policy", desk.policy, "--as-of", "2024-02-01T00:00:00Z", "--out")
    said = run("replay", desk.file("all.jsonl", clean), *arguments, desk.folder / "left")
    assert said.code == 0
    assert f" {later:,} after the instant of the run" in said.out
    assert run("replay", desk.file("earlier.jsonl", earlier), *arguments, desk.folder / "cut").code == 0
    _same_as(desk.folder / "cut", desk.folder / "left")


WRONG: dict[str, tuple[list[str], int, str]] = {
    "no such file": (["replay", "none.jsonl", "--out", "out"], 2, "none.jsonl: there is no such file"),
    "a folder as file": (["replay", "folder", "--out", "out"], 2, "folder: a folder, not a file of events"),
    "a file as folder": (["replay", "good.jsonl", "--out", "good.jsonl"], 2, "good.jsonl: a file, not a folder"),
    "no file": (["replay", "--out", "out"], 2, "Missing argument 'FILE…'"),
    "no folder": (["replay", "good.jsonl"], 2, "Missing option '--out'"),
    "no gzip": (["replay", "good.jsonl", "plain.gz", "--out", "out"], 1, "plain.gz: Not a gzipped file"),
    "broken gzip": (["replay", "broken.gz", "--out", "out"], 1, "broken.gz: "),
    "cut gzip": (["replay", "cut.gz", "--out", "out"], 1, "cut.gz: Compressed file ended before"),
    "no instant": (["replay", "good.jsonl", "--as-of", "today", "--out", "out"], 2, "'today' is not an instant"),
    "no offset": (["replay", "good.jsonl", "--as-of", "2024-04-01T00:00:00", "--out", "out"], 2, "is not an instant"),
    "unknown option": (["replay", "good.jsonl", "--speed", "9", "--out", "out"], 2, "No such option"),
    "unknown command": (["rewind"], 2, "No such command 'rewind'"),
    "no such policy": (["replay", "good.jsonl", "--policy", "none.yaml", "--out", "out"], 2, "none.yaml"),
    "policy is a folder": (["replay", "good.jsonl", "--policy", "folder", "--out", "out"], 2, "folder: "),
    "policy is no YAML": (["replay", "good.jsonl", "--policy", "torn.yaml", "--out", "out"], 2, "torn.yaml: line 1"),
    "policy is wrong": (["replay", "good.jsonl", "--policy", "wrong.yaml", "--out", "out"], 2, "wrong.yaml: line 3"),
    "the same, checked": (["policy", "check", "wrong.yaml"], 2, "wrong.yaml: line 3"),
    "change without a file": (["replay", "good.jsonl", "--policy-at", AS_OF, "--out", "out"], 2, "no instant and file"),
    "change to a wrong policy": (
        ["replay", "good.jsonl", "--policy-at", f"{AS_OF}=wrong.yaml", "--out", "out"],
        2,
        "wrong.yaml: line 3",
    ),
    "change of the time zone": (
        ["replay", "good.jsonl", "--policy-at", f"{AS_OF}=far.yaml", "--out", "out"],
        2,
        "timezone is Asia/Tokyo, but",
    ),
    "no such source": (["import", "maven", "none.zip"], 2, "none.zip: there is no such file"),
    "unknown source": (["import", "salesforce", "good.jsonl"], 2, "'salesforce' is not one of"),
    "no such data set": (["import", "maven", "good.jsonl", "-o", "out.jsonl"], 1, "good.jsonl"),
    "no place to write": (["import", "maven", "good.jsonl", "-o", "none/out.jsonl"], 1, ""),
    "share out of range": (["simulate", "--events", "10", "--late", "1", "-o", "x.jsonl"], 2, "0<=x<1"),
    "no customers": (["simulate", "--customers", "0"], 2, "at least one customer"),
    "no such letters": (["dead-letters", "retry", "none.jsonl"], 2, "none.jsonl: there is no such file"),
    "letters are a folder": (["dead-letters", "retry", "folder"], 2, "folder: a folder, not a file of dead letters"),
    "letters chosen twice": (["dead-letters", "retry", "-", "--reason", "bug"], 2, "a FILE is sent as it is"),
    "two ways to list": (["dead-letters", "list", "--json", "--summary"], 2, "give one of the two"),
    "unknown reason": (["dead-letters", "list", "--reason", "odd"], 2, "'odd' is not one of"),
    "unknown topic": (["dead-letters", "list", "--topic", "alerts"], 2, "'alerts' is not one of"),
    "until without a clock": (["worker", "--until", AS_OF], 2, "--clock events and --until go together"),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory, clean: list[bytes]) -> Path:
    """A folder with what the wrong commands name."""
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "folder").mkdir()
    (folder / "good.jsonl").write_bytes(b"\n".join(clean[:200]))
    packed = gzip.compress(b"\n".join(clean[:200]))
    (folder / "plain.gz").write_bytes(b"\n".join(clean[:200]))
    (folder / "broken.gz").write_bytes(packed[:200] + bytes(100) + packed[300:])
    (folder / "cut.gz").write_bytes(packed[: len(packed) // 2])
    (folder / "far.yaml").write_text(
        "timezone: Asia/Tokyo\npipeline:\n  stages: [{name: Engaging}]\n", encoding="utf-8"
    )
    (folder / "torn.yaml").write_text("pipeline: [", encoding="utf-8")
    (folder / "wrong.yaml").write_text(
        "timezone: UTC\npipeline:\n  stages: [{name: Engaging, stall_after: soon}]\n", encoding="utf-8"
    )
    return folder


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_in_one_sentence(case: str, wrong: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, code, sentence = WRONG[case]
    monkeypatch.chdir(wrong)
    before = {path.name for path in wrong.iterdir()} | {"out"}

    said = run(*arguments)

    assert said.code == code, said
    assert "Traceback" not in said.err
    assert said.out == ""
    told = [line for line in said.err.splitlines() if line and not line.startswith(("Usage: ", "Try "))]
    assert len(told) == 1, said.err
    assert sentence in told[0]
    assert {path.name for path in wrong.iterdir()} <= before
    assert not list(wrong.glob("out/*"))


WRONG_PLACE: dict[str, tuple[list[str], dict[str, str], int, str]] = {
    "no address": (
        ["worker"],
        {"CRMPULSE_KAFKA": "nowhere"},
        2,
        "CRMPULSE_KAFKA is 'nowhere', but it must be host:port",
    ),
    "nobody there": (["topics"], {"CRMPULSE_KAFKA": "127.0.0.1:1"}, 1, "No Kafka answers at 127.0.0.1:1"),
    "nobody to list from": (
        ["dead-letters", "list"],
        {"CRMPULSE_KAFKA": "127.0.0.1:1"},
        1,
        "No Kafka answers at 127.0",
    ),
    "nobody to retry to": (["dead-letters", "retry", "-"], {"CRMPULSE_KAFKA": "127.0.0.1:1"}, 1, "No Kafka answers at"),
    "no share": (
        ["worker"],
        {"CRMPULSE_DEAD_LETTER_SHARE": "50"},
        2,
        "SHARE is '50', but it must be a share from 0 to 1",
    ),
    "no such policy": (["worker"], {"CRMPULSE_POLICY": "none.yaml"}, 2, "none.yaml"),
    "no number": (["topics"], {"CRMPULSE_PARTITIONS": "many"}, 2, "CRMPULSE_PARTITIONS is 'many', but it must be"),
}


@pytest.mark.parametrize("case", WRONG_PLACE)
def test_so_is_what_is_wrong_in_the_environment(case: str) -> None:
    arguments, variables, code, sentence = WRONG_PLACE[case]
    said = run(*arguments, environ=variables)
    assert (said.code, said.out) == (code, ""), said
    assert "Traceback" not in said.err
    assert sentence in said.err.splitlines()[-1]


def test_a_run_that_fails_leaves_the_results_of_the_one_before(desk: Desk, clean: list[bytes]) -> None:
    folder = desk.replay("kept", desk.file("few.jsonl", clean[:300]))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    cut = desk.folder / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(b"\n".join(clean))[:-200])

    assert run("replay", cut, "--out", folder).code == 1

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def _same_as(expected: Path, folder: Path) -> None:
    for name in ("kpis.csv", "scores.jsonl", "teams.jsonl", "alerts.jsonl"):
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def _letters(folder: Path) -> list[dict[str, Any]]:
    return _lines(folder / "dead-letters.jsonl")


def _original(letter: dict[str, Any]) -> bytes:
    text: str = letter["original"]
    return base64.b64decode(text) if letter.get("encoding") == "base64" else text.encode()


def _last(folder: Path, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["employee_id"], one["period"]): one for one in _lines(folder / name)}


def _firing(folder: Path) -> list[dict[str, Any]]:
    return sorted((one for one in alerts(folder).values() if one["status"] == "firing"), key=itemgetter("id"))
