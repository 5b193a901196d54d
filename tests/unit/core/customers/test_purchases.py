"""Which customers came again, and which stay: worked out by hand. ann owns the customer since 1 January 2026."""

from __future__ import annotations

from typing import Any

from streams.core.records import write_policy
from streams.core.stage import POLICY
from streams.policy import Policy
from streams.replay import KpiValue, replay_lines
from tests.unit.core.kit import Partition, created, customer, deal, event, money, policy, us

JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE = (f"m{24312 + number}" for number in range(6))
SIXTY = policy(customers={"active_for": "60d"})


def on(month: int, day: int, year: int = 2026) -> int:
    return us(f"{year}-{month:02d}-{day:02d}T12:00:00Z")


def won(month: int, day: int, year: int = 2026, **data: Any) -> bytes:
    return deal(on(month, day, year), "won", **{"amount": money("100")} | data)


def signed(month: int, day: int, **data: Any) -> bytes:
    contract = {"contract_id": "k", "customer_id": "c", "employee_id": "ann", "amount": money("50")}
    return event(on(month, day), "contract.signed", **contract | data)


def owned(*lines: bytes, by: Policy = SIXTY) -> Partition:
    partition = Partition(by)
    partition.tell(customer(us("2026-01-01T00:00:00Z"), owner_id="ann"), *lines)
    return partition


def stays(partition: Partition, who: str = "ann") -> dict[str, tuple[int, int]]:
    """By month and kind of period: customers active at its start, and those of them that are so at its end."""
    found = {}
    for number, name in enumerate((JANUARY, FEBRUARY, MARCH, APRIL, MAY, JUNE), 1):
        for kind in ("month", "quarter", "year"):
            active, retained = (partition.figure(who, f"{what}@{kind}", name) for what in ("active", "retained"))
            if active or retained:
                found[f"{number} {kind}"] = active, retained
    return found


def told(lines: list[bytes], as_of: int, by: Policy = SIXTY) -> dict[tuple[str, str, str], KpiValue]:
    return replay_lines([customer(us("2026-01-01T00:00:00Z"), owner_id="ann"), *lines], by, as_of).kpis


def test_a_customer_is_active_for_a_time_after_a_purchase() -> None:
    # 15 January noon + 60 days = 16 March noon: at the starts of February and March, at the end of February.
    assert stays(owned(won(1, 15))) == {"2 month": (1, 1), "3 month": (1, 0)}


def test_another_purchase_keeps_it() -> None:
    # 10 March + 60 days = 9 May: April begins a quarter, at the end of which nothing is left of it.
    kept = {"2 month": (1, 1), "3 month": (1, 1), "4 month": (1, 1), "4 quarter": (1, 0), "5 month": (1, 0)}
    assert stays(owned(won(1, 15), signed(3, 10))) == kept
    assert stays(owned(signed(3, 10), won(1, 15))) == kept


def test_a_gap_in_between_is_one() -> None:
    # Active from 10 January to 11 March, and from 5 April on to 4 June.
    assert stays(owned(signed(1, 10), signed(4, 5))) == {
        "2 month": (1, 1), "3 month": (1, 0), "5 month": (1, 1), "6 month": (1, 0),
    }  # fmt: skip


def test_the_first_instant_of_a_period_belongs_to_it_and_the_end_of_activity_does_not() -> None:
    at_once = deal(us("2026-02-01T00:00:00Z"), "won")
    assert stays(owned(at_once, by=policy(customers={"active_for": "28d"}))) == {"2 month": (1, 1)}
    assert stays(owned(at_once, by=policy(customers={"active_for": "27d"}))) == {"2 month": (1, 0)}


def test_it_is_to_the_credit_of_who_owned_it_when_the_period_began() -> None:
    partition = owned(won(1, 15))
    partition.tell(customer(on(2, 20), owner_id="bob"))
    assert (stays(partition), stays(partition, "bob")) == ({"2 month": (1, 1)}, {"3 month": (1, 0)})


def test_what_is_won_no_more_was_no_purchase() -> None:
    partition = owned(won(1, 15))
    partition.tell(deal(on(1, 20), "reopened", to_stage="A"))
    assert stays(partition) == {}


def test_a_contract_of_what_was_won_is_no_second_purchase() -> None:
    partition = owned(won(1, 15), signed(3, 10, opportunity_id="o"))
    assert stays(partition) == {"2 month": (1, 1), "3 month": (1, 0)}
    assert [partition.figure("ann", measure, "now") for measure in ("buyers", "repeaters")] == [1, 0]
    partition.tell(deal(on(3, 20), "lost"))  # so that the contract is the only one
    assert stays(partition) == {"4 month": (1, 1), "4 quarter": (1, 0), "5 month": (1, 0)}


def test_repeat_rate_is_of_those_who_bought_anything() -> None:
    lines = [
        customer(on(1, 2), customer_id="d", owner_id="ann"),
        customer(on(1, 2), customer_id="e", owner_id="ann"),
        won(1, 15),
        signed(1, 16),
        signed(1, 17, customer_id="d"),
    ]
    kpis = told(lines, on(1, 31))
    assert kpis["ann", "2026-01", "repeat_rate"] == KpiValue("0.5", "1", "2", 2)
    assert ("ann", "2025", "repeat_rate") not in kpis


def test_retention_is_told_once_a_period_has_begun() -> None:
    kpis = told([won(1, 15)], us("2026-01-31T23:59:59Z"))
    assert {period for _, period, _ in kpis} == {"2026-01", "2026-Q1", "2026", "7d", "30d", "90d"}
    assert not [kpi for _, _, kpi in kpis if kpi == "retention_rate"]
    kpis = told([won(1, 15)], us("2026-02-01T00:00:00Z"))
    assert kpis["ann", "2026-02", "retention_rate"] == KpiValue("1", "1", "1", 1)
    assert ("ann", "2026-03", "contacts") not in kpis


def test_a_customers_value_is_the_profit_of_a_year_by_those_that_go() -> None:
    # Both are active when 2026 begins; the one that buys on 2 January stays until its end: one of two goes.
    lines = [
        customer(on(6, 1, 2025), owner_id="ann"),
        customer(on(6, 1, 2025), customer_id="d", owner_id="ann"),
        won(6, 1, 2025),
        won(6, 1, 2025, customer_id="d", opportunity_id="p"),
        signed(1, 2, customer_id="d"),
        event(on(3, 1), "payment.received", payment_id="p", customer_id="c", employee_id="ann", amount=money("300")),
    ]
    kpis = replay_lines(lines, policy(), on(7, 2)).kpis
    assert kpis["ann", "2026", "retention_rate"] == KpiValue("0.5", "1", "2", 2)
    assert kpis["ann", "2026", "customer_lifetime_value"] == KpiValue("300.00", "300", "1", 2)
    assert ("ann", "2026-Q1", "customer_lifetime_value") not in kpis


def test_another_policy_counts_anew_and_a_restart_changes_nothing() -> None:
    partition = owned(won(1, 15), created(on(1, 2)), signed(3, 10)).restarted()
    partition.offset += 1
    partition.stage.apply(POLICY, write_policy(policy(customers={"active_for": "20d"})), partition.offset)
    partition.tick(on(3, 11))
    assert stays(partition) == {"2 month": (1, 0)}
    partition.tell(signed(2, 5))  # to 25 February
    assert stays(partition.restarted()) == {"2 month": (1, 0)}
    assert partition.figure("ann", "repeaters", "now") == 1
