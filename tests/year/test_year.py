"""A small year: the engine and the scan agree at every hour. `make year` plays a large one."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.year.__main__ import report, size
from tests.year.comparing import compared, merged
from tests.year.engine import Told
from tests.year.log import Size, lines
from tests.year.shares import shares
from tests.year.year import POLICY, year

SMALL = Size(sellers=5, customers=250, days=60)
OTHER: dict[str, dict[str, Any]] = {
    "as it stands": {},
    "stalled since the last contact, silent while one is planned": {
        "pipeline": {"stall_basis": "last_contact"},
        "contact": {"silent_when_planned": True},
    },
    "in another zone, with clocks put forward meanwhile": {
        "timezone": "America/Santiago",
        "calendar": {"workdays": ["sun", "mon", "tue", "wed", "thu"], "hours": "08:30-16:45", "holidays": "CL"},
        "pipeline": {"stall_basis": "created"},
    },
}


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    policy: dict[str, Any] = yaml.safe_load(POLICY.read_text())
    for section, keys in changes.items():
        policy[section] = policy[section] | keys if isinstance(keys, dict) else keys
    return policy


@pytest.mark.parametrize(("seed", "changes"), list(enumerate(OTHER.values(), 1)), ids=OTHER.keys())
def test_what_comes_late_twice_and_in_any_order_fires_when_the_scan_says(
    seed: int, changes: dict[str, Any], tmp_path: Path
) -> None:
    result = year(SMALL._replace(seed=seed), tmp_path, changed(changes)).result
    assert result.differences == []
    assert result.found.total() > 100_000


def test_what_comes_in_order_is_never_told_wrongly_on_the_way_either(tmp_path: Path) -> None:
    result = year(SMALL._replace(seed=4, days=100), tmp_path, mess=False, processes=2).result
    assert (result.differences, result.untold, result.false) == ([], [], [])
    assert result.again > 0


KEY = "contact.due", "cus-1", 0


def told(newest: list[tuple[int, int]], former: list[tuple[int, int]]) -> Told:
    return Told({KEY: newest} if newest else {}, {KEY: former}, Counter(), 0, Counter())


# What is told last and before, what is found, and how many differ: in the newest, untold, told wrongly.
CASES: dict[str, tuple[list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]], tuple[int, int, int]]] = {
    "the same": ([(3, 7)], [], [(3, 7)], (0, 0, 0)),
    "too long": ([(3, 8)], [], [(3, 7)], (1, 0, 0)),
    "too short": ([(3, 6)], [], [(3, 7)], (1, 0, 0)),
    "too late": ([(4, 7)], [], [(3, 7)], (0, 1, 0)),
    "too early": ([(2, 7)], [], [(3, 7)], (1, 0, 0)),
    "told, not found": ([(3, 7)], [], [], (1, 0, 0)),
    "found, not told": ([], [], [(3, 7)], (0, 1, 0)),
    "twice": ([(6, 7)], [(2, 3)], [(2, 3), (6, 7)], (0, 0, 0)),
    "the first time differs": ([(6, 7)], [(2, 4)], [(2, 3), (6, 7)], (0, 0, 1)),
    "in two parts without an hour in between": ([(6, 7)], [(3, 5)], [(3, 7)], (0, 0, 0)),
    "taken back": ([], [(3, 7)], [], (0, 0, 1)),
}


@pytest.mark.parametrize(("newest", "former", "found", "unlike"), CASES.values(), ids=CASES.keys())
def test_comparing(
    newest: list[tuple[int, int]],
    former: list[tuple[int, int]],
    found: list[tuple[int, int]],
    unlike: tuple[int, int, int],
) -> None:
    result = compared(told(newest, former), {KEY: found} if found else {}, 10)
    assert (len(result.differences), len(result.untold), len(result.false)) == unlike


def test_hours_that_overlap_or_follow_each_other_are_one_run() -> None:
    assert merged([(5, 6), (1, 2), (3, 3), (2, 2), (9, 9)]) == [(1, 3), (5, 6), (9, 9)]


def test_a_customer_and_all_that_is_about_it_is_in_one_share() -> None:
    log = list(lines(SMALL))
    parted = shares(log, 3)
    assert {line for share in parted for line in share} == set(log)
    interested = re.search(rb"odd-lead-\d+", b" ".join(log))
    assert interested is not None
    for name in (b"cus-000017", b"tic-000003", b"opp-000005", interested[0]):
        assert len([share for share in parted if any(name in line for line in share)]) == 1, name


def test_the_size_is_what_the_environment_says() -> None:
    assert size({"SELLERS": "3", "SEED": "0"}) == Size(sellers=3, seed=0)
    with pytest.raises(ValueError, match="DAYS must be a whole number above 0"):
        size({"DAYS": "-1"})


def test_a_report_shows_what_differs(tmp_path: Path) -> None:
    one = year(Size(2, 20, 20, 1), tmp_path)
    assert report(one)[0].endswith("equal")
    unlike = one._replace(result=one.result._replace(differences=["this"]))
    assert report(unlike)[0].endswith("1 DIFFERENCES")
    assert "this" in report(unlike)
