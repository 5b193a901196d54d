"""Customers that are merged into others, drawn as timelines in days of March 2026: `a` goes on into `b`."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from streams.core.customers import Customers
from streams.core.customers.letters import Erased, Letter, pack
from streams.core.customers.merging import PARTS
from streams.core.stage import MERGED, partition_of
from streams.replay import replay_lines
from tests.unit.core.kit import (
    Partition,
    Record,
    contact,
    created,
    customer,
    deal,
    employee,
    event,
    money,
    plan,
    policy,
    us,
    void_of,
)
from tests.unit.core.traces import traces
from tests.unit.core.works import Disk, Works, settled

STAFF = [employee("01", "ann"), employee("01", "bob", team="south")]


def merged(when: str, name: str = "a", into: str = "b", **more: Any) -> bytes:
    return event(when, "customer.merged", customer_id=name, into=into, **more)


def erased(when: str, name: str) -> bytes:
    return event(when, "customer.erased", customer_id=name)


def in_any_order(lines: list[bytes], until: str = "31") -> Works:
    """What there is in the end, which is the same for any order, number of partitions, and restarts."""
    found: list[Works] = []
    for seed, partitions in enumerate([1, 1, 2, 3, 3, 5]):
        chance = Random(seed)
        works = Works(policy(), partitions, bound=chance.choice([0, 9]), shelf=Disk)
        works.tell(STAFF)
        for line in chance.sample(lines, len(lines)):
            works.tell([line] * chance.choice([1, 1, 2]))
            if chance.random() < 0.6:
                works.flush_customers()
            if chance.random() < 0.4:
                chance.choice(works.customers).die(chance)
        works.tick(us(until))
        works.tick(us(until), final=True)
        found.append(works)
    for topic in ("customers", "opportunities", "kpis.employees"):
        assert [works.topics.get(topic) for works in found] == [found[0].topics.get(topic)] * len(found)
    assert [settled(works.alerts) for works in found] == [settled(found[0].alerts)] * len(found)
    return found[-1]


def view(works: Works, name: str) -> Record:
    record: Record = works.topics["customers"][name.encode()]
    return record


def kpis(works: Works, who: str) -> dict[str, str]:
    record = works.topics["kpis.employees"][f"{who}/2026-03".encode()]
    return {line["kpi"]: line["value"] for line in record["kpis"]}


def refusals(works: Works) -> list[str]:
    flushes = (send for seat in works.customers for flush in seat.flushes for send in flush)
    letters = [send.value for send in flushes if send.topic == "streams.dead-letters"]
    return [f"{one['reason']} {one['detail']}" for one in letters if isinstance(one, dict)]


def standing(works: Works) -> set[str]:
    found = settled(works.alerts).values()
    return {f"{one['customer_id']} {one['rule']}" for one in found if one["status"] == "firing"}


def test_what_is_known_of_both_is_known_of_the_one_that_remains() -> None:
    # a 01 ann's, gold ─ 03 contact ─ 05 plan for 20 ─ 06 deal ─ 10 merged into b ─ 12 contact of a
    works = in_any_order(
        [
            customer("01", customer_id="a", owner_id="ann", grade="gold"),
            customer("02", customer_id="b", owner_id="bob", status="active"),
            contact("03", customer_id="a"),
            plan("13", "20", customer_id="a", next_step="call"),
            created("06", customer_id="a", amount=money("90")),
            event("07", "invoice.issued", invoice_id="i", amount=money("5"), due_at="2026-03-09", customer_id="a",
                  employee_id="ann"),
            event("08", "payment.received", payment_id="p", amount=money("7"), customer_id="a", employee_id="ann"),
            event("09", "ticket.opened", ticket_id="t", customer_id="a", kind="request"),
            merged("10"),
            contact("12", customer_id="a", channel="visit"),
        ]
    )  # fmt: skip
    assert b"a" not in works.topics["customers"]
    found = view(works, "b")
    assert (found["owner_id"], found["grade"], found["status"]) == ("bob", "gold", "active")
    assert found["first_seen_at"] == "2026-03-01T00:00:00Z"
    assert found["last_contact"]["at"] == "2026-03-12T00:00:00Z"
    assert found["next_contact"] == {"at": "2026-03-20T00:00:00Z", "step": "call"}
    assert [one["opportunity_id"] for one in found["open_opportunities"]] == ["o"]
    assert (found["invoiced"], found["collected"], found["open_tickets"]) == (5, 7, ["t"])
    assert works.topics["opportunities"][b"o"]["customer_id"] == "b"


def test_both_count_as_one_customer() -> None:
    # a 02 contact, 04 won ─ b 02 contact, 05 won ─ 10 merged
    lines = [
        customer("01", customer_id="a", owner_id="ann"),
        customer("01", customer_id="b", owner_id="ann"),
        contact("02", customer_id="a"),
        contact("02 09:00", customer_id="b"),
        deal("04", "won", customer_id="a", opportunity_id="o", amount=money("1")),
        deal("05", "won", customer_id="b", opportunity_id="p", amount=money("1")),
    ]
    names = ("contacts", "customers_contacted", "new_customers", "customers_owned", "won_count")
    two, one = kpis(in_any_order(lines), "ann"), kpis(in_any_order([*lines, merged("10")]), "ann")
    assert [float(two[name]) for name in names] == [2, 2, 2, 2, 2]
    assert [float(one[name]) for name in names] == [2, 1, 1, 1, 2]


def test_alerts_of_a_merged_customer_are_withdrawn_and_the_other_is_judged() -> None:
    # a 01 plan for 05, overdue since 06 ─ 10 merged into b, which nobody has called
    works = Works(policy(), 3)
    works.tell([*STAFF, customer("01", customer_id="a", owner_id="ann"), plan("01", "05", customer_id="a")])
    works.tick(us("09"))
    assert standing(works) == {"a contact.overdue"}
    works.tell([merged("10")])
    works.tick(us("10"))
    works.tick(us("11"))
    last = {one["id"]: one for one in works.alerts}.values()
    assert {one["reason"] for one in last if one["customer_id"] == "a"} == {"withdrawn"}
    assert standing(works) == {"b contact.overdue"}
    works.tell([contact("12", customer_id="a")])
    works.tick(us("13"))
    works.tick(us("14"))
    assert standing(works) == set()


def test_an_alert_of_a_case_goes_on_under_its_id_and_is_deleted_in_time() -> None:
    # o of a stalls from 11 ─ merged on 12 ─ moved on 13 ─ kept 90 days
    works = Works(policy(), 3, shelf=Disk)
    works.tell([*STAFF, created("01", customer_id="a")])
    works.tick(us("12"))
    (id,) = {one["id"] for one in works.alerts if one["rule"] == "opp.stalled"}
    works.tell([merged("12")])
    for day in ("12", "13", "14"):
        works.tick(us(day))
    assert works.topics["alerts"][id.encode()]["customer_id"] == "b"
    assert works.topics["alerts"][id.encode()]["status"] == "firing"
    works.tick(us("2026-06-20T00:00:00Z"))
    assert works.topics["alerts"][id.encode()]["status"] == "firing"  # nobody deletes what stands
    works.tell([deal("14", "lost", customer_id="a")])
    for day in ("20", "25"):
        works.tick(us(f"2026-07-{day}T00:00:00Z"))
    assert id.encode() not in works.topics["alerts"]


def test_an_alert_that_was_withdrawn_is_deleted_in_time() -> None:
    works = Works(policy(), 3, shelf=Disk)
    works.tell([*STAFF, customer("01", customer_id="a", owner_id="ann"), plan("01", "05", customer_id="a")])
    works.tick(us("09"))
    works.tell([merged("10"), contact("11", customer_id="a")])
    for day in ("11", "12"):
        works.tick(us(day))
    assert "a" in {one["customer_id"] for one in works.topics["alerts"].values()}
    works.tick(us("2026-06-20T00:00:00Z"))
    assert "a" not in {one["customer_id"] for one in works.topics["alerts"].values()}


def test_another_policy_judges_the_one_that_remains_alone() -> None:
    works = Works(policy(), 3)
    works.tell([*STAFF, customer("01", customer_id="a", owner_id="ann"), merged("02")])
    works.tell([customer("03", customer_id="a", owner_id="bob")])
    works.tick(us("04"))
    works.decide(policy(contact={"intervals": {"default": "5d"}}))
    for day in ("05", "06", "20", "21"):
        works.tick(us(day))
    assert standing(works) == {"b contact.interval_exceeded"}


CHAINS: dict[str, tuple[list[bytes], str, int]] = {
    "one after the other": ([merged("10", "a", "b"), merged("11", "b", "c")], "c", 0),
    "the later one first": ([merged("11", "a", "b"), merged("10", "b", "c")], "c", 0),
    "a customer that is another one already": ([merged("10", "a", "b"), merged("11", "a", "c")], "c", 0),
    "a circle": ([merged("10", "a", "b"), merged("11", "b", "a"), merged("12", "b", "c")], "c", 1),
    "a wider circle": ([merged("10", "a", "b"), merged("11", "b", "c"), merged("12", "c", "a")], "c", 1),
    "said twice": ([merged("10", "a", "b"), merged("11", "a", "b", id="m"), merged("12", "b", "c")], "c", 0),
}


@pytest.mark.parametrize("case", CHAINS)
def test_merges_apply_in_the_order_of_their_time(case: str) -> None:
    merges, last, refused = CHAINS[case]
    works = in_any_order([contact("02", customer_id="a"), contact("20", customer_id="a", channel="visit"), *merges])
    assert set(works.topics["customers"]) == {last.encode()}
    assert view(works, last)["last_contact"]["at"] == "2026-03-20T00:00:00Z"
    assert len(set(refusals(works))) == refused
    assert all(one.startswith("invalid_value data.into: ") for one in refusals(works))


def test_nobody_is_merged_into_itself() -> None:
    works = in_any_order([contact("02", customer_id="a"), merged("03", "a", "a")])
    assert set(works.topics["customers"]) == {b"a"}
    assert set(refusals(works)) == {"invalid_value data.into: has to be another customer than the one that is merged"}


@pytest.mark.parametrize("partitions", [1, 3, 5])
@pytest.mark.parametrize("name", ["gone-a", "gone-b", "gone-c"])
def test_who_is_erased_is_erased_with_all_that_are_one_with_it(name: str, partitions: int) -> None:
    works = Works(policy(), partitions, shelf=Disk)
    works.tell([*STAFF, plan("01", "05", customer_id="gone-a"), created("02", customer_id="gone-b")])
    works.tick(us("09"))
    works.tell([merged("10", "gone-a", "gone-b"), merged("11", "gone-b", "gone-c")])
    works.tick(us("12"))
    works.tell([erased("13", name)])
    for _ in range(8):
        works.tick(us("14"))
    works.tell([contact("15", customer_id="gone-a"), contact("15", customer_id="gone-c")])
    for _ in range(4):
        works.tick(us("16"))
    kinds = tuple(f'state of customers ["{kind}"' for kind in ("customer", "seen", "erased"))
    assert [place for place in traces(works, "gone-") if not place.startswith(kinds)] == []
    assert all("merged" not in str(seat.states) for seat in works.customers)


@pytest.mark.parametrize("partitions", [1, 3])
def test_who_is_merged_into_one_that_is_erased_is_erased_and_its_sums_stay(partitions: int) -> None:
    works = Works(policy(), partitions)
    works.tell([*STAFF, contact("02", customer_id="gone-b"), erased("03", "gone-b")])
    for day in ("04", "05", "05"):
        works.tick(us(day))
    works.tell([deal("04", "won", customer_id="gone-a", opportunity_id="o", amount=money("9"), owner_id="ann")])
    works.tell([contact("05", customer_id="gone-a"), merged("06", "gone-a", "gone-b")])
    for _ in range(6):
        works.tick(us("07"))
    assert not works.topics.get("customers")
    assert not works.topics.get("opportunities")
    found = kpis(works, "ann")
    assert [float(found[name]) for name in ("won_amount", "contacts", "customers_contacted")] == [9, 2, 2]


def test_a_merge_that_was_counted_is_voided_by_a_rebuild_alone() -> None:
    works, merge = Works(policy(), 3), merged("03")
    works.tell([*STAFF, contact("02", customer_id="a"), merge])
    works.tell([void_of(merge, "04")])
    works.look_up()
    works.tick(us("05"))
    (why,) = refusals(works)
    assert "customer.merged" in why
    assert "`crmpulse rebuild`" in why
    found = replay_lines([contact("02", customer_id="a"), merge, void_of(merge, "04")], policy())
    assert [one["customer_id"] for one in found.customers] == ["a"]


def test_what_is_voided_is_taken_out_of_the_one_that_remains() -> None:
    works = Works(policy(), 3)
    last = contact("04", customer_id="a", channel="visit")
    works.tell([*STAFF, contact("02", customer_id="a"), last, merged("05")])
    works.tick(us("06"))
    assert view(works, "b")["last_contact"]["at"] == "2026-03-04T00:00:00Z"
    works.tell([void_of(last, "06")])
    works.look_up()
    for _ in range(3):
        works.tick(us("07"))
    assert view(works, "b")["last_contact"]["at"] == "2026-03-02T00:00:00Z"
    assert float(kpis(works, "ann")["contacts"]) == 1


def test_nothing_is_kept_of_it_but_where_it_went() -> None:
    works = Works(policy(), 3, shelf=Disk)
    works.tell(
        [*STAFF, contact("02", customer_id="a"), created("03", customer_id="a"), plan("04", "09", customer_id="a")]
    )
    works.flush()
    works.tell([merged("05")])
    works.flush()
    seat = works.customers[partition_of("a", 3)]
    names = [json.loads(key)[:2] for key in seat.states if json.loads(key)[-1] == "a" or b'"a"' in key]
    assert names == [["customer", "a"]]


def test_what_comes_twice_from_another_partition_changes_nothing() -> None:
    partition = Partition(policy())
    partition.tell(contact("02", customer_id="b"))
    letter = pack(Letter(7, 3 * PARTS, Erased("b", us("03"))))
    stage: Customers = partition.stage
    stage.apply(MERGED, letter, 50)
    assert stage.is_erased("b")
    partition.tell(contact("02", customer_id="c"))
    for version in (3 * PARTS, 2 * PARTS):
        stage.apply(MERGED, pack(Letter(7, version, Erased("c", us("03")))), 51)
    assert not stage.is_erased("c")
