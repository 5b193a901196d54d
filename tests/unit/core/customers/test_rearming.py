"""A new policy on a running partition, drawn as timelines: what still holds, what no longer does, who is next."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.core.customers import Customers
from streams.core.history import END
from streams.core.records import write_policy
from streams.core.stage import ALL, POLICY, TICK
from streams.policy import Policy
from tests.unit.core.kit import (
    Partition,
    Record,
    contact,
    created,
    customer,
    money,
    moved,
    plan,
    policy,
    said,
    tick,
    us,
)

QUIET = {"contact.due": {"enabled": False}}


def follow(partition: Partition, renewed: Policy) -> list[Record]:
    """The policy comes into force; the alert records that this causes at once."""
    partition.offset += 1
    partition.stage.apply(POLICY, write_policy(renewed), partition.offset)
    return partition.flush()


def paced(partition: Partition, at_a_time: int) -> Partition:
    """The same with so many customers to follow at each tick."""
    partition.stage = Customers(partition.policy, 0, rearmed=at_a_time)
    return partition


def intervals(**bounds: Any) -> Policy:
    return policy(contact={"intervals": bounds}, alerts=QUIET)


def test_what_no_longer_holds_ends_when_the_policy_came() -> None:
    # 01 contact ── 04 fires (3 d) ── 06 policy: 30 d ── 06 01:00 tick ── 31 fires again, for the same silence
    partition = Partition(intervals(default="3d"))
    partition.tell(contact("01"))
    partition.tick("05")
    partition.tick("06")
    assert follow(partition, intervals(default="29d")) == []
    (ended,) = partition.tick("06 01:00")
    assert said([ended]) == ["contact.interval_exceeded resolved policy_changed"]
    assert (ended["started_at"], ended["ended_at"]) == ("2026-03-04T00:00:00Z", "2026-03-06T00:00:00Z")
    assert "More than 3d have passed" in ended["summary"]
    assert ended["policy_version"] == intervals(default="29d").version
    (again,) = partition.tick("31")
    assert (again["status"], again["id"]) == ("firing", ended["id"])


def test_what_holds_now_fires_and_what_still_holds_is_told_in_the_new_terms() -> None:
    # 01 opportunity in A, contact ── 11 stalls after 10 d ── 15 policy: stalls after 5 d, silence after 7 d
    renewed = policy(
        pipeline={"stages": [{"name": "A", "stall_after": "5d"}]},
        contact={"intervals": {"default": "7d"}},
        alerts={**QUIET, "opp.stalled": {"severity": "critical"}},
    )
    partition = Partition(policy(alerts=QUIET))
    partition.tell(created("01"), contact("01"))
    partition.tick("15")
    follow(partition, renewed)
    told = {record["rule"]: record for record in partition.tick("16")}
    assert said(told.values()) == ["contact.interval_exceeded firing condition_met", "opp.stalled firing condition_met"]
    assert told["contact.interval_exceeded"]["started_at"] == "2026-03-08T00:00:00Z"
    stalled = told["opp.stalled"]
    assert (stalled["started_at"], stalled["severity"], stalled["values"]["bound"]) == (
        "2026-03-06T00:00:00Z",
        "critical",
        "5d",
    )
    assert {key: n for key, n in partition.stage.alerts().items() if n} == {
        ("opp.stalled", "firing", "critical"): 1,
        ("contact.interval_exceeded", "firing", "warning"): 1,
    }


def test_deadlines_are_armed_anew() -> None:
    # 01 contact, 30 d ── 02 policy: 5 d ── 06 fires
    partition = Partition(intervals(default="30d"))
    partition.tell(contact("01"))
    partition.tick("02")
    follow(partition, intervals(default="5d"))
    partition.tick("02 01:00")
    assert partition.tick("06") == []
    assert said(partition.tick("06 00:01")) == ["contact.interval_exceeded firing condition_met"]


def test_a_rule_that_is_switched_off_lets_go_and_one_switched_on_takes_hold() -> None:
    on, off = policy(), policy(alerts={"contact.overdue": {"enabled": False}})
    partition = Partition(off)
    partition.tell(contact("01"), plan("01", "03"))
    partition.tick("10")
    follow(partition, on)
    assert said(partition.tick("10 01:00")) == ["contact.overdue firing condition_met"]
    follow(partition, off)
    assert said(partition.tick("10 02:00")) == ["contact.overdue resolved policy_changed"]


def test_what_the_stages_credit_is_credited_anew() -> None:
    # A then B: forward, half expected; with B before A it is no advance, and a fifth is expected
    renewed = policy(pipeline={"stages": [{"name": "B", "probability": 0.2}, {"name": "A", "probability": 0.1}]})
    partition = Partition(policy())
    partition.tell(created("01", "A", amount=money("100")), moved("02", "B"))
    expected = partition.figure("ann", "expected", "now")
    assert partition.figure("ann", "advanced") == partition.figure("ann", "passed:A") == 1
    follow(partition, renewed)
    partition.tick("03")
    assert partition.figure("ann", "advanced") == partition.figure("ann", "passed:A") == 0
    assert partition.figure("ann", "expected", "now") * 5 == expected * 2
    assert partition.figure("ann", "open_amount", "now") > 0


def test_the_same_policy_again_changes_nothing() -> None:
    partition = Partition(intervals(default="3d"))
    partition.tell(contact("01"))
    partition.tick("05")
    assert follow(partition, intervals(default="3d")) == []
    assert partition.tick("06") == []


def test_so_many_follow_at_each_tick_and_whoever_is_touched_goes_first() -> None:
    partition = paced(Partition(intervals(default="3d")), 1)
    partition.tell(*(contact("01", customer_id=name) for name in "abcd"))
    partition.tick("05")
    follow(partition, intervals(default="60d"))
    assert who(partition.tell(customer("05", customer_id="d", grade="gold"))) == ["d"]
    assert who(partition.tick("06")) == ["a"]
    assert who(partition.tick("07")) == ["b"]
    partition.offset += 1
    partition.stage.apply(TICK, tick(us("08"), final=True), partition.offset)
    assert who(partition.flush()) == ["c"]


def test_a_deadline_of_the_former_policy_that_passes_meanwhile_fires_nothing() -> None:
    # 01 contact, 3 d ── 02 policy: 30 d ── 04 00:01 would have fired
    partition = paced(Partition(intervals(default="3d")), 0)
    partition.tell(contact("01"))
    partition.tick("02")
    follow(partition, intervals(default="29d"))
    assert partition.tick("05") == []
    assert said(partition.tick("31")) == ["contact.interval_exceeded firing condition_met"]


def test_who_has_still_to_follow_survives_a_restart_and_so_does_the_policy() -> None:
    partition = paced(Partition(intervals(default="3d")), 1)
    partition.tell(*(contact("01", customer_id=name) for name in "abc"))
    partition.tick("05")
    follow(partition, intervals(default="60d"))
    assert who(partition.tick("06")) == ["a"]
    partition.policy = intervals(default="1d")  # what the file of the next worker says
    again = partition.restarted()
    assert again.stage.policy_version == intervals(default="60d").version
    assert who(again.tick("07")) == ["b", "c"]
    assert {key: n for key, n in again.stage.alerts().items() if n} == {}
    assert revisions(again) == ['["policy",1]']


def test_a_second_policy_on_the_heels_of_the_first_ends_each_alert_with_the_one_that_ended_it() -> None:
    # 01 contact ── 04 fires (3 d) ── 05 policy: 60 d ── 06 policy: 59 d, before anybody could follow
    partition = paced(Partition(intervals(default="3d")), 0)
    partition.tell(contact("01"))
    partition.tick("05")
    follow(partition, intervals(default="60d"))
    partition.tick("06")
    follow(partition, intervals(default="59d"))
    assert revisions(partition) == ['["policy",0]', '["policy",1]', '["policy",2]']
    (ended,) = partition.restarted().tick("07")
    assert (ended["reason"], ended["ended_at"]) == ("policy_changed", "2026-03-05T00:00:00Z")


def test_the_first_partition_hands_the_policy_on_to_all_employees() -> None:
    for origin, copies in ((0, 1), (1, 0)):
        stage = Customers(policy(), origin)
        stage.apply(POLICY, write_policy(intervals(default="9d")), 0)
        sends = [send for send in stage.flush().sends if send.key == POLICY]
        assert [(send.topic, send.route) for send in sends] == [("streams.facts", ALL)] * copies


def who(records: list[Record]) -> list[str]:
    """Whose alerts ended because of a policy."""
    return [record["customer_id"] for record in records if record["reason"] == "policy_changed"]


def revisions(partition: Partition) -> list[str]:
    """The policies that are kept."""
    return sorted(key.decode() for key in partition.states if key.startswith(b'["policy"'))


def test_a_release_with_other_rules_judges_anew_by_the_same_text() -> None:
    # What a former release wrote: a text, and not the version that it came to. Nothing waited for its close date.
    partition = Partition(policy(alerts=QUIET | {"opp.close_date_passed": {"enabled": True}}))
    partition.tell(created("01", expected_close_at="2026-03-05"))
    header, case, revision = b'["customer","c"]', b'["opportunity","c","o"]', b'["policy",0]'
    log, _, _, *_ = msgspec.msgpack.decode(partition.states[case])[1]
    since, text, version = msgspec.msgpack.decode(partition.states[revision])[1]
    assert version == partition.policy.version
    partition.states[case] = msgspec.msgpack.encode((1, (log, [], END)))
    partition.states[revision] = msgspec.msgpack.encode((1, (since, text)))
    again = partition.restarted()
    assert said(again.tick("10")) == ["opp.close_date_passed firing condition_met"]
    kept = {key for key in again.states if key.startswith(b'["policy"')}
    assert kept == {b'["policy",1]'}
    # The next start finds the version, and nothing to do.
    assert again.restarted().tick("10 01:00") == []
    assert header in again.states
