"""Targets of teams that are spread over people by what each reached in the year before."""

from __future__ import annotations

import random
from typing import Any

import pytest

from streams.core.customers.results import Results
from streams.core.reached import read_reached
from streams.core.stage import REACHED
from streams.core.units import QUANTITY
from streams.replay.run import replay_lines
from tests.unit.core.kit import created, deal, event, money, policy, us
from tests.unit.core.test_cascading import PEOPLE, aims, run, staff, target

BY_RESULTS = {"spread": "equal", "shares": "last_year"}
YEAR = "2025-06-10T12:00:00Z"


def won(who: str, amount: int, when: str = YEAR) -> list[bytes]:
    """A deal of an amount that somebody won."""
    name = f"o-{who}-{amount}-{when}"
    fields = {"opportunity_id": name, "customer_id": f"c-{who}"}
    return [
        created("2025-06-01T12:00:00Z", id=f"{name}-a", owner_id=who, **fields),
        deal(when, "won", id=f"{name}-b", amount=money(str(amount)), **fields),
    ]


def shares(*lines: bytes, period: str = "2026-03", partitions: int = 1, **more: Any) -> dict[str, float]:
    works = run(*lines, partitions=partitions, **{"targets": BY_RESULTS} | more)
    return {name: value for name, (value, basis) in aims(works, period).items() if basis == "team"}


NORTH = target("team", "north", "2026-03", 400)


def test_shares_go_by_the_results_of_the_year_before() -> None:
    lines = [*won("ann", 300), *won("bob", 100), *won("cid", 0)]
    assert shares(NORTH, *lines) == {"ann": 300.0, "bob": 100.0, "cid": 0.0}
    assert shares(NORTH, *lines, targets={"spread": "equal"}) == {"ann": 133.33, "bob": 133.33, "cid": 133.34}


def test_who_has_no_figure_of_that_year_weighs_as_the_others_on_average() -> None:
    assert shares(NORTH, *won("ann", 300), *won("bob", 100)) == {"ann": 200.0, "bob": 66.66, "cid": 133.34}
    assert shares(NORTH) == {"ann": 133.33, "bob": 133.33, "cid": 133.34}


def test_what_is_set_for_somebody_is_taken_off_first() -> None:
    lines = [target("employee", "ann", "2026-03", 100), *won("ann", 300), *won("bob", 100), *won("cid", 200)]
    assert shares(NORTH, *lines) == {"bob": 100.0, "cid": 200.0}


def test_the_year_before_is_meant_and_no_other() -> None:
    assert shares(NORTH, *won("ann", 300), *won("bob", 100, "2026-02-01T12:00:00Z"), *won("bob", 300)) == {
        "ann": 133.33,
        "bob": 133.33,
        "cid": 133.34,
    }


def test_nothing_is_told_of_a_year_that_goes_on() -> None:
    works = run(target("team", "north", "2027-03", 400), *won("ann", 300, "2026-03-04T12:00:00Z"), targets=BY_RESULTS)
    works.tick(us("2026-12-31T23:59:59Z"))
    assert REACHED not in works.topics.get("streams.inbox", {})
    works.tick(us("2027-01-01T00:00:00Z"))
    told = [read_reached(value) for seat in works.customers for key, value in seat.log if key == REACHED]
    assert sorted(told) == [
        ("ann", {"2026 won_amount": 300 * QUANTITY}),
        *((n, {"2026 won_amount": 0}) for n in ("bob", "cid")),
    ]


@pytest.mark.parametrize("period", ["0001", "0001-03", "0002", "9999"])
def test_a_target_of_any_year_that_there_is_harms_nobody(period: str) -> None:
    assert shares(NORTH, target("team", "north", period, 100), *won("ann", 300), *won("bob", 100))["ann"] == 200.0


def test_a_replay_spreads_the_same() -> None:
    rules = policy(scorecards={"sales": {"kpis": [{"kpi": "won_amount", "target": 500}]}}, targets=BY_RESULTS)
    lines = [*staff(), NORTH, *won("ann", 300), *won("bob", 100)]
    records = [one for one in replay_lines(lines, rules, us("20")).scores if one["period"] == "2026-03"]
    assert len(records) == len(PEOPLE)
    found = {one["employee_id"]: one["kpis"][0]["target"] for one in records}
    assert found == {"ann": 200.0, "bob": 66.66, "cid": 133.34, "dan": 500.0, "eve": 500.0}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("deaths", [0, 1])
def test_order_partitions_and_deaths_change_no_share(partitions: int, deaths: int) -> None:
    lines = [NORTH, *won("ann", 300), *won("bob", 100), target("team", "south", "2026", 1000), *won("dan", 50)]
    found = shares(*lines, partitions=partitions, deaths=deaths)
    assert found["ann"] == 200.0
    for seed in range(3):
        assert shares(*random.Random(seed).sample(lines, len(lines)), partitions=partitions, deaths=deaths) == found


def test_who_is_erased_is_known_no_more() -> None:
    lines = [NORTH, *won("ann", 300), *won("bob", 100)]
    works = run(*lines, event("10", "employee.erased", employee_id="ann"), targets=BY_RESULTS)
    for seat in works.seats():
        assert not [key for key in seat.states if b"reached" in key and b"ann" in key]
    assert works.topics["scores.employees"][b"bob/2026-03"]["kpis"][0]["target"] == 200.0


def test_weights_are_exact_and_never_below_nothing() -> None:
    results = Results()
    assert results.weights(["a", "b"], "won_amount", "2026") == [1, 1]
    assert results.put("a", {"2025 won_amount": 7}) == {"2025 won_amount"}
    assert results.put("a", {"2025 won_amount": 7}) == set()
    results.put("b", {"2025 won_amount": -3, "2024 won_amount": 5})
    assert results.weights(["a", "b", "c"], "won_amount", "2026") == [14, 0, 7]
    assert results.weights(["a", "b", "c"], "won_amount", "2025") == [5, 5, 5]
    other = Results()
    for _, value in results.take_dirty():
        assert value is not None
        other.restore(value)
    assert other.weights(["a", "b", "c"], "won_amount", "2026") == [14, 0, 7]
    results.forget("a")
    assert [key for key, value in results.take_dirty() if value is None] == [b'["reached","a"]']
