"""The front door of the first stage: what is taken, what is refused and why, and what is handed on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.core.alerts import Span
from streams.core.customers import Customers, judging
from streams.core.customers.bookkeeping import Bookkeeping
from streams.core.customers.exchange import Exchange
from streams.core.customers.learning import Learning
from streams.core.customers.stage import MAX_BUGS
from streams.core.customers.state import Customer
from streams.core.formats import reader
from streams.core.records import Contribution, Goal, Profile
from streams.core.stage import ATTEMPT, CASES, EVENTS, ORG, STEP, TICK, WATCH, Changes, Send
from tests.unit.core.kit import (
    DAY,
    MARCH,
    Partition,
    contact,
    created,
    customer,
    deal,
    employee,
    event,
    inbox,
    money,
    plan,
    policy,
    tick,
    us,
)

CONTACTS = ("event", "crm.contacts", "contact.logged")


def facts(changes: Changes) -> dict[tuple[str, str], Send]:
    """The facts of a flush by employee and bucket."""
    sends = [send for send in changes.sends if send.topic == "streams.facts"]
    found: dict[tuple[str, str], Send] = {tuple(json.loads(send.key)[:2]): send for send in sends}
    assert len(found) == len(sends)
    return found


def target(when: str, value: object = 100, /, **data: Any) -> bytes:
    fields = {"scope": "employee", "scope_id": "ann", "kpi": "won_amount", "period": "2026-03", "value": value}
    return event(when, "target.set", **fields | data)


def test_events_are_counted_by_what_became_of_them() -> None:
    partition = Partition(policy())
    line = contact("01", id="x")
    other = event("01", "ticket.opened", ticket_id="t", customer_id="c", kind="request")
    lead = event("01", "lead.created", lead_id="l")
    partition.tell(line, line, contact("01", id="x", channel="visit"), other, lead, b'{"type":"contact.logged"}')
    assert partition.changes.counts == {
        (*CONTACTS, "applied"): 1,
        (*CONTACTS, "duplicate"): 1,
        (*CONTACTS, "conflict"): 1,
        ("event", "crm.tickets", "ticket.opened", "applied"): 1,
        ("event", "crm.leads", "lead.created", "applied"): 1,
        ("event", "crm.contacts", "unknown", "missing_field"): 1,
        ("dead", "conflict"): 1,
        ("dead", "missing_field"): 1,
    }
    assert partition.figure("ann", "contacts") == 1
    partition.tell()
    assert partition.changes.counts == {}


def test_a_dead_letter_says_why_and_where_it_stood() -> None:
    partition = Partition(policy())
    clash = contact("01", id="x", channel="visit")
    partition.tell(contact("01", id="x"), clash)
    assert partition.letters == [
        {
            "reason": "conflict",
            "detail": "id: /crm sent x before, with other content",
            "topic": "crm.contacts",
            "partition": 0,
            "offset": 1,
            "time": "2026-03-01T00:00:00Z",
            "original": clash.decode(),
            "encoding": "utf-8",
        }
    ]
    sends = [send for send in partition.changes.sends if send.topic == "streams.dead-letters"]
    assert [send.key for send in sends] == [b"crm.contacts"]


def test_an_identity_is_one_within_its_subject() -> None:
    partition = Partition(policy())
    partition.tell(contact("01", id="x"), contact("01", id="x", customer_id="d"))
    assert partition.figure("ann", "contacts") == 2


def test_what_was_seen_before_a_restart_is_a_duplicate_after_it() -> None:
    partition = Partition(policy())
    line = contact("01")
    partition.tell(line)
    again = partition.restarted()
    again.tell(line)
    assert again.changes.counts == {(*CONTACTS, "duplicate"): 1}


def test_a_currency_without_a_rate_is_refused_and_may_come_again_once_there_is_one() -> None:
    partition = Partition(policy())
    line = deal("02", "won", amount=money("5", "XAU"))
    partition.tell(line, line)
    assert [letter["reason"] for letter in partition.letters] == ["no_rate", "no_rate"]
    assert partition.stage.customers == {}


def test_what_is_older_than_dedup_keep_is_too_old_but_an_upsert_is_not() -> None:
    partition = Partition(policy(dedup_keep="10d"))
    partition.tick("25")
    partition.tell(contact(us("15") - 1), contact("15"), customer("14", owner_id="ann"), employee("14"))
    assert [(letter["reason"], letter["time"][8:10]) for letter in partition.letters] == [("too_old", "14")]
    assert partition.figure("ann", "contacts") == 1
    assert partition.stage.customers["c"].owners.now() == "ann"
    assert partition.stage.organisation.team_at("ann", us("15")) == "north"


def test_too_old_is_by_the_clock_and_not_by_other_events() -> None:
    partition = Partition(policy(dedup_keep="10d"))
    partition.tell(contact("25"), contact("01"))
    assert partition.letters == []


def test_old_fingerprints_are_let_go_once_their_events_would_be_too_old() -> None:
    partition = Partition(policy(dedup_keep="10d"))
    line = contact("01")
    partition.tell(line)
    assert [json.loads(key)[1] for key in partition.states if json.loads(key)[0] == "seen"] == ["customer:c"]
    partition.tick("11")
    partition.tell(line)
    assert partition.changes.counts == {(*CONTACTS, "duplicate"): 1}
    partition.tick(us("11") + DAY)
    assert not [key for key in partition.states if json.loads(key)[0] == "seen"]
    partition.tell(line)
    assert [letter["reason"] for letter in partition.letters] == ["too_old"]


def test_our_own_mistake_costs_an_event_and_too_many_stop_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    partition = Partition(policy())

    def broken(*_: object) -> bool:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(partition.stage._changer, "change", broken)
        partition.tell(contact("01", id="bad"))
        (letter,) = partition.letters
        assert (letter["reason"], letter["detail"]) == ("bug", "RuntimeError: broken")
        # As many again in one flush are borne, one more is not.
        partition.tell(*(contact("01") for _ in range(MAX_BUGS)))
        assert partition.changes.counts["dead", "bug"] == MAX_BUGS
        with pytest.raises(RuntimeError, match="broken"):
            partition.tell(*(contact("01") for _ in range(MAX_BUGS + 1)))
    partition.tell(contact("02"))
    assert partition.figure("ann", "contacts") == 1


def test_our_own_mistake_in_judging_costs_the_event_that_led_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    partition, judged = Partition(policy()), judging.spans

    def broken(customer: Customer, *rest: Any) -> list[Span]:
        if customer.id == "bad":
            raise RuntimeError("broken")
        return judged(customer, *rest)

    monkeypatch.setattr(judging, "spans", broken)
    told = partition.tell(contact("01", customer_id="bad"), plan("01", "01", customer_id="good"))
    assert [json.loads(letter["original"])["data"]["customer_id"] for letter in partition.letters] == ["bad"]
    told += partition.tick("20")
    assert {record["customer_id"] for record in told} == {"good"}


def test_so_does_one_in_judging_what_fell_due(monkeypatch: pytest.MonkeyPatch) -> None:
    partition = Partition(policy())
    partition.tell(plan("01", "05"))

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(partition.stage.alerting, "wake_up", broken)
        partition.tick("28")
        partition.tick("31")
    assert [letter["reason"] for letter in partition.letters] == ["bug"]


def test_so_does_one_in_what_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    partition = Partition(policy())
    monkeypatch.setattr(Bookkeeping, "_take", broken)
    partition.tell(contact("01", duration_s=0))
    partition.tell(contact("02"))
    assert [letter["reason"] for letter in partition.letters] == ["bug"]


def test_facts_are_the_whole_of_what_a_partition_adds_as_of_its_offset() -> None:
    stage = Customers(policy(), 5)
    stage.apply(TICK, tick(us("10")), 41)
    stage.apply(EVENTS, b'[["crm.contacts",0,7,' + contact("02", employee_id="a b|c") + b"]]", 42)
    found = facts(stage.flush())
    day = policy().zone.day(us("02"))
    assert sorted(bucket for _, bucket in found) == [f"d{day}", MARCH]
    send = found["a b|c", MARCH]
    assert send.route == "a b|c"
    assert json.loads(send.key) == ["a b|c", MARCH, 5]
    contribution = reader(Contribution)(send.value)  # type: ignore[arg-type]
    assert (contribution.version, contribution.clock) == (42, us("10"))
    assert contribution.measures["contacts"] == 1
    stage.apply(EVENTS, b'[["crm.contacts",0,8,' + contact("03", employee_id="a b|c", customer_id="d") + b"]]", 43)
    again = facts(stage.flush())
    assert f"d{day}" not in {bucket for _, bucket in again}
    later = reader(Contribution)(again["a b|c", MARCH].value)  # type: ignore[arg-type]
    assert (later.version, later.measures["contacts"]) == (43, 2)


def test_what_is_taken_back_is_an_explicit_nothing() -> None:
    partition = Partition(policy())
    partition.tell(deal("02", "lost", owner_id="ann"))
    partition.tell(deal("03", "reopened", to_stage="A"))
    emptied = facts(partition.changes)["ann", f"d{policy().zone.day(us('02'))}"]
    assert reader(Contribution)(emptied.value).measures == {}  # type: ignore[arg-type]


def test_days_out_of_reach_are_deleted() -> None:
    partition = Partition(policy())
    partition.tell(contact("02"))
    day = f"d{policy().zone.day(us('02'))}"
    partition.tick(us("02") + 94 * DAY)
    assert [key for key in partition.states if day.encode() in key]
    partition.tick(us("02") + 95 * DAY)
    assert facts(partition.changes)["ann", day].value is None
    assert not [key for key in partition.states if day.encode() in key]
    assert partition.figure("ann", "contacts") == 1


def test_a_personnel_record_goes_to_the_stage_of_employees_whole() -> None:
    partition = Partition(policy())
    partition.tell(employee("01", name="Ann", level="3"))
    partition.tell(employee("02", team="south", name=None))
    profile = reader(Profile)(facts(partition.changes)["ann", "profile"].value)  # type: ignore[arg-type]
    assert profile.fields == {"role": "sales", "team": "south", "name": None, "level": "3"}
    assert profile.version == 1


def test_the_copy_of_a_personnel_record_is_known_and_not_handed_on() -> None:
    partition = Partition(policy())
    partition.tell(employee("01"), contact("01"), key=ORG)
    assert partition.stage.organisation.team_at("ann", us("01")) == "north"
    assert partition.changes.sends == []
    assert partition.stage.customers == {}


def test_targets_of_employees_go_to_the_stage_of_employees() -> None:
    partition = Partition(policy())
    partition.tell(target("01", "1.50"), target("02", 200, level="challenge"), target("02", 7, scope="department"))
    found = facts(partition.changes)
    assert {bucket for _, bucket in found} == {
        "target 2026-03 target won_amount",
        "target 2026-03 challenge won_amount",
    }
    goal = reader(Goal)(found["ann", "target 2026-03 target won_amount"].value)  # type: ignore[arg-type]
    assert goal.value == "1.50"
    assert partition.changes.counts["event", "crm.targets", "target.set", "applied"] == 3
    partition.tell(target("2026-02-01T00:00:00Z", 9))  # set before, known later: changes nothing
    assert facts(partition.changes) == {}


def test_with_the_clock_of_events_time_comes_with_them_and_never_goes_back() -> None:
    partition = Partition(policy(), follow=True)
    partition.tell(plan("01", "10"))
    assert [record["rule"] for record in partition.tell(contact("09", customer_id="d"))] == ["contact.due"]
    assert partition.tell(contact("02", customer_id="d")) == []
    assert partition.stage.clock == 0  # of ticks there have been none
    assert [record["rule"] for record in partition.tell(contact("12", customer_id="d"))] == [
        "contact.due",
        "contact.overdue",
    ]


def test_tables_are_counted() -> None:
    partition = Partition(policy())
    partition.tell(created("01"), contact("01", customer_id="d"), employee("01"), target("01"))
    expected = {"customers": 2, "opportunities": 1, "subjects": 4, "employees": 1, "targets": 1, "over": 0}
    assert partition.stage.entries() == expected
    assert partition.restarted().stage.entries() == expected


def test_pending_grows_with_what_a_flush_would_write() -> None:
    stage = Customers(policy(), 0)
    assert stage.pending() == 0
    stage.apply(EVENTS, b'[["crm.contacts",0,0,' + contact("01") + b"]]", 0)
    assert stage.pending() == 1
    stage.flush()
    assert stage.pending() == 0


@pytest.mark.parametrize("key", [ORG, CASES, STEP, WATCH, ATTEMPT])
def test_a_mistake_of_ours_costs_one_record_of_whatever_kind(key: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ArithmeticError("no such day")

    partition = Partition(policy())
    for owner, name in ((Exchange, "hear"), (Exchange, "open_case"), (Learning, "take")):
        monkeypatch.setattr(owner, name, fails)
    value = inbox([employee("01")]) if key in (ORG, CASES) else b"whatever"
    for _ in range(2):
        partition.offset += 1
        partition.stage.apply(key, value, partition.offset)
    partition.flush()
    assert [(letter["reason"], letter["detail"]) for letter in partition.letters] == [
        ("bug", "ArithmeticError: no such day")
    ] * 2


@pytest.mark.parametrize("mark", ["\x1e", "\x1f"])
def test_a_customer_cannot_pass_for_a_lead_or_an_employee(mark: str) -> None:
    partition = Partition(policy())
    partition.tell(contact("01", customer_id=f"{mark}c"))
    (letter,) = partition.letters
    assert (letter["reason"], letter["detail"]) == (
        "invalid_value",
        "customer_id: an id does not begin with U+001D, U+001E or U+001F",
    )
