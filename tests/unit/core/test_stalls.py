"""When an opportunity stalls, by each basis. Stage A stalls after 10 d, B after 5 d, C never."""

from __future__ import annotations

import pytest

from tests.unit.core.kit import Partition, Record, attempt, contact, created, deal, money, moved, policy


def firing(records: list[Record]) -> list[tuple[str, str]]:
    """Opportunities that stall, and since when."""
    return [
        (record["opportunity_id"], record["started_at"][8:10])
        for record in records
        if record["rule"] == "opp.stalled" and record["status"] == "firing"
    ]


@pytest.mark.parametrize(
    ("basis", "since"),
    [
        # 01 created in A ── 03 to B ── 04 inbound ── 06 outbound ── 08 attempt ── 25 judged; B stalls after 5 d
        ("created", "06"),
        ("stage_entered", "08"),
        ("last_contact", "11"),
        ("last_two_way_contact", "09"),
        ("last_activity", "13"),
    ],
)
def test_each_basis_runs_from_its_own_event(basis: str, since: str) -> None:
    stages = policy().stages
    partition = Partition(policy(pipeline={"stall_basis": basis}))
    assert [stage.name for stage in stages] == ["A", "B", "C"]
    partition.tell(created("01"), moved("03", "B"), contact("04", direction="inbound"), contact("06"), attempt("08"))
    assert firing(partition.tick("25")) == [("o", since)]


def test_the_same_stage_again_is_no_entry_and_a_stage_without_a_bound_never_stalls() -> None:
    partition = Partition(policy())
    partition.tell(created("01"), moved("05", "A"))
    assert firing(partition.tick("11 00:01")) == [("o", "11")]
    partition.tell(moved("12", "C"))
    assert firing(partition.tick("31")) == []


def test_closing_ends_it_and_reopening_starts_anew() -> None:
    partition = Partition(policy())
    partition.tell(created("01", "B"))
    assert firing(partition.tick("07")) == [("o", "06")]
    partition.tick("08")
    (closed,) = partition.tell(deal("07 12:00", "lost"))[:1]
    assert (closed["status"], closed["reason"]) == ("resolved", "closed")
    partition.tell(deal("08", "reopened", to_stage="B"))
    assert firing(partition.tick("14")) == [("o", "13")]


def test_a_deal_won_without_any_amount_is_flagged_until_it_is_known() -> None:
    partition = Partition(policy())
    partition.tick("10")
    flagged = partition.tell(created("01"), deal("05", "won"))
    assert ("dq.missing_field", "firing") in [(record["rule"], record["status"]) for record in flagged]
    assert partition.figure("ann", "flagged:missing_amount") == 1
    mended = partition.tell(deal("03", "updated", amount=money("12.50", "USD")))
    assert ("dq.missing_field", "resolved") in [(record["rule"], record["status"]) for record in mended]
    assert partition.figure("ann", "flagged:missing_amount") == 0
    assert partition.figure("ann", "won_amount") == 625 * 10**28
