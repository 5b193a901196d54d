"""Managers and others hear in their digests of the alerts of employees that climb to them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from streams.events.instants import parse_iso
from tests.unit.core.employees.test_appraisals import HIRED, rules, worked
from tests.unit.core.kit import Record, employee, event
from tests.unit.core.works import Works

LADDER = {"perf.low": {"escalate": [{"to": "owner"}, {"after": "12h", "to": "manager"}, {"after": "3d", "to": "hr"}]}}
BOSS = employee(HIRED, manager_id="max", id="m")


def works(partitions: int = 1, *lines: bytes) -> Works:
    found = Works(rules(alerts=LADDER), partitions)
    found.tell([*worked(5), BOSS, *lines])
    for when in ("2026-02-01T00:00:00Z", "2026-02-01T12:00:00Z", "2026-02-01T18:00:00Z"):
        found.tick(parse_iso(when))
    return found


def digest(found: Works, who: str) -> dict[str, Any]:
    record: Record = found.topics["alerts.digest"].get(who.encode(), {"standing": [], "over": []})
    standing = {one["summary"]: one["since"] for group in record["standing"] for one in group["alerts"]}
    return {"standing": standing, "over": [(one["summary"], one["reason"]) for one in record["over"]]}


LOW = "ann scored 50.0 in 2026-01, below 60."
HEARD = {"standing": {LOW: "2026-02-01T00:00:00Z"}, "over": []}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("deaths", [False, True])
def test_a_manager_hears_of_it_once_it_has_climbed(partitions: int, deaths: bool) -> None:
    found, chance = works(partitions), random.Random(partitions)
    if deaths:
        for seat in found.seats():
            seat.die(chance)
    found.tick(parse_iso("2026-02-02T09:00:00Z"))
    assert digest(found, "ann") == HEARD
    assert digest(found, "max") == HEARD
    assert digest(found, "hr") == {"standing": {}, "over": []}
    found.tick(parse_iso("2026-02-04T01:00:00Z"))
    found.tick(parse_iso("2026-02-05T09:00:00Z"))
    assert digest(found, "hr") == HEARD


def test_a_score_that_was_mended_is_over_for_both() -> None:
    found = works(2)
    found.tick(parse_iso("2026-02-02T09:00:00Z"))
    found.tell(worked(7))
    found.tick(parse_iso("2026-02-02T10:00:00Z"))
    found.tick(parse_iso("2026-02-03T09:00:00Z"))
    for who in ("ann", "max"):
        assert digest(found, who) == {"standing": {}, "over": [(LOW, "withdrawn")]}


def test_another_manager_takes_it_on() -> None:
    found = works(2)
    found.tick(parse_iso("2026-02-02T09:00:00Z"))
    found.tell([employee("2026-02-02T10:00:00Z", manager_id="eva")])
    for when in ("2026-02-02T10:00:00Z", "2026-02-03T00:00:00Z", "2026-02-03T09:00:00Z"):
        found.tick(parse_iso(when))
    assert digest(found, "max") == {"standing": {}, "over": [(LOW, "passed_on")]}
    assert digest(found, "eva") == HEARD


def test_who_is_erased_is_in_no_digest_and_in_no_fact() -> None:
    for who in ("ann", "max"):
        found = works(2)
        found.tick(parse_iso("2026-02-02T09:00:00Z"))
        found.tell([event("2026-02-02T10:00:00Z", "employee.erased", employee_id=who)])
        for hour in range(10, 15):
            found.tick(parse_iso(f"2026-02-02T{hour}:00:00Z"))
        assert who.encode() not in found.topics["alerts.digest"]
        assert [
            key for key in found.topics["streams.facts"] if b"notice" in key and found.topics["streams.facts"][key]
        ] == []
        if who == "ann":
            assert b"max" not in found.topics["alerts.digest"]


def test_what_is_kept_no_longer_leaves_no_fact() -> None:
    found = works(2)
    assert [key for key in found.topics["streams.facts"] if b'"max","notice ' in key]
    for when in ("2026-03-01T00:00:00Z", "2026-07-01T00:00:00Z", "2026-07-02T00:00:00Z"):
        found.tick(parse_iso(when))
    assert [key for key in found.topics["streams.facts"] if b'"max","notice ' in key] == []
