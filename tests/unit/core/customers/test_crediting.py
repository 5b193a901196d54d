"""What contracts, invoices and payments credit to whom, and who won a customer first."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from streams.core.customers.state import ISSUED, RECEIVED, REFUNDED
from tests.unit.core.kit import MARCH, Partition, created, customer, deal, event, money, policy, us

EURO = 10**30


def paid(when: str, kind: str, amount: Any = None, /, **data: Any) -> bytes:
    """Money moves, by ann and without an invoice unless it says else."""
    named = {"invoice.issued": {"invoice_id": "i", "due_at": "2026-03-31"}, "debt.written_off": {"invoice_id": "i"}}
    fields = {"customer_id": "c", "employee_id": "ann", "amount": amount or money("100"), **named.get(kind, {})}
    return event(when, kind, **({"payment_id": "p"} if kind.startswith("payment") else {}) | fields | data)


def signed(when: str, amount: str = "100", /, **data: Any) -> bytes:
    fields = {"contract_id": "k", "customer_id": "c", "employee_id": "ann", "amount": money(amount)}
    return event(when, "contract.signed", **fields | data)


def told(*lines: bytes) -> Partition:
    partition = Partition(policy())
    partition.tell(*lines)
    return partition


def test_a_contract_counts_with_its_units_and_prices() -> None:
    lines = [
        {"quantity": "2.5", "unit_price": money("8"), "list_price": money("10")},
        {"quantity": 1, "unit_price": money("30", "USD"), "list_price": money("40", "USD")},
        {"quantity": 4, "unit_price": money("1")},  # no list price: units alone
        {"unit_price": money("1"), "list_price": money("2")},  # no quantity: nothing
        {},
    ]
    sums = told(signed("02", "99.995", lines=lines)).stage.ledger
    bucket = sums.totals["ann"][MARCH]
    assert bucket["contracts"] == 1
    assert bucket["contract_amount"] == 99_995 * EURO // 1000
    assert bucket["units"] == 75 * 10**17
    # 2.5 * 8 + 1 * 15 against 2.5 * 10 + 1 * 20, in atoms of a euro times those of a unit
    assert bucket["sold_at"] == 35 * EURO * 10**18
    assert bucket["listed_at"] == 45 * EURO * 10**18


def test_a_contract_without_lines_sells_no_units() -> None:
    assert told(signed("02")).credit() == {"contracts": "1", "contract_amount": "100.00", "new_customers": "1"}


def test_receipts_and_refunds_make_what_was_collected() -> None:
    partition = told(paid("02", "payment.received"), paid("03", "payment.refunded", money("30.005")))
    assert partition.credit() == {"receipts": "2", "collected": "70.00"}  # 69.995, half even
    assert partition.figure("ann", "collected") == 69_995 * EURO // 1000


def test_more_refunded_than_received_is_below_zero() -> None:
    assert told(paid("02", "payment.refunded")).credit() == {"receipts": "1", "collected": "-100.00"}


def test_an_invoice_counts_on_its_day_and_is_due_on_another() -> None:
    partition = told(paid("02", "invoice.issued", due_at="2026-04-01"))
    assert partition.credit() == {"invoices": "1", "invoiced": "100.00"}
    assert partition.credit(bucket="m24315") == {"due": "1", "due_amount": "100.00"}


@pytest.mark.parametrize(
    ("due_at", "bucket"),
    [
        ("2026-03-31T15:59:59Z", MARCH),
        ("2026-03-31T16:00:00Z", "m24315"),  # midnight in Shanghai
        ("2026-04-01T00:00:00+08:00", "m24315"),
        ("2026-04-01", "m24315"),
    ],
)
def test_the_due_day_is_one_of_the_policys_zone(due_at: str, bucket: str) -> None:
    partition = Partition(policy(timezone="Asia/Shanghai"))
    partition.tell(paid("02", "invoice.issued", due_at=due_at))
    assert partition.figure("ann", "due", bucket) == 1


def test_a_debt_written_off_is_the_credit_of_who_wrote_it_off() -> None:
    partition = told(
        paid("02", "invoice.issued"), paid("03", "debt.written_off", money("40", "USD"), employee_id="bob")
    )
    assert partition.credit("bob") == {"write_offs": "1", "written_off": "20.00"}


def test_an_invoice_remembers_what_was_billed_and_paid_in_any_order() -> None:
    lines = [
        paid("02", "invoice.issued", due_at="2026-03-20"),
        paid("05", "invoice.issued", money("50"), due_at="2026-03-25"),
        paid("06", "payment.received", money("30"), invoice_id="i"),
        paid("07", "payment.refunded", money("10"), invoice_id="i"),
    ]
    for order in permutations(lines):
        log = told(*order).stage.customers["c"].invoices["i"].log
        assert [(entry.time, entry.kind, entry.amount // EURO) for entry in log] == [
            (us("02"), ISSUED, 100),
            (us("05"), ISSUED, 50),
            (us("06"), RECEIVED, 30),
            (us("07"), REFUNDED, 10),
        ]
        assert [entry.due for entry in log] == [us("21"), us("26"), None, None]  # the end of the day


def test_a_receipt_that_names_no_invoice_is_credited_alone() -> None:
    partition = told(paid("06", "payment.received", money("30"), invoice_id=None))
    assert partition.credit() == {"receipts": "1", "collected": "30.00"}
    assert not partition.stage.customers["c"].invoices


def won(when: str, name: str = "o", **data: Any) -> bytes:
    return deal(when, "won", opportunity_id=name, amount=money("1"), **data)


FIRSTS: dict[str, tuple[list[bytes], dict[str, int]]] = {
    "the first won opportunity": ([won("05", owner_id="ann"), won("08", "p", owner_id="bob")], {"ann": 1}),
    "the first contract": ([signed("03"), won("05", owner_id="bob")], {"ann": 1}),
    "of two contracts the first": ([signed("05"), signed("03", employee_id="bob")], {"bob": 1}),
    "a contract after it was won": ([won("05", owner_id="bob"), signed("06")], {"bob": 1}),
    "at one instant the won opportunity": ([signed("05"), won("05", owner_id="bob")], {"bob": 1}),
    "of two won at one instant the lesser id": (
        [won("05", "p", owner_id="ann"), won("05", owner_id="bob")],
        {"bob": 1},
    ),
    "not what was reopened": (
        [won("05", owner_id="ann"), deal("06", "reopened", to_stage="A"), won("08", "p", owner_id="bob")],
        {"bob": 1},
    ),
    "not what was lost after all": (
        [won("05", owner_id="ann"), deal("06", "lost"), signed("08", employee_id="bob")],
        {"bob": 1},
    ),
    "nor what was only lost": ([deal("05", "lost", owner_id="ann")], {}),
    "whoever owned it then": (
        [customer("01", owner_id="ann"), won("05"), customer("06", owner_id="bob")],
        {"ann": 1},
    ),
    "nobody's": ([won("05"), won("08", "p", owner_id="bob")], {}),
    "another customer is another": (
        [won("05", owner_id="ann"), signed("06", customer_id="d")],
        {"ann": 2},
    ),
}


@pytest.mark.parametrize(("lines", "expected"), FIRSTS.values(), ids=FIRSTS.keys())
def test_who_won_the_customer(lines: list[bytes], expected: dict[str, int]) -> None:
    for order in permutations(lines):
        partition = told(*order)
        found = {who: partition.figure(who, "new_customers") for who in ("ann", "bob")}
        assert {who: number for who, number in found.items() if number} == expected


def test_a_customer_is_its_owners_now() -> None:
    partition = told(customer("01", owner_id="ann"), customer("01", customer_id="d", owner_id="ann"))
    assert partition.credit(bucket="now") == {"owned": "2"}
    partition.tell(event("05", "customer.owner_changed", customer_id="c", to="bob"))
    assert partition.credit(bucket="now") == {"owned": "1"}
    assert partition.credit("bob", "now") == {"owned": "1"}
    partition.tell(customer("03", owner_id=None))  # came late: bob has it still
    assert partition.credit("bob", "now") == {"owned": "1"}
    partition.tell(customer("06", owner_id=None))
    assert partition.credit("bob", "now") == {}


def test_an_amount_is_worth_what_the_rate_of_its_day_makes_it() -> None:
    rates = [{"from": "2026-01-01", "USD": 0.5}, {"from": "2026-03-05", "USD": 0.75}]
    partition = Partition(policy(currency={"reporting": "EUR", "rates": rates}))
    dollars = money("100", "USD")
    partition.tell(paid("04 23:59", "payment.received", dollars), paid("05", "payment.received", dollars))
    assert partition.credit()["collected"] == "125.00"
    partition.tell(created("04", "C", amount=dollars), deal("06", "won"))
    assert partition.credit()["won_amount"] == "50.00"  # as it was when it was last told


def owned(when: str, by: str, id: str | None = None) -> bytes:
    return event(when, "customer.owner_changed", id=id, customer_id="c", to=by)


def test_a_customer_that_goes_to_another_owner_counts_for_both_whatever_the_order() -> None:
    # To bob and back at once, which is nothing; to nobody, and from there to cid, are no hand-offs.
    moves = [owned("02", "ann"), owned("03", "bob"), owned("04", "cid", "1"), owned("04", "bob", "2")]
    moves += [owned("05", "ann"), customer("06", owner_id=None), owned("07", "cid")]
    for lines in (moves, moves[::-1], moves[3:] + moves[:3]):
        totals = told(*lines).stage.ledger.totals
        given = {who: buckets[MARCH].get("handoffs_given", 0) for who, buckets in totals.items() if MARCH in buckets}
        taken = {who: buckets[MARCH].get("handoffs_taken", 0) for who, buckets in totals.items() if MARCH in buckets}
        assert {who: one for who, one in given.items() if one} == {"ann": 1, "bob": 1}
        assert {who: one for who, one in taken.items() if one} == {"ann": 1, "bob": 1}
