"""What campaigns and lead sources come to, and to whose credit: worked out by hand. Days of March 2026.

01 ann launches ── 03 c joins, invited ── 04 lead l comes of it ── 05 100 spent ── 06 c attends ── 09 l is converted
02 an opportunity of it ── 10 won for 250
"""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from streams.core.records import write_policy
from streams.core.stage import POLICY
from streams.replay import replay_lines
from tests.unit.core.kit import Record, created, deal, event, money, policy, us
from tests.unit.core.works import Works


def launched(when: str, who: str, **data: Any) -> bytes:
    return event(when, "campaign.launched", **{"campaign_id": "spring", "employee_id": who} | data)


def joined(when: str, status: str | None = None, **data: Any) -> bytes:
    who = {"customer_id": "c"} if "lead_id" not in data else {}
    return event(when, "campaign.joined", campaign_id="spring", status=status, **who | data)


def spent(when: str, amount: str, **data: Any) -> bytes:
    return event(when, "campaign.spent", **{"campaign_id": "spring", "amount": money(amount)} | data)


def lead(when: str, verb: str = "created", **data: Any) -> bytes:
    return event(when, f"lead.{verb}", **{"lead_id": "l"} | data)


LINES = [
    launched("01", "ann"),
    created("02", owner_id="bob", amount=money("200"), campaign_id="spring", lead_source="web"),
    joined("03", "invited"),
    lead("04", campaign_id="spring", lead_source="web"),
    spent("05", "100"),
    joined("06", "attended"),
    joined("07"),
    lead("09", "converted", customer_id="c"),
    deal("10", "won", amount=money("250")),
]
SPRING = {
    "campaign_id": "spring",
    "lead_source": None,
    "period": "2026-03",
    "as_of": "2026-03-12T00:00:00Z",
    "participants": 1,
    "by_status": {"invited": 0, "opened": 0, "clicked": 0, "attended": 1},
    "leads": 1,
    "converted": 1,
    "lead_conversion_rate": 1.0,
    "cost": 100.0,
    "won_count": 1,
    "won_amount": 250.0,
    "return": 1.5,
    "policy_version": policy().version,
}
WEB = SPRING | {
    "campaign_id": None,
    "lead_source": "web",
    "participants": 0,
    "by_status": {"invited": 0, "opened": 0, "clicked": 0, "attended": 0},
    "cost": 0.0,
    "return": None,
}


def house(lines: list[bytes], partitions: int = 3, until: str = "12") -> Works:
    works = Works(policy(), partitions, follow=True)
    works.tell(lines)
    works.tick(us(until))
    return works


def records(works: Works) -> dict[str, Record]:
    return {key.decode(): record for key, record in works.topics.get("campaigns", {}).items()}


def kpi(works: Works, who: str, name: str, period: str = "2026-03") -> tuple[float, int] | None:
    """Its value and count."""
    record = works.topics["kpis.employees"].get(f"{who}/{period}".encode(), {"kpis": []})
    return next(((line["value"], line["count"]) for line in record["kpis"] if line["kpi"] == name), None)


@pytest.mark.parametrize("partitions", [1, 3])
def test_a_campaign_and_a_lead_source_come_to_what_was_done_in_their_name(partitions: int) -> None:
    found = records(house(LINES, partitions))
    assert found["campaign:spring/2026-03"] == SPRING
    assert found["source:web/2026-03"] == WEB
    periods = ("2026", "2026-Q1", "2026-03", "90d", "30d", "7d")
    assert set(found) == {f"{name}/{period}" for name in ("campaign:spring", "source:web") for period in periods}
    # From the 6th on it was won, and that is all.
    week = found["campaign:spring/7d"]
    assert (week["participants"], week["cost"], week["won_amount"], week["return"]) == (0, 0, 250, None)


def test_a_replay_tells_the_same() -> None:
    told = replay_lines(LINES, policy(), us("12")).campaigns
    assert [record for record in told if record["period"] == "2026-03"] == [SPRING, WEB]
    assert len(told) == 12


def test_who_launched_it_is_credited() -> None:
    works = house(LINES)
    assert kpi(works, "ann", "campaign_participants") == (1, 1)
    assert kpi(works, "ann", "campaign_roi") == (1.5, 1)
    assert kpi(works, "bob", "won_amount") == (250, 1)
    assert kpi(works, "bob", "campaign_roi") is None


def test_the_newest_launch_takes_it_over_and_a_late_one_before_does_not() -> None:
    works = house(LINES)
    works.tell([launched("08", "cid"), launched("02", "bob")])
    works.tick(us("13"))
    assert kpi(works, "cid", "campaign_roi") == (1.5, 1)
    assert kpi(works, "cid", "campaign_participants", "30d") == (1, 1)
    assert b"ann/2026-03" not in works.topics["kpis.employees"]
    assert kpi(works, "bob", "campaign_roi") is None
    works.tell([launched("09", "cid"), spent("11", "25")])
    works.tick(us("13 01:00"))
    assert kpi(works, "cid", "campaign_roi") == (1.0, 2)


def test_a_launch_that_comes_last_credits_all_that_was_before() -> None:
    works = house(LINES[1:])
    assert kpi(works, "ann", "campaign_roi") is None
    works.tell(LINES[:1])
    works.tick(us("13"))
    assert kpi(works, "ann", "campaign_roi") == (1.5, 1)


def test_of_two_launches_at_one_instant_the_greater_id_counts() -> None:
    for lines in ([launched("01", "ann", id="1"), launched("01", "bob", id="2")],
                  [launched("01", "bob", id="2"), launched("01", "ann", id="1")]):  # fmt: skip
        works = house([*lines, joined("03")])
        assert (kpi(works, "bob", "campaign_participants"), kpi(works, "ann", "campaign_participants")) == (
            (1, 1),
            None,
        )


def test_customers_and_leads_count_once_on_the_day_of_their_first_joining() -> None:
    works = house([joined("03", "clicked"), joined("04", lead_id="l"), joined("05", "opened", lead_id="l")])
    works.tell([joined("05"), joined(us_text("2026-02-20"), "invited")])
    works.tick(us("12"))
    found = records(works)
    assert (found["campaign:spring/2026-02"]["participants"], found["campaign:spring/2026-03"]["participants"]) == (
        1,
        1,
    )
    assert found["campaign:spring/2026-02"]["by_status"]["clicked"] == 1
    assert found["campaign:spring/2026-03"]["by_status"]["opened"] == 1


def us_text(day: str) -> str:
    return f"{day}T12:00:00Z"


def test_a_lead_that_was_disqualified_last_is_converted_no_more() -> None:
    works = house([*LINES, lead("11", "disqualified")])
    assert records(works)["source:web/2026-03"]["converted"] == 0
    works.tell([lead("11 12:00", "converted", customer_id="c")])
    works.tick(us("12"))
    assert records(works)["source:web/2026-03"]["converted"] == 1


def test_what_is_won_no_more_is_taken_back_and_the_record_goes_with_the_last_of_it() -> None:
    works = house([created("02", campaign_id="fair"), deal("10", "won", amount=money("5"))])
    assert records(works)["campaign:fair/2026-03"]["won_amount"] == 5
    works.tell([deal("11", "reopened", to_stage="A")])
    works.tick(us("12"))
    assert records(works) == {}
    works.tick(us("13"))  # and is not deleted again
    assert [send for seat in works.employees for send in seat.flushes[-1] if send.topic == "campaigns"] == []


def test_the_first_creation_says_where_an_opportunity_came_from() -> None:
    lines = [created("02", campaign_id="fair"), created("01"), deal("10", "won", amount=money("5"))]
    assert records(house(lines)) == {}


def test_days_that_are_out_of_reach_are_forgotten_and_months_stay() -> None:
    works = house(LINES)
    works.tick(us_of("2026-08-01"))
    found = records(works)
    assert set(found) == {
        f"{name}/{p}" for name in ("campaign:spring", "source:web") for p in ("2026", "2026-Q1", "2026-03")
    }
    assert found["campaign:spring/2026-03"] == SPRING | {"as_of": "2026-04-01T00:00:00Z"}
    assert not [key for seat in works.seats() for key in seat.states if b"campaigns d" in key or b"launched d" in key]
    assert kpi(works, "ann", "campaign_roi") == (1.5, 1)


def us_of(day: str) -> int:
    return us(us_text(day))


def test_restarts_and_another_policy_change_no_figure() -> None:
    works = house(LINES)
    for seat in works.seats():
        seat.die(Random(1))
    for seat in works.customers:
        seat.give(POLICY, write_policy(policy(contact={"grace": "2d"})))
    works.tick(us("12 06:00"))
    version = policy(contact={"grace": "2d"}).version
    expected = SPRING | {"as_of": "2026-03-12T06:00:00Z", "policy_version": version}
    works.tick(us("13"))
    assert records(works)["campaign:spring/2026-03"] == expected | {"as_of": "2026-03-13T00:00:00Z"}
    works.tell([joined("08", customer_id="d")])
    works.tick(us("13 01:00"))
    assert kpi(works, "ann", "campaign_participants") == (2, 2)


def test_what_is_spent_in_a_currency_without_a_rate_is_refused_and_others_are_converted() -> None:
    refused = event("05", "campaign.spent", campaign_id="spring", amount=money("10", "XAU"))
    works = house([event("05", "campaign.spent", campaign_id="spring", amount=money("10", "USD")), refused])
    assert records(works)["campaign:spring/2026-03"]["cost"] == 5
    (letter,) = works.topics["streams.dead-letters"].values()
    assert letter["reason"] == "no_rate"
