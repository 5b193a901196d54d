"""What is behind the KPIs of campaigns: what was joined, spent and won, told of who launched them. Days of March 2026.

ann launches `spring` and bob `fair`. `c` and the lead `l` join `spring`, `d` joins `fair`; 100 and 50 are spent on
`spring`, 7 on `fair`; of `spring` comes `o`, won for 250.
"""

from __future__ import annotations

from typing import Any

from streams.explain import Reading, explanation
from streams.replay import Line
from tests.unit.core.kit import contact, created, deal, employee, event, money, void_of
from tests.unit.explain.small import AS_OF, read, rules


def of(when: str, verb: str, campaign: str, id: str, **data: Any) -> bytes:
    return event(when, f"campaign.{verb}", campaign_id=campaign, id=id, **data)


SPENT = of("06", "spent", "spring", "e-more", amount=money("50"))
JOINED = of("07", "joined", "spring", "e-lead", lead_id="l")
LINES = [
    employee("01"),
    employee("01", "bob"),
    of("02", "launched", "spring", "e-spring", employee_id="ann"),
    of("02", "launched", "fair", "e-fair", employee_id="bob"),
    of("03", "joined", "spring", "e-c", customer_id="c"),
    of("03", "joined", "fair", "e-d", customer_id="d"),
    created("04", owner_id="bob", amount=money("200"), campaign_id="spring", lead_source="web"),
    of("05", "spent", "spring", "e-spent", amount=money("100")),
    SPENT,
    of("06", "spent", "fair", "e-other", amount=money("7")),
    JOINED,
    deal("10", "won", amount=money("250"), id="e-won"),
]
PARTICIPANTS = [("e-c", "spring", 1, None), ("e-lead", "spring", 1, None)]
ROI = [("e-spent", "spring", -100, 100), ("e-more", "spring", -50, 50), ("e-won", "spring", 250, 0)]


def told(reading: Reading, kpi: str, who: str = "ann", period: str = "2026-03") -> list[tuple[Any, ...]]:
    """By explaining: the events, of which campaign, and what each adds to numerator and denominator."""
    (one,) = explanation(reading, who, period, kpi)["kpis"]
    assert one["traced"]
    return [(found["id"], found["about"], found["adds"], found["to_denominator"]) for found in one["events"]]


def test_who_launched_a_campaign_is_told_who_joined_what_was_spent_and_what_was_won() -> None:
    reading = read(LINES)
    assert told(reading, "campaign_participants") == PARTICIPANTS
    assert told(reading, "campaign_roi") == ROI
    (one,) = explanation(reading, "ann", "2026-03", "campaign_roi")["kpis"]
    assert (one["value"], one["numerator"], one["denominator"], one["count"]) == (100 / 150, 100, 150, 2)
    assert one["definition"] == "(won_amount attributed to the campaigns launched - spent) / spent"


def test_what_was_won_for_a_campaign_is_behind_the_amount_of_who_won_it_and_not_of_who_launched_it() -> None:
    assert told(read(LINES), "won_amount") == []
    assert told(read(LINES, traced="bob"), "won_amount", "bob") == [("e-won", "o", 250, None)]
    assert told(read(LINES, traced="bob"), "campaign_roi", "bob") == [("e-other", "fair", -7, 7)]


def test_a_campaign_goes_to_who_launched_it_newest_with_all_that_was_before() -> None:
    lines = [*LINES, of("20", "launched", "spring", "e-again", employee_id="bob"), contact("21")]
    reading = read(lines, traced="bob")
    assert told(reading, "campaign_participants", "bob") == [PARTICIPANTS[0], ("e-d", "fair", 1, None), PARTICIPANTS[1]]
    assert told(read(lines), "campaign_participants") == []


def test_what_is_voided_is_not_behind_it() -> None:
    log = [
        Line(raw, "-", number) for number, raw in enumerate([*LINES, void_of(SPENT, "20"), void_of(JOINED, "20")], 1)
    ]
    reading = Reading(rules(), AS_OF, "ann")
    for _ in reading.feed(list(reading.foresee(log))):
        pass
    reading.finish()
    assert told(reading, "campaign_roi") == [ROI[0], ROI[2]]
    assert told(reading, "campaign_participants") == PARTICIPANTS[:1]


def test_of_two_customers_that_are_one_the_merge_takes_back_who_was_counted_twice() -> None:
    merge = event("20", "customer.merged", customer_id="e", into="c", id="e-merge")
    twice = of("08", "joined", "spring", "e-twice", customer_id="e")
    assert len(told(read([*LINES, twice]), "campaign_participants")) == 3
    found = told(read([*LINES, twice, merge]), "campaign_participants")
    assert found == PARTICIPANTS


def test_one_customer_in_two_campaigns_is_told_of_each() -> None:
    mine = of("02", "launched", "fair", "e-mine", employee_id="ann").replace(b"-02T00", b"-02T01")
    found = told(read([*LINES, mine, of("09", "joined", "fair", "e-both", customer_id="c")]), "campaign_participants")
    assert ("e-both", "fair", 1, None) in found
    assert len(found) == 4


def test_those_who_joined_in_another_month_are_behind_that_one() -> None:
    early = event(AS_OF - 40 * 86_400_000_000, "campaign.joined", campaign_id="spring", customer_id="c", id="e-early")
    assert told(read([*LINES, early]), "campaign_participants") == PARTICIPANTS[1:]
    assert told(read([*LINES, early]), "campaign_participants", period="2026-02") == [("e-early", "spring", 1, None)]


def test_a_customer_who_is_erased_leaves_what_it_brought_and_who_launched_a_campaign_takes_it_away() -> None:
    lines = [*LINES, event("20", "customer.erased", customer_id="c"), event("20", "employee.erased", employee_id="bob")]
    assert told(read(lines), "campaign_participants") == PARTICIPANTS
    assert told(read(lines), "campaign_roi") == ROI
    assert "bob" not in read(lines, traced="bob").people()
