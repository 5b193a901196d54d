"""`make bench`: how fast one process replays simulated events, and with how much memory. Right or not at all.

EVENTS (1,000,000) and SEED (1) stand in the environment. The events are made once and kept in the folder for temporary
files. Beside the replay runs a bare loop that only decodes the same file: its share tells machines apart.
"""

import csv
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import zlib
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import streams
from streams.events import encode
from streams.simulate import Scale, simulate
from streams.sources import write_lines
from tests.bench.recount import TOTALS, recount

MIB = 1 << 20


class Run(NamedTuple):
    """What a process took, and what it wrote to standard output."""

    seconds: float
    cpu: float  # seconds
    peak: int  # bytes
    out: str


def run(*arguments: object) -> Run:
    """A fresh Python process that must succeed."""
    started = time.monotonic()
    process = subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as stdout:
        out = stdout.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, arguments))} ended with exit code {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit, out)


def event_file(events: int, seed: int) -> Path:
    """So many simulated events, from the cache where this very simulation has put them there already."""
    code = b"".join(path.read_bytes() for path in sorted(Path(streams.__path__[0]).glob("[es]*/*.py")))
    file = Path(tempfile.gettempdir()) / "crm-pulse-bench" / f"{events}-seed-{seed}-{zlib.crc32(code):08x}.jsonl"
    if not file.exists():
        print(f"simulating {events:,} events ...", flush=True)
        file.parent.mkdir(exist_ok=True)
        employees = max(10, events // 10_000)
        year = (datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
        scale = Scale(seed, max(2, employees // 8), employees, max(100, events // 60), *year, events)
        write_lines(map(encode, simulate(scale)), str(file))
    return file


def totals(table: Path) -> dict[str, Decimal]:
    """The yearly figures of all employees together."""
    found = dict.fromkeys(TOTALS, Decimal(0))
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if re.fullmatch(r"\d{4}", row["period"]) and row["kpi"] in TOTALS:
                found[row["kpi"]] += Decimal(row["value"])
    return found


def check(said: str, table: Path, file: Path) -> None:
    """Every event was used or is of a type not used yet, and the totals are those of a plain recount."""
    with file.open("rb") as lines:
        events, expected = recount(lines)
    used = sum(
        int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:applied|of types not used yet)", said)
    )
    assert used == events, said
    assert "none rejected" in said, said
    assert totals(table) == expected, (totals(table), expected)


def main() -> None:
    events, seed = int(os.environ.get("EVENTS") or 1_000_000), int(os.environ.get("SEED") or 1)
    file = event_file(events, seed)
    with tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as folder:
        bare = run("-m", "tests.bench.bare", file)
        assert int(bare.out) == events
        replay = run("-m", "streams", "replay", file, "--out", folder)
        check(replay.out, Path(folder) / "kpis.csv", file)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(
        f"{events:,} events of {file.stat().st_size / events:,.0f} bytes, seed {seed}; {python}, {os.cpu_count()} cores"
    )
    print(f"{'':<12}{'events/s':>12}{'CPU s per million':>20}{'peak MiB':>12}")
    for name, one in (("bare decode", bare), ("replay", replay)):
        cpu, peak = one.cpu / events * 1e6, one.peak / MIB
        print(f"{name:<12}{events / one.seconds:>12,.0f}{cpu:>20.1f}{peak:>12,.0f}")
    print(f"A replay costs {replay.cpu / bare.cpu:.1f} times the CPU of decoding alone.")
    print(f"Every event accounted for; {', '.join(TOTALS)} equal a plain recount.")


if __name__ == "__main__":
    main()
