"""One company, replayed and recounted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.appraisal.comparing import Told, read
from tests.appraisal.log import Size, lines
from tests.appraisal.recount import Figure, Key, recount

POLICY = Path(__file__).with_name("policy.yaml")
WAITING: frozenset[str] = frozenset()
"""KPIs that the engine does not tell yet."""

Say = Callable[[str], object]


class Sides(NamedTuple):
    """What is to be compared."""

    lines: int
    told: dict[Key, Told]
    found: dict[Key, Figure]


def sides(size: Size, folder: Path, say: Say = lambda _: None, policy: Path = POLICY) -> Sides:
    """Have a company's log replayed, and recount it; `folder` takes the log and what the replay writes."""
    log, out = folder / "events.jsonl", folder / "out"
    number = written(lines(size), log)
    say(f"{number:,} lines")
    replay(log, out, size.as_of, policy)
    say("replayed")
    found = recount(log, out / "alerts.jsonl", yaml.safe_load(policy.read_text()), size.as_of)
    say(f"{len(found):,} values recounted")
    return Sides(number, read(out / "kpis.csv"), found)


def written(lines: Iterable[bytes], log: Path) -> int:
    """Write a log, and answer how many lines it has."""
    with log.open("wb") as file:
        return sum(1 for line in lines if file.write(line + b"\n"))


def replay(log: Path, out: Path, as_of: datetime, policy: Path) -> None:
    """`crmpulse replay`; CalledProcessError where it fails."""
    command = ["replay", str(log), "--policy", str(policy), "--as-of", as_of.isoformat(), "--out", str(out)]
    subprocess.run([sys.executable, "-m", "streams", *command], check=True, stdout=subprocess.DEVNULL)
