"""Alerts of invoices drawn as timelines. Invoice i bills 100 on 1 March and is due at the end of the 10th."""

from typing import Any

import pytest

from tests.unit.oracle.drawing import at, count, eur, ruled, told

Case = tuple[list[bytes], list[str]]


def money(when: str, kind: str, amount: str, currency: str = "EUR", **data: Any) -> bytes:
    said = {"employee_id": "ann", "invoice_id": "i", "amount": eur(amount, currency)} | data
    return at(when, kind, **said)


def issued(when: str, amount: str = "100", due_at: str = "2026-03-10", **data: Any) -> bytes:
    return money(when, "invoice.issued", amount, due_at=due_at, **data)


def received(when: str, amount: str, currency: str = "EUR", **data: Any) -> bytes:
    return money(when, "payment.received", amount, currency, payment_id="p", **data)


def refunded(when: str, amount: str) -> bytes:
    return money(when, "payment.refunded", amount, payment_id="p")


def written_off(when: str, amount: str, **data: Any) -> bytes:
    return money(when, "debt.written_off", amount, **data)


ISSUED = issued("01 00:00")
OVERDUE: dict[str, Case] = {
    "since the end of its day": ([ISSUED], ["11 00:00"]),
    "since its instant": ([issued("01 00:00", due_at="2026-03-10T08:00:00+08:00")], ["10 00:00"]),
    "issued too late": ([issued("15 00:00")], ["15 00:00"]),
    "paid in time": ([ISSUED, received("11 00:00", "100")], []),
    "paid": ([ISSUED, received("15 00:00", "100")], ["11 00:00 - 15 00:00 paid"]),
    "paid in another currency": (
        [ISSUED, received("15 00:00", "200", "USD")],
        ["11 00:00 - 15 00:00 paid"],
    ),
    "paid before it was issued": ([received("2026-02-01T00:00:00Z", "100"), ISSUED], []),
    "paid in part": ([ISSUED, received("15 00:00", "99.999")], ["11 00:00"]),
    "paid for another": ([ISSUED, received("15 00:00", "100", invoice_id="j")], ["11 00:00"]),
    "paid for none": ([ISSUED, received("15 00:00", "100", invoice_id=None)], ["11 00:00"]),
    "paid by another customer": ([ISSUED, received("15 00:00", "100", customer_id="d")], ["11 00:00"]),
    "written off": ([ISSUED, written_off("15 00:00", "100")], ["11 00:00 - 15 00:00 written_off"]),
    "written off in part, then paid": (
        [ISSUED, written_off("12 00:00", "40"), received("15 00:00", "60")],
        ["11 00:00 - 15 00:00 paid"],
    ),
    "paid and given back": (
        [ISSUED, received("12 00:00", "100"), refunded("15 00:00", "1")],
        ["11 00:00 - 12 00:00 paid", "15 00:00"],
    ),
    "paid and given back at once": ([ISSUED, received("12 00:00", "100"), refunded("12 00:00", "1")], ["11 00:00"]),
    "paid and given back in time": ([ISSUED, received("02 00:00", "100"), refunded("03 00:00", "100")], ["11 00:00"]),
    "issued again for later": (
        [ISSUED, issued("15 00:00", due_at="2026-03-20")],
        ["11 00:00 - 15 00:00 plan_moved", "21 00:00"],
    ),
    "issued again for the same day": ([ISSUED, issued("15 00:00")], ["11 00:00 - 15 00:00 plan_moved", "15 00:00"]),
    "both are billed": (
        [ISSUED, issued("02 00:00", "50"), received("12 00:00", "100"), received("13 00:00", "50")],
        ["11 00:00 - 13 00:00 paid"],
    ),
    "the newest issue says when it is due": ([issued("02 00:00", due_at="2026-03-20"), ISSUED], ["21 00:00"]),
    "of two of one instant the greater": (
        [issued("01 00:00", due_at="2026-03-20", id="a"), issued("01 00:00", id="b")],
        ["11 00:00"],
    ),
    "never issued": ([refunded("15 00:00", "100")], []),
}
BAD_DEBT: dict[str, Case] = {
    "written off": ([ISSUED, written_off("15 00:00", "100")], ["15 00:00"]),
    "a part of it": ([ISSUED, written_off("15 00:00", "1")], ["15 00:00"]),
    "nothing": ([ISSUED, written_off("15 00:00", "0")], []),
    "what was never issued": ([written_off("15 00:00", "1"), received("16 00:00", "1")], ["15 00:00"]),
    "paid after all": (
        [ISSUED, written_off("15 00:00", "100"), received("16 00:00", "100")],
        ["15 00:00 - 16 00:00 paid"],
    ),
    "paid before it was issued": (
        [received("14 00:00", "100"), written_off("15 00:00", "1"), issued("16 00:00")],
        ["15 00:00 - 16 00:00 paid"],
    ),
    "not by less than was billed": ([ISSUED, written_off("15 00:00", "100"), received("16 00:00", "99")], ["15 00:00"]),
    "not again when that is given back": (
        [ISSUED, written_off("15 00:00", "100"), received("16 00:00", "100"), refunded("17 00:00", "100")],
        ["15 00:00 - 16 00:00 paid"],
    ),
    "of what is paid": ([ISSUED, received("14 00:00", "100"), written_off("15 00:00", "100")], []),
    "again": (
        [ISSUED, written_off("15 00:00", "50"), written_off("16 00:00", "50")],
        ["15 00:00 - 16 00:00 written_off", "16 00:00"],
    ),
    "again, but nothing": ([ISSUED, written_off("15 00:00", "50"), written_off("16 00:00", "0")], ["15 00:00"]),
    "twice at once": (
        [ISSUED, written_off("15 00:00", "50", id="a"), written_off("15 00:00", "50", id="b")],
        ["15 00:00"],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), OVERDUE.values(), ids=OVERDUE.keys())
def test_overdue(lines: list[bytes], expected: list[str]) -> None:
    assert told("payment.overdue", *reversed(lines)) == expected


@pytest.mark.parametrize(("lines", "expected"), BAD_DEBT.values(), ids=BAD_DEBT.keys())
def test_bad_debt(lines: list[bytes], expected: list[str]) -> None:
    assert told("payment.bad_debt", *reversed(lines)) == expected


def test_a_bad_debt_is_told_of_for_so_long() -> None:
    policy = ruled(payment_bad_debt={"lasts": "5d"})
    lines = ISSUED, written_off("15 00:00", "1")
    assert told("payment.bad_debt", *lines, policy=policy) == ["15 00:00 - 20 00:00 expired"]
    assert told("payment.bad_debt", *lines, policy=policy, at="20 00:00") == ["15 00:00"]


def test_a_day_ends_with_the_local_midnight_that_follows() -> None:
    assert told("payment.overdue", ISSUED, policy=ruled() | {"timezone": "Asia/Shanghai"}) == ["10 16:00"]
    # In Berlin the clocks are put forward on 29 March.
    spring = issued("01 00:00", due_at="2026-03-29")
    assert told("payment.overdue", spring, policy=ruled() | {"timezone": "Europe/Berlin"}) == ["29 22:00"]


def test_patience_is_by_grade() -> None:
    policy = ruled(payment_overdue={"after": {"gold": "3d"}}, dunning_first={"watch": "payment.overdue", "after": "7d"})
    gold = at("05 00:00", "customer.upserted", grade="gold")
    assert told("payment.overdue", ISSUED, policy=policy) == []
    assert told("payment.overdue", ISSUED, gold, policy=policy) == ["14 00:00"]
    assert told("dunning.first", ISSUED, gold, policy=policy) == ["18 00:00"]


def test_it_is_for_whoever_issued_the_invoice_last() -> None:
    given_up = written_off("12 00:00", "1", employee_id="cid")
    again = issued("13 00:00", "1", employee_id="bob", opportunity_id="o")
    overdue = count(ISSUED, given_up).alerts["payment.overdue", "i"]
    assert (overdue.employee_id, overdue.customer_id, overdue.opportunity_id) == ("ann", "c", None)
    assert count(given_up).alerts["payment.bad_debt", "i"].employee_id == "cid"
    for rule in ("payment.overdue", "payment.bad_debt"):
        alert = count(ISSUED, given_up, again).alerts[rule, "i"]
        assert (alert.employee_id, alert.opportunity_id) == ("bob", "o")
