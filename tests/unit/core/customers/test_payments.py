"""Invoices that are not paid, drawn as timelines in days of March 2026; all about invoice `i`, which ann issued."""

from __future__ import annotations

from typing import Any

import pytest

from streams.policy import Policy
from tests.unit.core.kit import MONEY_RULES, Partition, customer, episodes, event, money, policy

Case = tuple[dict[str, Any], list[bytes], str, list[str]]


def alone(rule: str, **how: Any) -> Policy:
    off = {name: {"enabled": False} for name in (*MONEY_RULES, "contact.interval_exceeded")}
    return policy(alerts=off | {rule: {"enabled": True} | how})


def billed(when: str, due: str = "2026-03-10", amount: str = "100", /, **data: Any) -> bytes:
    return _money(when, "invoice.issued", amount, due_at=due, **data)


def paid(when: str, amount: str = "100", /, **data: Any) -> bytes:
    return _money(when, "payment.received", amount, payment_id="p", **data)


def refunded(when: str, amount: str, /) -> bytes:
    return _money(when, "payment.refunded", amount, payment_id="p")


def written_off(when: str, amount: str = "100", /, **data: Any) -> bytes:
    return _money(when, "debt.written_off", amount, **data)


def _money(when: str, kind: str, amount: str, **data: Any) -> bytes:
    fields = {"customer_id": "c", "employee_id": "ann", "invoice_id": "i", "amount": money(amount)}
    return event(when, kind, **fields | data)


CASES: dict[str, dict[str, Case]] = {
    "payment.overdue": {
        # 01 issued ── the 10th ends as the 11th begins
        "once the day is over": ({}, [billed("01")], "12", ["overdue 11 condition_met ann"]),
        "not before": ({}, [billed("01")], "11", []),
        "at an instant": ({}, [billed("01", "2026-03-10T12:00:00Z")], "12", ["overdue 10 12:00 condition_met ann"]),
        "not what is paid": ({}, [billed("01"), paid("09")], "31", []),
        "paid as the bound passes": ({}, [billed("01"), paid("11")], "31", []),
        "until it is paid": ({}, [billed("01"), paid("15")], "31", ["overdue 11-15 paid ann"]),
        "a part is not enough": (
            {},
            [billed("01"), paid("09", "60"), paid("15", "40")],
            "31",
            ["overdue 11-15 paid ann"],
        ),
        "more than enough": ({}, [billed("01"), paid("15", "140")], "31", ["overdue 11-15 paid ann"]),
        "until it is written off": ({}, [billed("01"), written_off("15")], "31", ["overdue 11-15 written_off ann"]),
        "again once money goes back": (
            {},
            [billed("01"), paid("05"), refunded("20", "30")],
            "31",
            ["overdue 20 condition_met ann"],
        ),
        "until it is billed anew": (
            {},
            [billed("01"), billed("15", "2026-03-25", "50")],
            "31",
            ["overdue 11-15 plan_moved ann", "overdue 26 condition_met ann"],
        ),
        "after the time that is allowed": (
            {"after": {"gold": "5d", "default": "2d"}},
            [customer("01", grade="gold"), billed("01")],
            "31",
            ["overdue 16 condition_met ann"],
        ),
        "not a receipt without an invoice": ({}, [refunded("05", "30")], "31", []),
        "of who issued it": ({}, [billed("01", employee_id="bob")], "12", ["overdue 11 condition_met bob"]),
    },
    "payment.bad_debt": {
        "for a time": ({"lasts": "9d"}, [billed("01"), written_off("15")], "31", ["bad_debt 15-24 expired ann"]),
        "until it is paid after all": (
            {},
            [billed("01"), written_off("15"), paid("20")],
            "31",
            ["bad_debt 15-20 paid ann"],
        ),
        "not ended by a part": (
            {},
            [billed("01"), written_off("15"), paid("20", "60")],
            "31",
            ["bad_debt 15 condition_met ann"],
        ),
        "until more of it is written off": (
            {},
            [billed("01"), written_off("15", "60"), written_off("20", "40")],
            "31",
            ["bad_debt 15-20 written_off ann", "bad_debt 20 condition_met ann"],
        ),
        "of an invoice that nobody told of": (
            {},
            [written_off("15", employee_id="bob")],
            "31",
            ["bad_debt 15 condition_met bob"],
        ),
        "of who wrote it off, not of who took some of that back": (
            {},
            [written_off("15", employee_id="bob"), written_off("16", "-20", employee_id="eve")],
            "31",
            ["bad_debt 15 condition_met bob"],
        ),
        "not of what was paid": ({}, [billed("01"), paid("05"), written_off("15")], "31", []),
    },
}


@pytest.mark.parametrize(
    ("rule", "how", "lines", "until", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_an_invoice(rule: str, how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]) -> None:
    assert episodes(alone(rule, **how), lines, until) == expected


def test_it_says_what_is_owed_and_since_when() -> None:
    partition = Partition(alone("payment.overdue"))
    partition.tell(billed("01", opportunity_id="o"), paid("05", "60.5"))
    (record,) = partition.tick("12")
    assert (record["customer_id"], record["opportunity_id"]) == ("c", "o")
    assert record["values"] == {
        "basis": "2026-03-01T00:00:00Z",
        "bound_passed_at": "2026-03-11T00:00:00Z",
        "bound": "0s",
        "due_at": "2026-03-11T00:00:00Z",
        "invoice_id": "i",
        "amount": {"amount": "39.50", "currency": "EUR"},
    }
    assert (
        record["summary"] == "Invoice i of customer c is 39.50 EUR short since 2026-03-11T00:00:00Z: ask for the money."
    )
    (partly,) = partition.tell(paid("12", "9.5"))
    assert (partly["id"], partly["status"], partly["values"]["amount"]["amount"]) == (record["id"], "firing", "30.00")


def test_two_invoices_of_a_customer_are_two_alerts() -> None:
    partition = Partition(alone("payment.overdue"))
    partition.tell(billed("01"), billed("02", invoice_id="j"))
    assert sorted(record["values"]["invoice_id"] for record in partition.tick("12")) == ["i", "j"]
    (one,) = partition.tell(paid("12", invoice_id="j"))
    assert (one["values"]["invoice_id"], one["status"], one["reason"]) == ("j", "resolved", "paid")
    again = partition.restarted()
    again.tell(paid("13"))
    (other,) = again.tick("14")
    assert (other["values"]["invoice_id"], other["status"]) == ("i", "resolved")
