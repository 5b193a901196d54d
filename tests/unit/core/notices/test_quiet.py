"""Digests that are put off, and those of what comes and goes, as timelines: the 2nd is a Monday, the 9th a holiday."""

from __future__ import annotations

from typing import Any

from streams.policy import Policy
from tests.unit.core.kit import created, deal, employee, event, moved
from tests.unit.core.notices.house import House, rules, short
from tests.unit.core.notices.test_digest import planned, told

OFFICE = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00", "holidays": ["2026-03-09"]}


def absent(when: str, first: str, last: str, who: str = "ann") -> bytes:
    """Somebody is away, for whole days."""
    days = {"from": f"2026-03-{first}", "to": f"2026-03-{last}"}
    return event(when, "employee.absent", employee_id=who, **days)


def test_a_weekend_and_a_holiday_put_a_digest_off_to_the_first_working_moment() -> None:
    # Fri 06 17:00 ── overdue Sat 07 10:00 ── Mon 09 holiday ── Tue 10 09:00
    house = House(rules(calendar=OFFICE, notices={"digest": {"every": "3h"}}))
    house.tell(*planned("02", "01", "06 10:00"))
    (digest, *_) = house.to(6, 10, ("00:00", "09:00", "12:00", "17:00"))
    assert short(digest) == "10 09:00 ann: new overdue c"
    (alert,) = digest["standing"][0]["alerts"]
    assert (alert["since"][8:16], alert["notify_at"][8:16]) == ("07T10:00", "10T09:00")


def test_quiet_hours_put_it_off() -> None:
    house = House(rules(notices={"digest": {"at": ["06:00"]}, "quiet": "20:00-09:00"}))
    house.tell(*planned("02", "01", "03"))
    assert told(house, 3, 4) == ["04 09:00 ann: new overdue c"]


def test_a_recipient_who_is_away_is_told_when_back() -> None:
    # the owner of d is bob, whose manager ann is away on the 5th and 6th
    ladder = [{"to": "owner"}, {"to": "manager"}]
    house = House(rules(overdue={"escalate": ladder}, notices={"repeat": "9d"}))
    house.tell(employee("01", "bob", manager_id="ann"), absent("01", "05", "06"))
    house.tell(*planned("02", "01", "04", of="d", who="bob"))
    assert told(house, 3, 8) == ["05 09:00 bob: new overdue d", "07 00:00 ann: new overdue d"]


def test_an_absence_that_is_heard_of_late_puts_off_too() -> None:
    ladder = [{"to": "high_risk"}, {"to": "manager"}]
    house = House(rules(overdue={"escalate": ladder}, notices={"repeat": "9d"}))
    house.tell(employee("01", "bob", manager_id="ann"), *planned("02", "01", "04", of="d", who="bob"))
    house.tick("05 08:00")
    house.tell(absent("05 08:30", "05", "05"))
    assert told(house, 5, 8) == ["05 09:00 high_risk: new overdue d", "06 00:00 ann: new overdue d"]


def test_what_falls_into_two_times_of_one_quiet_stretch_is_told_once() -> None:
    house = House(rules(calendar=OFFICE, notices={"digest": {"at": ["18:00", "20:00"]}}))
    house.tell(*planned("02", "01", "02 10:00"), *planned("02", "01", "02 11:00", of="d"))
    assert told(house, 3, 4) == ["04 09:00 ann: new overdue c, new overdue d"]


# What comes and goes: an opportunity that moves on stalls anew in each stage, an hour after it got there.


def flappy(**notices: Any) -> Policy:
    stages = [{"name": name, "stall_after": "1h"} for name in "AB"]
    alerts = {"opp.stalled": {"enabled": True}}
    return rules(alerts=alerts, pipeline={"stages": stages}, notices={"digest": {"every": "1h"}} | notices)


def moves(*hours: str) -> list[bytes]:
    """It was created, and moved on, at some hours."""
    first, *others = hours
    stages = "BA" * len(hours)
    return [created(f"{first}:00"), *(moved(f"{when}:00", stage) for when, stage in zip(others, stages, strict=False))]


def test_what_fires_for_the_third_time_is_told_once_as_flapping_and_then_not_until_it_was_quiet() -> None:
    # stalls at 03, 06, 09 and 12, and after a day of quiet on the 4th
    house = House(flappy(repeat="9d"))
    lines = moves("02 02", "02 05", "02 08", "02 11", "02 14")
    lines += [deal("02 14:30", "lost"), deal("04 01:00", "reopened", to_stage="B")]
    assert [short(digest) for digest in house.live(lines, 2, 4)] == [
        "02 04:00 ann: new stalled o",
        "02 05:00 ann: ; resolved stalled o",
        "02 07:00 ann: new stalled o",
        "02 08:00 ann: ; resolved stalled o",
        "02 10:00 ann: new x3 stalled o",
        "03 14:00 ann: ; resolved stalled o",
        "04 03:00 ann: new stalled o",
    ]
    assert sum(alert["status"] == "firing" for alert in house.works.alerts) == 5  # alerts themselves are not damped


def test_what_flaps_but_does_not_stand_is_told_too() -> None:
    # between two digests it came and went three times
    house = House(flappy(digest={"at": ["12:00"]}))
    lines = [*moves("02 01", "02 03", "02 05", "02 07"), deal("02 07:30", "lost")]
    assert [short(digest) for digest in house.live(lines, 2, 5)] == ["02 12:00 ann: ; resolved x3 stalled o"]


def test_what_flapped_and_then_stands_still_is_told_again_once_it_was_quiet() -> None:
    house = House(flappy(digest={"every": "4h"}))
    lines = moves("02 01", "02 03", "02 05")
    assert [short(digest) for digest in house.live(lines, 2, 4)] == [
        "02 08:00 ann: new x3 stalled o",
        "03 08:00 ann: again stalled o",
        "04 08:00 ann: again stalled o",
    ]


def test_how_often_is_flapping_is_a_matter_of_policy() -> None:
    house = House(flappy(repeat="9d", flap={"count": 2, "within": "6h"}))
    lines = [*moves("02 02", "02 05", "02 08"), deal("02 09:30", "lost")]
    assert [short(digest) for digest in house.live(lines, 2, 3)] == [
        "02 04:00 ann: new stalled o",
        "02 05:00 ann: ; resolved stalled o",
        "02 07:00 ann: new x2 stalled o",
        "02 16:00 ann: ; resolved stalled o",
    ]
