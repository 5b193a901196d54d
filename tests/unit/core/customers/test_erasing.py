"""A customer that is erased: what goes, what stays, and what becomes of what comes later."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli.files import replay
from streams.core.customers import Customers
from streams.core.stage import partition_of
from streams.events.instants import iso
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
    moved,
    plan,
    policy,
    said,
    us,
)
from tests.unit.core.traces import traces
from tests.unit.core.works import Disk, Works

GONE = "gone-4711"
NAMES = (GONE, "opp-4711", "tick-4711", "task-4711", "inv-4711", "Ms Nobody")
ON = {"enabled": True}
ALL_RULES = policy(
    alerts={
        "opp.no_next_step": ON | {"after": "1d"},
        "payment.overdue": ON | {"after": "1d"},
        "ticket.response_breach": ON | {"after": "4h", "escalate": [{"to": "owner"}, {"after": "1d", "to": "boss"}]},
        "task.overdue": ON,
        "dq.duplicate_customer": ON,
        "dq.same_name": ON,
        "lead.unprocessed": ON | {"after": "12h"},
    }
)


def erased(when: str, name: str = GONE, **more: Any) -> bytes:
    return event(when, "customer.erased", customer_id=name, **more)


def story(name: str) -> list[bytes]:
    """All that may happen to a customer of March before the 20th."""
    who = {"customer_id": name, "employee_id": "ann"}
    return [
        customer("01", customer_id=name, owner_id="ann", name="Ms Nobody", match_keys=["0170 123456"], grade="gold"),
        customer("01", customer_id="twin", owner_id="bob", name="Ms  nobody", match_keys=["0170 123456"]),
        customer("02", customer_id="older", owner_id="bob", match_keys=["0170 123456"]),
        contact("02", customer_id=name, next_contact_at="04"),
        plan("05", "07", customer_id=name, next_step="call Ms Nobody"),
        created("03", customer_id=name, opportunity_id="opp-4711", amount=money("900"), campaign_id="fair"),
        moved("04", "B", customer_id=name, opportunity_id="opp-4711"),
        created("03", customer_id=name, opportunity_id="opp-4711-b", amount=money("100")),
        deal("06", "won", customer_id=name, opportunity_id="opp-4711-b"),
        event("05", "ticket.opened", customer_id=name, ticket_id="tick-4711", kind="complaint"),
        event("06", "ticket.replied", employee_id="bob", ticket_id="tick-4711"),
        event("06", "task.assigned", task_id="task-4711", due_at=iso(us("08")), **who),
        event("07", "invoice.issued", invoice_id="inv-4711", amount=money("50"), due_at=iso(us("09")), **who),
        event("08", "payment.received", payment_id="p", amount=money("7"), opportunity_id="opp-4711", **who),
        event("08", "contract.signed", contract_id="k", amount=money("7"), **who),
        event("08", "expense.claimed", expense_id="e", amount=money("3"), category="gift", opportunity_id="opp-4711",
              **who),
        event("09", "expense.approved", expense_id="e", employee_id="ann"),
        event("09", "expense.claimed", expense_id="f", amount=money("3"), category="gift", **who),
        event("09", "campaign.joined", campaign_id="fair", customer_id=name),
        event("01", "lead.created", lead_id="lead", owner_id="ann", customer_id=name),
        event("09", "feedback.received", employee_id="ann", customer_id=name, kind="csat", score=5),
    ]  # fmt: skip


STAYS = [
    'state of customers ["case","task:task-4711"]',
    'state of customers ["case","ticket:tick-4711"]',
    f'state of customers ["customer","{GONE}"]',
    f'state of customers ["erased","{GONE}"]',
    f'state of customers ["seen","customer:{GONE}",0]',
]


@pytest.mark.parametrize("partitions", [1, 3, 5])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_of_it_is_left_but_that_it_is_erased(partitions: int, seed: int) -> None:
    chance = Random(seed)
    works = Works(ALL_RULES, partitions, bound=chance.choice([0, 2, 99]), shelf=Disk)
    works.tell([employee("01", "ann"), employee("01", "bob", team="south")])
    for line in chance.sample(story(GONE), len(story(GONE))):
        works.tell([line])
        if chance.random() < 0.3:
            works.tick(us(f"{chance.randrange(1, 12):02d}"))
    works.tick(us("15"))
    before = traces(works, *NAMES)
    assert len(before) > 30
    assert [place for place in before if place.startswith("alerts.digest")]
    works.tell([erased("16")])
    for day in ("17", "18", "18", "19", "19"):
        if chance.random() < 0.5:
            chance.choice(works.seats()).die(chance)
        works.tick(us(day))
    assert traces(works, *NAMES) == STAYS
    late = [line for line in story(GONE) if GONE.encode() in line]
    works.tell([*late, event("07", "ticket.closed", employee_id="bob", ticket_id="tick-4711")])
    works.tell([contact("19", customer_id=GONE, channel="visit"), erased("16")])
    works.tick(us("30"))
    works.tick(us("31"), final=True)
    assert traces(works, *NAMES) == STAYS
    assert works.customers[0].stage.entries()["opportunities"] == 0


def gone(partition: Partition, line: bytes, when: str) -> list[Record]:
    """Somebody is erased, and it is clear that nothing is on its way any more; the alert records that this causes."""
    return [*partition.tell(line), *partition.tick(when), *partition.tick(when)]


def test_what_was_sent_before_and_is_read_later_counts() -> None:
    partition = Partition(policy())
    partition.tell(erased("10", "c"))
    partition.tell(contact("02"))
    partition.tick("11")
    partition.tell(contact("03"))
    partition.tick("11")
    partition.tell(contact("04"))
    assert partition.credit()["contacts"] == "2"
    assert outcomes(partition) == {"erased": 1}


def outcomes(partition: Partition) -> dict[str, int]:
    """What became of the events of the last flush."""
    counts: dict[str, int] = {}
    for key, number in partition.changes.counts.items():
        if key[0] == "event":
            counts[key[3]] = counts.get(key[3], 0) + number
    return counts


def test_what_stands_is_told_to_be_over_before_it_is_deleted() -> None:
    # 01 ann reaches c, who is heard of weekly │ 08 it is too long ago │ 10 erased
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann", grade="gold"), contact("01"))
    (record,) = partition.tick("09")
    assert partition.tell(erased("10", "c")) + partition.tick("11") == []
    (over,) = partition.tick("11")
    assert (over["id"], over["status"], over["reason"]) == (record["id"], "resolved", "closed")
    assert over["ended_at"] == "2026-03-10T00:00:00Z"
    sent = [send.value is None for send in partition.changes.sends if send.topic == "alerts"]
    assert sent == [False, True]
    assert partition.deleted() == [record["id"]]
    assert partition.stage.alerts() == {("contact.interval_exceeded", "firing", "warning"): 0}
    assert partition.tick("31") == []


def test_an_erasure_that_comes_late_ends_an_alert_no_sooner_than_it_began() -> None:
    partition = Partition(policy())
    partition.tell(customer("01", owner_id="ann", grade="gold"), contact("01"))
    partition.tick("09")
    (over,) = gone(partition, erased("03", "c"), "09")
    assert over["ended_at"] == over["started_at"] == "2026-03-08T00:00:00Z"


def test_what_it_brought_stays_and_what_is_measured_now_leaves() -> None:
    partition = Partition(policy())
    partition.tell(
        customer("01", owner_id="ann"),
        contact("02"),
        created("02", amount=money("900")),
        created("02", opportunity_id="p", amount=money("100")),
        deal("03", "won", opportunity_id="p"),
        event("04", "ticket.opened", customer_id="c", ticket_id="t", employee_id="ann", kind="request"),
    )
    month, now = partition.credit(), partition.credit(bucket="now")
    assert now == {"owned": "1", "open": "1", "open_amount": "900.00", "expected": now["expected"], "buyers": "1",
                   "open_tickets": "1"}  # fmt: skip
    gone(partition, erased("10", "c"), "11")
    assert partition.credit() == month
    assert partition.credit(bucket="now") == {}
    stays = {name for name in partition.credit(bucket="m24315") if name.startswith(("active", "retained"))}
    assert stays == set()


def test_the_pipeline_of_the_past_stays_and_the_present_one_says_who_left() -> None:
    works = Works(policy(), 3)
    works.tell([employee("01"), customer("01", owner_id="ann"), created("02", amount=money("900"))])
    works.tick(us("2026-04-03T00:00:00Z"))
    works.tell([event("2026-04-05T00:00:00Z", "customer.erased", customer_id="c")])
    works.tick(us("2026-04-06T00:00:00Z"))
    works.tick(us("2026-04-06T00:00:00Z"), final=True)
    march, april = (works.topics["funnel"][f"north/2026-{month}".encode()] for month in ("03", "04"))
    lines = ("opening", "new", "reassigned", "closing", "residual")
    assert [march["amount"][line] for line in lines] == [0, 900, 0, 900, 0]
    assert [april["amount"][line] for line in lines] == [900, 0, -900, 0, 0]


def test_what_comes_later_is_refused_and_written_down_nowhere() -> None:
    partition = Partition(policy(max_future="1d"))
    partition.tell(contact("02", id="one"))
    gone(partition, erased("10", "c", id="two"), "11")
    before = partition.credit()
    again = [contact("02", id="one"), contact("02", id="one", employee_id="bob"), erased("10", "c", id="two")]
    rate = event("11", "contract.signed", customer_id="c", employee_id="ann", contract_id="k", amount=money("1", "XAU"))
    partition.tell(*again, contact("09"), contact("11", content="Ms Nobody"), rate)
    assert outcomes(partition) == {"erased": 6}
    assert partition.letters == []
    assert partition.credit() == before
    alert = event("12", "alert.acknowledged", alert_id="00", by="ann", subject="c")
    void = {"specversion": "1.0", "id": "void", "source": "/crm", "type": "event.voided", "subject": "c",
            "time": "2026-03-12T00:00:00Z", "data": {"source": "/crm", "event_id": "one"}}  # fmt: skip
    partition.tell(alert, json.dumps(void).encode())
    assert outcomes(partition) == {"erased": 2}
    assert partition.credit() == before
    assert not [key for key in partition.states if b"Nobody" in key + partition.states[key]]


def test_who_is_erased_before_anything_is_known_of_it_is_erased_too() -> None:
    partition = Partition(policy())
    partition.tell(erased("10", "c"))
    partition.tick("11")
    partition = partition.restarted()
    partition.tick("12")
    partition = partition.restarted()
    partition.tell(contact("02"), customer("03", owner_id="ann"))
    assert outcomes(partition) == {"erased": 2}
    assert partition.credit(bucket="now") == {}


def test_no_erasure_is_too_old() -> None:
    partition = Partition(policy(dedup_keep="5d"))
    partition.tell(contact("20"))
    partition.tick("30")
    partition.tell(erased("02", "c"))
    assert outcomes(partition) == {"applied": 1}


def test_another_policy_has_nothing_to_judge() -> None:
    works = Works(policy(), 1)
    works.tell([customer("01", customer_id=GONE, owner_id="ann"), *story(GONE), erased("10")])
    works.tick(us("11"))
    works.tick(us("11"))
    before = works.topics["kpis.employees"][b"ann/2026-03"]["kpis"]
    told = len(works.alerts)
    works.decide(ALL_RULES)
    works.tick(us("12"))
    works.tick(us("30"), final=True)
    assert works.topics["kpis.employees"][b"ann/2026-03"]["kpis"] == before
    assert GONE not in {alert["customer_id"] for alert in works.alerts[told:]}


def test_a_lead_that_is_erased_as_a_customer_goes_on_for_itself() -> None:
    works = Works(ALL_RULES, 3)
    works.tell([erased("02")])
    works.tick(us("02"))
    works.tick(us("02"))
    works.tell([event("03", "lead.created", lead_id="lead", owner_id="ann", customer_id=GONE)])
    works.tick(us("05"))
    assert said(works.alerts) == ["lead.unprocessed firing condition_met"]
    kept = [key for seat in works.customers for key, value in seat.states.items() if GONE.encode() in key + value]
    assert sorted(kept) == [place.removeprefix("state of customers ").encode() for place in STAYS[2:]]
    stage = works.customers[partition_of(GONE, 3)].stage
    assert isinstance(stage, Customers)
    assert not stage.customers[GONE].watchers


def test_a_replay_leaves_the_erased_out_of_every_file(tmp_path: Path) -> None:
    lines = [employee("01", "ann"), employee("01", "bob", team="south"), *story(GONE), erased("16")]
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(lines))
    (tmp_path / "policy.yaml").write_text(ALL_RULES.text)
    words = [str(tmp_path / "events.jsonl"), "--policy", str(tmp_path / "policy.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(replay, [*words, "--as-of", "2026-03-30T00:00:00Z"])
    assert done.exit_code == 0, done.output
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert files["alerts.jsonl"].count(b"\n") > 0
    assert not [name for name, content in files.items() if any(word.encode() in content for word in NAMES)]
    assert not [alert for alert in replay_lines(lines, ALL_RULES).alerts if alert["customer_id"] == GONE]
