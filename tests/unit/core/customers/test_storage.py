"""A customer in pieces and together again, in any order; and how few pieces a change writes."""

from __future__ import annotations

import json
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers import Customers
from streams.core.customers.state import RECEIVED
from streams.core.formats import FORMAT, NewerFormat
from streams.core.records import key_of
from tests.unit.core.kit import (
    Partition,
    attempt,
    contact,
    created,
    customer,
    deal,
    employee,
    event,
    money,
    moved,
    plan,
    policy,
    restored,
    us,
)
from tests.unit.core.logs import logs


def pieces(partition: Partition) -> list[str]:
    """The kinds of the state records of the last flush."""
    return sorted(json.loads(key)[0] for key, _ in partition.changes.states)


def looked_at(stage: Customers) -> object:
    """All that a stage knows of its customers, as plain values."""
    return {
        name: (
            known.first,
            known.owners.changes,
            known.grades.changes,
            [(time, known.contacts.who(i), known.contacts.tags[i] & 3) for i, time in enumerate(known.contacts.times)],
            known.contacts.channels,
            known.plans,
            {
                key: (found.log, found.standing, found.view, found.deadline)
                for key, found in known.opportunities.items()
            },
            {key: (bill.log, bill.standing, bill.deadline) for key, bill in known.invoices.items()},
            known.contract,
            known.purchase,
            known.standing,
            known.deadline,
            known.attendance,
            known.presence,
            sorted(known.open),
            sorted(known.leaning),
        )
        for name, known in stage.customers.items()
    }


@given(logs(most=24), st.integers(0, 99))
def test_the_pieces_make_the_same_customers_in_any_order(lines: list[bytes], seed: int) -> None:
    partition = Partition(policy())
    for line in lines:
        partition.tell(line)
    partition.tick("20")
    states = list(partition.states.items())
    Random(seed).shuffle(states)
    again = restored(policy(), states)
    assert looked_at(again) == looked_at(partition.stage)
    assert again.ledger.totals == partition.stage.ledger.totals
    assert again.entries() == partition.stage.entries()
    assert again.clock == partition.stage.clock
    assert {key: number for key, number in again.alerts().items() if number} == {
        key: number for key, number in partition.stage.alerts().items() if number
    }


def test_every_kind_of_value_survives() -> None:
    partition = Partition(policy(alerts={"payment.overdue": {"enabled": True}}))
    huge = money("999999999999999999.999999999999999999")
    partition.tell(
        employee("01", name=None, active=False, level="3"),
        event("01", "target.set", scope="employee", scope_id="ann", kpi="won_amount", period="2026-03", value="1.5"),
        customer("01", owner_id="ann", grade="gold"),
        contact("02", next_contact_at="09", next_step="中文", employee_id="bob"),
        attempt("03", direction="inbound", employee_id="ann"),
        plan("04", None),
        created("05", amount=huge),
        moved("06", "B", from_stage="A"),
        deal("07", "updated", amount=None, owner_id=None),
        deal("08", "updated"),
        deal("09", "won", owner_id="cid"),
        event("09", "contract.signed", contract_id="k", customer_id="c", employee_id="ann", amount=huge),
        event("09", "payment.received", payment_id="p", customer_id="c", employee_id="ann", amount=huge),
        event(
            "09", "invoice.issued", invoice_id="i", customer_id="c", employee_id="ann", amount=huge, due_at="2026-03-10"
        ),
        event(
            "10",
            "payment.received",
            payment_id="q",
            customer_id="c",
            employee_id="ann",
            amount=money("1"),
            invoice_id="i",
        ),
        deal("05", "updated", expected_close_at="2026-04-01", next_step="call"),
        deal("06", "updated", expected_close_at=None, next_step=None),
        contact("07", opportunity_id="o", next_step="visit"),
    )
    partition.tick("20")
    again = partition.restarted().stage
    assert looked_at(again) == looked_at(partition.stage)
    assert {alert.rule for alert in again.customers["c"].invoices["i"].standing.values()} == {"payment.overdue"}
    assert again.organisation.record("ann") == partition.stage.organisation.record("ann")
    assert again.ledger.totals["ann"] == partition.stage.ledger.totals["ann"]


def test_a_change_writes_its_own_pieces_alone() -> None:
    partition = Partition(policy())
    partition.tell(created("01", "C"), contact("2026-02-01T00:00:00Z"), contact("05"))
    assert pieces(partition).count("contacts") == 2
    partition.tell(deal("06", "updated", amount=money("5")))
    assert pieces(partition) == ["clock", "customer", "measures", "opportunity", *["pipeline"] * 3, "seen"]
    partition.tell(contact("07"))
    written = [json.loads(key) for key, _ in partition.changes.states]
    assert [key for key in written if key[0] == "contacts"] == [["contacts", "c", 24314]]
    assert not [key for key in written if key[0] == "opportunity"]
    partition.tell(
        event("07", "payment.received", payment_id="p", customer_id="c", employee_id="ann", amount=money("1"),
              invoice_id="i")
    )  # fmt: skip
    assert pieces(partition).count("invoice") == 1
    partition.tick("08")
    partition.tick("08 01:00")
    assert pieces(partition) == ["clock"]


def test_months_are_those_of_the_policys_zone() -> None:
    partition = Partition(policy(timezone="Asia/Shanghai"))
    partition.tell(contact("2026-03-31T15:59:59Z"), contact("2026-03-31T16:00:00Z"), plan("2026-04-30T16:00:00Z", None))
    months = [json.loads(key)[2] for key in partition.states if json.loads(key)[0] == "contacts"]
    assert months == [24314, 24315, 24316]
    assert len(partition.restarted().stage.customers["c"].contacts.times) == 2


def test_an_id_may_hold_anything() -> None:
    partition = Partition(policy())
    name = 'a"b|c\\ ["x",1] 中文\n'
    partition.tell(created("01", customer_id=name, opportunity_id=f"{name}/o"), contact("02", customer_id=name))
    again = partition.restarted().stage
    assert list(again.customers[name].opportunities) == [f"{name}/o"]


def test_a_format_of_a_later_release_is_refused() -> None:
    stage = Customers(policy(), 0)
    with pytest.raises(NewerFormat, match=f"it has a record of format {FORMAT + 1}, this release reads up to"):
        stage.restore(key_of("customer", "c"), msgspec.msgpack.encode((FORMAT + 1, [])))


def test_an_invoice_of_which_a_former_release_kept_sums_alone() -> None:
    header, key = key_of("customer", "c"), key_of("invoice", "c", "i")
    partition = Partition(policy())
    partition.tell(contact("01"))
    euro = 10**30
    stamp = [us("02"), "/crm", "n1"]
    sums = [str(100 * euro), str(30 * euro), str(10 * euro), "0", 20_526, stamp]  # due on 14 March
    states = [(header, partition.states[header]), (key, msgspec.msgpack.encode((1, sums)))]
    again = restored(policy(), states)
    (invoice,) = again.customers["c"].invoices.values()
    assert sum(entry.amount * (-1 if entry.kind == RECEIVED else 1) for entry in invoice.log) == 80 * euro
    assert [entry.due for entry in invoice.log] == [us("15"), None, None]


def test_a_replay_keeps_no_states() -> None:
    stage = Customers(policy(), 0, keep=False)
    line = contact("01")
    partition = Partition(policy())
    partition.stage = stage
    partition.tell(line)
    assert not [key for key, _ in partition.changes.states if json.loads(key)[0] in ("customer", "contacts", "seen")]
