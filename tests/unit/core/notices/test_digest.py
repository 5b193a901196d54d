"""Digests as timelines: who is told what, when, for the first time and again."""

from __future__ import annotations

import pytest

from tests.unit.core.kit import contact, created, customer, employee, event, plan
from tests.unit.core.notices.house import OFF, OFFICE, House, rules, short


def planned(when: str, by: str, at: str, of: str = "c", who: str = "ann") -> list[bytes]:
    """A customer of somebody, with a contact planned."""
    return [customer(by, customer_id=of, owner_id=who), plan(when, at, customer_id=of, employee_id=who)]


def told(house: House, first: int, last: int) -> list[str]:
    return [short(digest) for digest in house.to(first, last)]


def test_what_fires_is_told_at_the_next_time_of_a_digest() -> None:
    # 03 planned ── 04 overdue ── 04 09:00 digest
    house = House()
    house.tell(*planned("02", "01", "03"))
    assert told(house, 2, 3) == []
    (digest,) = house.to(4, 4)
    assert short(digest) == "04 09:00 ann: new overdue c"
    assert digest["since"] is None
    assert digest["counts"] == {"standing": 1, "new": 1, "again": 0, "over": 0, "warning": 1}
    assert digest["standing"][0]["severity"] == "warning"
    (alert,) = digest["standing"][0]["alerts"]
    assert alert["since"] == alert["notify_at"] == "2026-03-04T00:00:00Z"
    assert alert["status"] == "firing"
    assert alert["summary"].startswith("The contact with customer c planned for 2026-03-03")


def test_a_recipient_of_whom_nothing_is_to_be_said_hears_nothing() -> None:
    house = House()
    house.tell(*planned("02", "01", "20"), employee("01"))
    assert told(house, 2, 8) == []


def test_what_stands_is_told_again_a_day_later_and_not_at_every_digest() -> None:
    # 04 09:00 new ── 04 15:00, 21:00, 05 03:00 nothing ── 05 09:00 again
    house = House(rules(notices={"digest": {"every": "6h"}}))
    house.tell(*planned("02", "01", "03 12:00"))
    assert [short(digest) for digest in house.to(4, 6, ("00:00", "06:00", "12:00", "18:00"))] == [
        "04 18:00 ann: new overdue c",
        "05 18:00 ann: again overdue c",
        "06 18:00 ann: again overdue c",
    ]


@pytest.mark.parametrize(
    ("clock", "days"), [("elapsed", ["04", "06", "09", "11", "13"]), ("working", ["04", "06", "10", "12"])]
)
def test_how_long_until_it_is_told_again_goes_by_the_clock_of_its_rule(clock: str, days: list[str]) -> None:
    house = House(rules(overdue={"clock": clock}, calendar=OFFICE, notices={"repeat": "2d"}))
    house.tell(*planned("02", "01", "02 10:00"))
    assert [line[:2] for line in told(house, 3, 13)] == days


def test_what_is_new_makes_a_digest_that_lists_what_is_known_too() -> None:
    house = House(rules(notices={"repeat": "7d"}))
    house.tell(*planned("02", "01", "03"), *planned("02", "01", "05", of="d"))
    assert told(house, 4, 8) == ["04 09:00 ann: new overdue c", "06 09:00 ann: overdue c, new overdue d"]


def test_what_is_over_is_told_once() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    assert told(house, 3, 4) == ["04 09:00 ann: new overdue c"]
    house.tell(contact("04 13:00"))
    (digest,) = house.to(5, 7)
    assert short(digest) == "05 09:00 ann: ; resolved overdue c"
    assert digest["since"] == "2026-03-04T09:00:00Z"
    assert digest["over"][0]["ended_at"] == "2026-03-04T13:00:00Z"


def test_what_was_over_before_anybody_was_told_is_not_told_at_all() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    house.tick("04 00:01")
    house.tell(contact("04 08:00"))
    assert told(house, 4, 6) == []


def test_a_late_event_that_proves_it_false_takes_it_back() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    house.to(3, 4)
    house.tell(contact("03 08:00"))
    assert told(house, 5, 6) == ["05 09:00 ann: ; withdrawn overdue c"]


def test_it_leaves_one_recipient_and_enters_another() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    house.to(3, 4)
    house.tell(event("04 13:00", "customer.owner_changed", customer_id="c", to="bob"))
    assert told(house, 5, 6) == [
        "05 09:00 ann: ; passed_on overdue c",
        "05 09:00 bob: new overdue c",
        "06 09:00 bob: again overdue c",
    ]


def test_one_that_comes_back_before_that_was_told_is_as_if_it_had_never_left() -> None:
    house = House(rules(notices={"repeat": "7d"}))
    house.tell(*planned("02", "01", "03"))
    house.to(3, 4)
    house.tell(event("04 13:00", "customer.owner_changed", customer_id="c", to="bob"))
    house.tick("04 14:00")
    house.tell(event("04 15:00", "customer.owner_changed", customer_id="c", to="ann"))
    assert told(house, 5, 6) == []


def test_the_steps_of_a_ladder_bring_in_others_each_from_its_step_on() -> None:
    ladder = [{"to": "owner"}, {"after": "2d", "to": "manager"}, {"after": "4d", "to": "high_risk"}]
    house = House(rules(overdue={"escalate": ladder}, notices={"repeat": "9d"}))
    house.tell(employee("01", manager_id="boss"), *planned("02", "01", "03"))
    digests = house.to(3, 12)
    assert [short(digest) for digest in digests] == [
        "04 09:00 ann: new overdue c",
        "06 09:00 boss: new overdue c",
        "08 09:00 high_risk: new overdue c",
    ]
    alerts = [digest["standing"][0]["alerts"][0] for digest in digests]
    assert [(alert["level"], alert["since"][8:10], alert["notify_at"][8:10]) for alert in alerts] == [
        (1, "04", "04"),
        (2, "04", "06"),
        (3, "04", "08"),
    ]


def test_what_somebody_acknowledged_is_not_told_again_until_that_ends() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    (digest,) = house.to(3, 4)
    id = digest["standing"][0]["alerts"][0]["id"]
    until = "2026-03-07T00:00:00Z"
    ack = event("04 12:00", "alert.acknowledged", subject="c", alert_id=id, by="ann", until=until)
    house.tell(ack, *planned("02", "01", "04 12:00", of="d"))
    assert told(house, 5, 7) == [
        "06 09:00 ann: (ack) overdue c, new overdue d",
        "07 09:00 ann: again overdue c, again overdue d",
    ]


def test_what_is_suppressed_is_not_told_until_it_is_heard_of_again() -> None:
    house = House()
    silence = {"matchers": {"customer_id": "c"}, "until": "2026-03-06T00:00:00Z", "by": "boss"}
    house.tell(*planned("02", "01", "03"), event("03", "alert.silenced", **silence))
    assert told(house, 3, 7) == ["06 09:00 ann: new overdue c", "07 09:00 ann: again overdue c"]


def test_the_worst_comes_first_grouped_by_rule() -> None:
    alerts = {
        "opp.stalled": {"enabled": True, "severity": "critical"},
        "contact.interval_exceeded": {"severity": "info"},
    }
    house = House(rules(alerts=alerts, contact={"intervals": {"default": "3d"}}))
    house.tell(
        *planned("02", "01", "11"), customer("01", customer_id="d", owner_id="ann"), created("01", customer_id="c")
    )
    (digest,) = house.tick("13 09:00")
    groups = [(group["severity"], group["rule"], len(group["alerts"])) for group in digest["standing"]]
    assert groups == [
        ("critical", "opp.stalled", 1),
        ("warning", "contact.overdue", 1),
        ("info", "contact.interval_exceeded", 1),
    ]
    assert digest["counts"] == {"standing": 3, "new": 3, "again": 0, "over": 0, "critical": 1, "warning": 1, "info": 1}


def test_a_tick_that_comes_late_makes_the_last_digest_alone() -> None:
    house = House()
    house.tell(*planned("02", "01", "03"))
    assert [short(digest) for digest in house.tick("08 10:00")] == ["08 09:00 ann: new overdue c"]


def test_nobody_gets_one_where_the_policy_says_so() -> None:
    house = House(rules(notices={"digest": {"enabled": False}}))
    house.tell(*planned("02", "01", "03"))
    assert told(house, 3, 9) == []


def test_a_rule_that_is_switched_off_is_told_as_over() -> None:
    house = House(rules(alerts={"opp.stalled": {"enabled": True}}))
    house.tell(created("01"))
    assert told(house, 11, 12) == ["11 09:00 ann: new stalled o", "12 09:00 ann: again stalled o"]
    house.works.decide(rules(alerts={"opp.stalled": OFF}))
    assert told(house, 13, 14) == ["13 09:00 ann: ; resolved stalled o"]
