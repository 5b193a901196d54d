"""One company, replayed and scanned, and what differs."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from multiprocessing import get_context
from operator import or_
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from streams.policy import load
from tests.oracle.law import KINDS, Law
from tests.year.comparing import Result, compared
from tests.year.conditions import Conditions
from tests.year.engine import Told
from tests.year.engine import told as replayed
from tests.year.hours import Hours, Meter, looks
from tests.year.log import START, Size, lines
from tests.year.reading import read
from tests.year.scan import Runs, States, scan
from tests.year.shares import shares
from tests.year.subject import World
from tests.year.telling import Telling

SWINGS = "dq.suspicious_moves"
"""A kind of rule that the scan knows beside those of the other recount."""
POLICY = Path(__file__).with_name("policy.yaml")

Say = Callable[[str], object]


class Year(NamedTuple):
    """What a year came to."""

    lines: int
    looks: int
    """One for each hour at which a subject was there."""
    records: int
    """What the engine told of alerts."""
    fired: Counter[str]
    """Alerts that have fired by what it tells last, by rule."""
    result: Result


def year(
    size: Size,
    folder: Path,
    policy: dict[str, Any] | None = None,
    *,
    mess: bool = True,
    processes: int = 1,
    say: Say = lambda _: None,
) -> Year:
    """Replay the log of a company, scan it, and compare; `folder` takes the states meanwhile."""
    wanted = yaml.safe_load(POLICY.read_text()) if policy is None else policy
    log = list(lines(size, mess))
    say(f"{len(log):,} lines")
    hours = Hours(START, size.end)
    with ProcessPoolExecutor(processes, get_context("fork"), gc.disable) as pool:
        text = yaml.safe_dump(wanted, sort_keys=False)
        replays = [pool.submit(_replayed, share, text, hours) for share in shares(log, processes)]
        found, looked = _scanned(log, wanted, size, folder, say)
        told = reduce(or_, (replay.result() for replay in replays))
    say(f"{told.records:,} records of alerts in the replay; {dict(told.outcomes)}")
    return Year(len(log), looked, told.records, told.fired, compared(told, found, hours.count))


def _replayed(log: Iterable[bytes], policy: str, hours: Hours) -> Told:
    return replayed(log, load(policy), hours)


def _scanned(log: Iterable[bytes], policy: dict[str, Any], size: Size, folder: Path, say: Say) -> tuple[Runs, int]:
    law = Law(policy, KINDS | {SWINGS: {"within": "1d", "lasts": "7d"}})
    hours, meter = Hours(START, size.end), Meter(law.work, START, size.end)
    states = States(folder)
    Telling(World(law, hours, meter, states.write)).tell(read(log))
    states.close()
    say(f"{states.written:,} states")
    stalls = {stage["name"]: stage.get("stall_after") for stage in policy["pipeline"]["stages"]}
    contact = policy.get("contact") or {}
    conditions = Conditions(law, contact.get("intervals") or {}, stalls, contact)
    runs: Runs = {}
    looked = 0
    for one in scan(folder, looks(hours, meter), conditions):
        runs |= one.runs
        looked += one.looked
        say(f"{looked:,} looks")
    return runs, looked
