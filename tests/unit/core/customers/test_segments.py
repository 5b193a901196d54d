"""KPIs by segment of the customers: worked out by hand. ann owns the customer since 1 January 2026."""

from __future__ import annotations

from typing import Any

from streams.core.customers import Customers
from streams.core.records import write_policy
from streams.core.stage import POLICY
from streams.replay import replay_lines
from tests.unit.core.kit import Partition, customer, deal, event, money, policy, restored, us, void_of

SEGMENTS = {"vip": {"grade": ["gold", "silver"]}, "shops": {"segment": ["retail"], "grade": ["gold"]}}
BY_SEGMENT = policy(customers={"active_for": "60d", "segments": SEGMENTS})
NOON = us("2026-03-31T12:00:00Z")


def said(when: str, kind: str, score: str, /, **data: Any) -> bytes:
    asked = {"employee_id": "ann", "customer_id": "c", "kind": kind, "score": score}
    return event(when, "feedback.received", **asked | data)


def told(*lines: bytes, period: str = "2026-03", who: str = "ann") -> dict[str, tuple[str, int]]:
    owned = customer("2026-01-01T00:00:00Z", owner_id="ann")
    found = replay_lines([owned, *lines], BY_SEGMENT, NOON).kpis
    return {
        kpi: (cell.value, cell.number)
        for (name, key, kpi), cell in found.items()
        if (name, key) == (who, period) and "_segment:" in kpi
    }


def won(when: str) -> bytes:
    return deal(when, "won", amount=money("100"), opportunity_id=when)


def measures(stage: Customers) -> dict[tuple[str, str, str], int]:
    stage.ledger.settle(NOON)
    return {
        (who, bucket, measure): value
        for who, buckets in stage.ledger.totals.items()
        for bucket, sums in buckets.items()
        for measure, value in sums.items()
    }


def test_answers_count_for_the_segments_that_the_customer_was_in_as_it_gave_them() -> None:
    lines = [
        said("02", "csat", "2"),  # of no segment yet
        customer("03", grade="gold"),
        said("03", "csat", "5", aspect="service"), said("04", "csat", "3"), said("04", "nps", "9"),
        customer("05", segment="retail"),
        said("05", "csat", "4", employee_id="bob"), said("06", "nps", "6"), said("06", "nps", "8"),
        customer("07", grade="silver"),
        said("08", "csat", "1"),
        customer("09", grade=None),
        said("10", "csat", "1"), said("10", "ces", "7"), said("10", "csat", "9"),
        said("10", "csat", "5", customer_id=None),
    ]  # fmt: skip
    assert told(*lines) == {
        "csat_segment:vip": (repr(1 / 3), 3),
        "nps_segment:vip": ("0", 3),
        "nps_segment:shops": ("-0.5", 2),
    }
    assert told(*lines, who="bob") == {"csat_segment:shops": ("1", 1), "csat_segment:vip": ("1", 1)}
    assert told(*reversed(lines)) == told(*lines)


def test_retention_goes_by_the_start_of_a_period_and_coming_again_by_now() -> None:
    lines = [
        customer("2026-01-10T00:00:00Z", grade="gold"),
        won("2026-01-15T12:00:00Z"),  # and active until 16 March
        customer("2026-02-10T00:00:00Z", grade="bronze"),
    ]
    assert told(*lines) == {}
    assert told(*lines, period="2026-02") == {"retention_rate_segment:vip": ("1", 1)}
    back = [*lines, customer("2026-02-20T00:00:00Z", grade="silver")]
    assert told(*back) == {"retention_rate_segment:vip": ("0", 1), "repeat_rate_segment:vip": ("0", 1)}
    again = told(*back, won("20"), period="7d")
    assert again == {"repeat_rate_segment:vip": ("1", 1)}


def test_the_segments_of_a_new_policy_count_from_the_beginning() -> None:
    lines = [
        customer("2026-01-01T00:00:00Z", owner_id="ann", grade="gold"),
        won("2026-01-15T12:00:00Z"), said("02", "csat", "5"), said("03", "nps", "3"),
    ]  # fmt: skip
    later, known = Partition(policy(customers={"active_for": "60d"})), Partition(BY_SEGMENT)
    for partition in (later, known):
        partition.tell(*lines)
    assert not any(":vip" in measure for _, _, measure in measures(later.stage))
    later.offset += 1
    later.stage.apply(POLICY, write_policy(BY_SEGMENT), later.offset)
    for partition in (later, known):
        partition.tick("31")
    assert measures(later.stage) == measures(known.stage)
    assert any(":vip" in measure for _, _, measure in measures(later.stage))


def test_what_is_taken_back_counts_no_more_after_a_restart_too() -> None:
    graded, answer = customer("01", grade="gold", segment="retail"), said("02", "csat", "5")
    partition = Partition(BY_SEGMENT)
    partition.tell(graded, answer, said("03", "csat", "5"))
    again = restored(BY_SEGMENT, partition.states.items())
    assert measures(again) == measures(partition.stage)
    assert partition.figure("ann", "segment_satisfied:shops") == 2

    events = [graded, answer, said("03", "csat", "5")]
    for voided, left in ((answer, {"csat_segment:vip": ("1", 1), "csat_segment:shops": ("1", 1)}), (graded, {})):
        assert told(*events, void_of(voided, "04")) == left
