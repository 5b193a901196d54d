"""What ended long ago is deleted from the topic of alerts, drawn in days of March 2026.

A contact planned for the 5th is overdue on the 6th.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
import pytest

from streams.core.customers import Customers, expiry
from streams.core.customers.expiry import KIND, Expiry
from streams.core.customers.packed import PackedShelf
from streams.core.records import key_of, write_policy
from streams.core.stage import POLICY, Send
from streams.policy import Policy
from streams.replay import replay_lines
from tests.unit.core.kit import DAY, Partition, Record, contact, customer, event, plan, policy, said, us
from tests.unit.core.works import Seat

OFF = {"enabled": False}
QUIET = {"contact.due": OFF, "contact.interval_exceeded": OFF}


def rules(usual: str = "3d", **overdue: Any) -> Policy:
    return policy(alerts=QUIET | {"keep": usual, "contact.overdue": overdue})


def ended(rules: Policy) -> tuple[Partition, Record]:
    """06 fires ── 10 01:00 contact."""
    partition = Partition(rules)
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    partition.tick("10 01:00")
    (over,) = partition.tell(contact("10 01:00"))
    assert said([over]) == ["contact.overdue resolved contacted"]
    return partition, over


def facts(partition: Partition) -> dict[tuple[str, bytes], bool]:
    """What the last flush says to recipients: whether it is a tombstone, by whom it goes to and its key."""
    sends = [s for s in partition.changes.sends if s.topic == "streams.facts" and b'"notice ' in s.key]
    return {(str(send.route), send.key): send.value is None for send in sends}


def kept(partition: Partition) -> list[bytes]:
    return [key for key in partition.states if key.startswith(b'["over",')]


def test_it_goes_with_the_tick_that_passes_the_time_that_its_rule_keeps_it() -> None:
    partition, over = ended(rules("3d"))
    assert len(kept(partition)) == 1
    for when in ("13", "13 01:00"):
        assert partition.tick(when) == []
        assert partition.deleted() == []
    partition.tick(us("13 01:00") + 1)
    assert partition.deleted() == [over["id"]]
    partition.tick(us("13 01:00") + 1 + expiry.READ)
    assert partition.deleted() == []
    assert kept(partition) == []


def test_ninety_days_is_what_is_usual_and_a_rule_may_have_its_own() -> None:
    for usual, days in ((policy(alerts=QUIET), 90), (rules("2d", keep="5d"), 5)):
        partition, over = ended(usual)
        partition.tick(us("10 01:00") + days * DAY)
        assert partition.deleted() == []
        partition.tick(us("10 01:00") + days * DAY + 1)
        assert partition.deleted() == [over["id"]]


def test_another_process_remembers_what_ended() -> None:
    partition, over = ended(rules("3d"))
    partition = partition.restarted()
    assert partition.stage.entries()["over"] == 2
    partition.tick("13 01:00")
    assert partition.deleted() == []
    partition = partition.restarted()
    partition.tick("13 01:01")
    assert partition.deleted() == [over["id"]]


def test_what_fires_again_stays() -> None:
    # 01 first seen, gold ── 02 fires ── 04 silver: over ── 05 gold: the same silence fires again ── 21 contact
    silent = Partition(policy(alerts={"keep": "3d", "contact.due": OFF}, contact={"intervals": {"gold": "1d"}}))
    silent.tell(customer("01", owner_id="ann", grade="gold"))
    silent.tick("04")
    (over,) = silent.tell(customer("04", grade="silver"))
    assert said([over]) == ["contact.interval_exceeded resolved interval_changed"]
    silent.tick("05")
    for partition in (silent.restarted(), silent):
        (again,) = partition.tell(customer("05", grade="gold"))
        assert (again["id"], again["status"]) == (over["id"], "firing")
        partition.tick("21")
        assert partition.deleted() == []
        partition.tell(contact("21"))
        partition.tick("24 00:01")
        assert partition.deleted() == [over["id"]]


def test_what_a_late_event_takes_back_goes_as_of_when_it_had_begun() -> None:
    partition, over = ended(rules("10d"))
    (withdrawn,) = partition.tell(contact("04"))
    assert (withdrawn["reason"], withdrawn["id"]) == ("withdrawn", over["id"])
    partition.tick("16")
    assert partition.deleted() == []
    partition.tick("16 00:01")
    assert partition.deleted() == [over["id"]]


def test_a_policy_that_keeps_it_longer_or_shorter_does_so_from_then_on() -> None:
    for former, renewed, not_yet, then in (("3d", "5d", "15", "15 01:01"), ("9d", "2d", "11", "12 01:01")):
        partition, over = ended(rules(former))
        partition.offset += 1
        partition.stage.apply(POLICY, write_policy(rules(renewed)), partition.offset)
        partition.tick(not_yet)
        assert partition.deleted() == []
        partition.tick(then)
        assert partition.deleted() == [over["id"]]


def test_what_comes_when_it_is_kept_no_longer_goes_at_the_next_tick() -> None:
    partition = Partition(rules("3d"))
    partition.tick("30")
    told = partition.tell(customer("01", owner_id="ann"), plan("02", "05"), contact("10"))
    assert [record["status"] for record in told] == ["firing", "resolved"]
    assert partition.deleted() == []
    partition.tick("30 00:01")
    assert partition.deleted() == [told[0]["id"]]


def test_in_one_flush_the_end_comes_before_the_deletion() -> None:
    partition = Partition(rules("0s"))
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    partition.tick("07")
    for stage_key, value in ((b"events", contact("08")),):
        partition.stage.apply(stage_key, b'[["crm.contacts",0,0,' + value + b"]]", 90)
    partition.tick("09")
    states = [send.value for send in partition.changes.sends if send.topic == "alerts"]
    assert [None if state is None else state["status"] for state in states if not isinstance(state, bytes)] == [
        "resolved",
        None,
    ]


def test_what_recipients_were_told_of_it_goes_a_week_after() -> None:
    # 06 fires, ann hears of it ── 08 bob's ── 10 contact ── 15 a week after the 8th ── 17 a week after the 10th
    partition = Partition(rules("90d"))
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    partition.tick("07")
    (ann,) = facts(partition)
    partition.tick("08 12:00")
    partition.tell(event("08", "customer.owner_changed", customer_id="c", to="bob"))
    (bob,) = facts(partition).keys() - {ann}
    partition.tick("10")
    partition.tell(contact("10"))
    assert facts(partition) == {bob: False}
    partition = partition.restarted()
    partition.tick("15 12:00")
    assert facts(partition) == {}
    partition.tick("15 12:01")
    assert facts(partition) == {ann: True}
    partition.tick("17 00:01")
    assert facts(partition) == {bob: True}
    assert partition.deleted() == []


def test_who_hears_of_it_again_goes_on_hearing_of_it() -> None:
    partition = Partition(rules("90d"))
    partition.tell(customer("01", owner_id="ann"), plan("02", "05"))
    partition.tick("07")
    (ann,) = facts(partition)
    for to in ("bob", "ann"):
        partition.tell(event("08", "customer.owner_changed", customer_id="c", to=to, id=f"to {to}"))
        partition.tick("09")
        partition.tell(event("09", "customer.owner_changed", customer_id="c", to="ann", id="back"))
    partition.tick("20")
    assert ann not in facts(partition)


def test_much_at_once_goes_a_part_at_each_tick_and_all_at_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.core.customers.stage.DELETED", 2)
    for final in (False, True):
        partition = Partition(rules("3d"))
        for number in range(5):
            of = f"c{number}"
            partition.tell(customer("01", customer_id=of, owner_id="ann"), plan("02", "05", customer_id=of))
        partition.tick("07")
        partition.tell(*(contact(f"1{number}", customer_id=f"c{number}") for number in range(5)))
        found = []
        for minute in range(4):
            value = msgspec.json.encode({"at": us("20") + minute, "final": final})
            partition.stage.apply(b"tick", value, 100 + minute)
            partition.flush()
            found.append(len(partition.deleted()))
        assert found == ([5, 0, 0, 0] if final else [2, 2, 1, 0])


def test_a_replay_keeps_them_all() -> None:
    lines = [customer("01", owner_id="ann"), plan("02", "05"), contact("10")]
    told = replay_lines(lines, rules("0s"), us("31")).alerts
    assert [record["status"] for record in told] == ["firing", "resolved"]


def test_a_quarter_million_of_them_take_little_memory_and_no_record_much() -> None:
    shelf = PackedShelf()
    seat = Seat(partial(Customers, rules(), 0, shelf=shelf, bound=0), shelf)
    assert isinstance(seat.stage, Customers)
    table = Expiry(shelf, 0, 0)
    for number in range(10_000):
        end = expiry.End(us("01") + number % 90 * DAY + number, "contact.interval_exceeded")
        table.note(f"cus-{number % 2_500}", f"{number:016x}", "", end)
        shelf.put(list(table.take_dirty()))
    shelf.put(list(table.take_dirty()))
    assert (len(table), len(table._known)) == (10_000, 0)
    names = sum(len(names) for queue in table._queues.values() for names in queue._names.values())
    packed = sum(len(value) for value in shelf._packed.values())
    assert (names + packed) / 10_000 < 80
    again = Expiry(shelf, 0, 0)
    for key, value in shelf.records():
        again.restore(str(msgspec.json.decode(key)[1]), value)
    gone = list(again.gone(us("01") + 200 * DAY, rules(), None))
    assert gone == list(table.gone(us("01") + 200 * DAY, rules(), None))
    assert len(gone) == 10_000
    assert all(value is None for _, value in table.take_dirty())


def test_of_one_customer_no_record_holds_more_than_a_week() -> None:
    table = Expiry(PackedShelf(), 10, 0)
    for number in range(10_000):
        table.note("c", f"{number:016x}", "", expiry.End(us("01") + number * DAY // 100, "task.overdue"))
    records = dict(table.take_dirty())
    assert len(records) == 15
    assert max(len(value or b"") for value in records.values()) < 40 * 700
    table.note("c", f"{5:016x}", "", None)
    ((key, _),) = table.take_dirty()
    assert key == key_of(KIND, "c", us("01") // expiry.WEEK)


def test_the_same_end_told_twice_is_one() -> None:
    table = Expiry(PackedShelf(), 10, 3)
    for _ in range(2):
        table.note("c", "00000000000000ff", "ann", expiry.End(us("01"), ""))
    assert len(table) == 1
    (gone,) = table.gone(us("09"), rules(), None)
    assert gone == Send("streams.facts", b'["ann","notice 00000000000000ff",3]', None, "ann")
