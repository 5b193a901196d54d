"""What the record of a customer tells of its newest contacts, invoices, payments and tickets, in days of March 2026."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from streams.core.customers.lately import MOST
from tests.unit.core.kit import Record, attempt, contact, customer, employee, event, money, policy, us, void_of
from tests.unit.core.works import Disk, Works

STAFF = [employee("01", "ann"), employee("01", "bob")]


def cash(when: str, kind: str, amount: str, invoice: str | None = "i", **data: Any) -> bytes:
    named = {} if invoice is None else {"invoice_id": invoice}
    if kind.startswith("payment"):
        named["payment_id"] = "p"
    fields = {"customer_id": "c", "employee_id": "ann", "amount": money(amount)}
    return event(when, kind, **fields | named | data)


def billed(when: str, amount: str = "100", invoice: str = "i", **data: Any) -> bytes:
    return cash(when, "invoice.issued", amount, invoice, **{"due_at": "2026-03-10"} | data)


def paid(when: str, amount: str = "100", invoice: str | None = "i", **data: Any) -> bytes:
    return cash(when, "payment.received", amount, invoice, **data)


def opened(when: str, id: str = "t", kind: str = "complaint", **data: Any) -> bytes:
    return event(when, "ticket.opened", **{"ticket_id": id, "customer_id": "c", "kind": kind} | data)


def step(when: str, verb: str, id: str = "t", **data: Any) -> bytes:
    return event(when, f"ticket.{verb}", ticket_id=id, **data)


def played(lines: list[bytes], name: str = "c", partitions: int = 3) -> Record:
    """The record in the end, whatever the order, with restarts."""
    found: list[Record] = []
    for seed in range(4):
        chance, works = Random(seed), Works(policy(), partitions, bound=seed % 2 * 9, shelf=Disk)
        works.tell(STAFF)
        for line in lines if seed == 0 else chance.sample(lines, len(lines)):
            works.tell([line])
            if chance.random() < 0.5:
                works.flush_customers()
                chance.choice(works.customers).die(chance)
        works.tick(us("31"))
        works.tick(us("31"), final=True)
        found.append(works.topics["customers"][name.encode()])
    assert found == found[:1] * len(found)
    return found[0]


def contacts(record: Record) -> list[tuple[Any, ...]]:
    names = ("employee_id", "channel", "connected", "inbound")
    return [(day(one["at"]), *(one[name] for name in names)) for one in record["recent_contacts"]]


def test_contacts_and_attempts_are_told_the_newest_first_whatever_came_first() -> None:
    gone = contact("05", channel="visit")
    lines = [
        contact("02", direction="inbound"), contact("03", employee_id="bob", channel="email"), attempt("04"), gone,
        contact("03", employee_id="bob", channel="call"), contact("03", channel="other"),
    ]  # fmt: skip
    told = [
        ("04", "ann", "call", False, False), ("03", "bob", "email", True, False), ("03", "bob", "call", True, False),
        ("03", "ann", "other", True, False), ("02", "ann", "call", True, True),
    ]  # fmt: skip
    assert contacts(played(lines)) == [("05", "ann", "visit", True, False), *told]
    assert contacts(played([*lines[:3], *lines[4:]])) == told
    works = Works(policy())
    works.tell([*STAFF, *lines, void_of(gone, "06")])
    works.look_up()
    works.tick(us("31"), final=True)
    assert contacts(works.topics["customers"][b"c"]) == told


def test_of_very_many_contacts_the_newest_are_told_be_they_at_one_instant() -> None:
    lines = [contact("02", id=f"a{n}", channel=("call", "chat")[n % 2]) for n in range(2 * MOST)]
    found = contacts(played([*lines, contact("03")], partitions=1))
    assert found == [("03", "ann", "call", True, False), *[("02", "ann", "chat", True, False)] * (MOST - 1)]


def day(instant: str | None) -> str | None:
    return instant and instant[8:10]


def invoices(record: Record) -> list[tuple[Any, ...]]:
    return [
        (one["invoice_id"], day(one["issued_at"]), day(one["due_at"]), one["amount"], one["paid"], one["status"])
        for one in record["recent_invoices"]
    ]


def payments(record: Record) -> list[tuple[Any, ...]]:
    return [(day(one["at"]), one["amount"], one["invoice_id"]) for one in record["recent_payments"]]


def tickets(record: Record) -> list[tuple[Any, ...]]:
    names = ("ticket_id", "kind", "priority", "employee_id")
    return [
        (*(one[name] for name in names), day(one["opened_at"]), day(one["resolved_at"]))
        for one in record["recent_tickets"]
    ]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ([], (100, 0, "open")),
        ([paid("05", "99.99")], (100, 99.99, "open")),
        ([paid("05", "99.99"), paid("06", "0.01")], (100, 100, "paid")),
        ([paid("05", "140")], (100, 140, "paid")),
        ([paid("05"), cash("07", "payment.refunded", "30")], (100, 70, "open")),
        ([paid("05", "60"), cash("20", "debt.written_off", "40")], (100, 60, "written_off")),
        ([paid("05", "60"), cash("20", "debt.written_off", "30")], (100, 60, "open")),
        ([billed("06", "11.1")], (111.1, 0, "open")),
    ],
)
def test_an_invoice_is_told_with_what_was_paid_of_it(more: list[bytes], expected: tuple[Any, ...]) -> None:
    [(_, issued, due, *found)] = invoices(played([billed("02"), *more]))
    assert (issued, due, *found) == ("02", "11", *expected)  # the 10th ends as the 11th begins


def test_the_due_date_that_was_said_last_counts() -> None:
    moved = billed("03", "1", due_at="2026-03-20T12:00:00Z")
    record = played([billed("02"), moved, billed("04", invoice="j")])
    assert [one[:3] for one in invoices(record)] == [("j", "04", "11"), ("i", "02", "20")]


def test_payments_and_refunds_are_told_by_day_and_without_an_invoice_by_their_sum() -> None:
    record = played(
        [billed("02"), paid("05", "60.25"), cash("07", "payment.refunded", "10"), paid("06", "5", None),
         paid("08", "9", "never-issued")]
    )  # fmt: skip
    assert payments(record) == [("08", 9, "never-issued"), ("07", -10, "i"), ("05", 60.25, "i")]
    assert (record["collected"], record["collected_uninvoiced"]) == (64.25, 5)
    assert [one[0] for one in invoices(record)] == ["i"]


def test_a_ticket_is_told_with_whose_it_is_and_when_it_was_resolved() -> None:
    record = played(
        [opened("02", priority="high", employee_id="ann"), step("03", "assigned", employee_id="bob"),
         step("04", "resolved"), step("05", "reopened"), opened("03", "u", "request"), step("06", "resolved", "u"),
         step("07", "assigned", "never-opened", employee_id="ann")]
    )  # fmt: skip
    assert tickets(record) == [
        ("u", "request", None, None, "03", "06"),
        ("t", "complaint", "high", "bob", "02", None),
    ]


def test_of_many_the_newest_are_told() -> None:
    count = MOST + 5
    lines = [billed(f"{1 + n:02d}", invoice=f"i{n}") for n in range(count)]
    lines += [paid(f"{1 + n:02d} 12:00", "1", f"i{n}") for n in range(count)]
    lines += [opened(f"{1 + n:02d}", f"t{n}") for n in range(count)]
    record, newest = played(lines), [str(n) for n in range(count - 1, 4, -1)]
    assert [one["invoice_id"] for one in record["recent_invoices"]] == [f"i{n}" for n in newest]
    assert [one["invoice_id"] for one in record["recent_payments"]] == [f"i{n}" for n in newest]
    assert [one["ticket_id"] for one in record["recent_tickets"]] == [f"t{n}" for n in newest]


def test_what_a_merged_customer_was_billed_is_told_of_the_one_that_remains() -> None:
    record = played(
        [billed("02", customer_id="a"), paid("03", customer_id="a"), paid("04", "7", None, customer_id="a"),
         opened("05", customer_id="a"), customer("01", customer_id="c"), billed("06", invoice="j"),
         event("10", "customer.merged", customer_id="a", into="c"), billed("12", invoice="k", customer_id="a")]
    )  # fmt: skip
    assert [one[0] for one in invoices(record)] == ["k", "j", "i"]
    assert payments(record) == [("03", 100, "i")]
    assert (record["collected_uninvoiced"], [one[0] for one in tickets(record)]) == (7, ["t"])


def test_what_is_voided_is_told_no_more() -> None:
    works = Works(policy(), 3)
    bill, payment, resolved = billed("02"), paid("03", "60"), step("05", "resolved")
    works.tell([*STAFF, customer("01"), bill, payment, opened("04"), resolved, billed("02", invoice="j")])
    works.tick(us("10"))
    works.tick(us("11"))
    before = works.topics["customers"][b"c"]
    assert (len(invoices(before)), len(payments(before)), len(tickets(before))) == (2, 1, 1)
    assert tickets(before)[0][-1] == "05"
    works.tell([void_of(line, "11") for line in (bill, payment, resolved)])
    works.look_up()
    works.tick(us("12"))
    works.tick(us("13"))
    after = works.topics["customers"][b"c"]
    assert ([one[0] for one in invoices(after)], payments(after)) == (["j"], [])
    assert tickets(after)[0][-1] is None


def test_of_a_customer_that_is_erased_nothing_is_told() -> None:
    works = Works(policy(), 3)
    works.tell([*STAFF, customer("01"), billed("02"), paid("03"), opened("04")])
    works.tick(us("10"))
    assert b"c" in works.topics["customers"]
    works.tell([event("11", "customer.erased", customer_id="c"), billed("12", invoice="j")])
    for _ in range(4):
        works.tick(us("12"))
    assert not works.topics["customers"]
