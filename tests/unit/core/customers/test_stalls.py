"""Opportunities that stall, drawn as timelines by basis. Days of March 2026; stage A stalls after 10 d, B after 5 d."""

from __future__ import annotations

import pytest

from tests.unit.core.kit import (
    Partition,
    attempt,
    contact,
    created,
    customer,
    deal,
    episodes,
    money,
    moved,
    plan,
    policy,
    us,
)

Case = tuple[list[bytes], str, list[str]]


def stalls(basis: str, lines: list[bytes], until: str) -> list[str]:
    """The episodes of a basis, without those of contact."""
    off = {rule: {"enabled": False} for rule in ("contact.due", "contact.overdue", "contact.interval_exceeded")}
    return episodes(policy(pipeline={"stall_basis": basis}, alerts=off), lines, until)


INBOUND = {"direction": "inbound"}
CASES: dict[str, dict[str, Case]] = {
    "stage_entered": {
        # 01 A ── 11 bound
        "nothing at the bound itself": ([created("01")], "11", []),
        "but right after it": ([created("01")], "2026-03-11T00:00:00.000001Z", ["stalled 11 condition_met ann"]),
        "until it moves on": ([created("01"), moved("12", "C")], "31", ["stalled 11-12 stage_moved ann"]),
        "and then anew": (
            [created("01"), moved("12", "B")],
            "31",
            ["stalled 11-12 stage_moved ann", "stalled 17 condition_met ann"],
        ),
        "moved at the bound": ([created("01"), moved("11", "C")], "31", []),
        "the same stage again is no entry": ([created("01"), moved("05", "A")], "12", ["stalled 11 condition_met ann"]),
        "backwards is one": ([created("01", "B"), moved("03", "A")], "14", ["stalled 13 condition_met ann"]),
        "there and back is one": (
            [created("01"), moved("03", "B"), moved("05", "A")],
            "16",
            ["stalled 15 condition_met ann"],
        ),
        "a contact is none": ([created("01"), contact("05")], "12", ["stalled 11 condition_met ann"]),
        "an update is none": (
            [created("01"), deal("05", "updated", amount=money("5"))],
            "12",
            ["stalled 11 condition_met ann"],
        ),
        "a stage without a bound": ([created("01", "C")], "31", []),
        "an unknown stage": ([created("01", "Limbo")], "31", []),
        "into the unknown": ([created("01"), moved("12", "Limbo")], "31", ["stalled 11-12 stage_moved ann"]),
        "until it is won": ([created("01"), deal("12", "won", amount=money("5"))], "31", ["stalled 11-12 closed ann"]),
        "won in time": ([created("01"), deal("10", "won", amount=money("5"))], "31", []),
        "a change after it was lost": ([created("01"), deal("05", "lost"), moved("06", "B")], "31", []),
        "reopened into its old stage": (
            [created("01"), deal("05", "lost"), deal("10", "reopened", to_stage="A")],
            "21",
            ["stalled 20 condition_met ann"],
        ),
        "never created, from its first event": (
            [moved("01", "B", owner_id="bob")],
            "07",
            ["stalled 06 condition_met bob"],
        ),
        "nobody's": ([moved("01", "B")], "07", ["stalled 06 condition_met"]),
        "its customer's owner's": (
            [customer("01", owner_id="cid"), moved("01", "B")],
            "07",
            ["stalled 06 condition_met cid"],
        ),
        "two at once": (
            [created("01", "B"), created("02", "B", opportunity_id="p", owner_id="bob")],
            "08",
            ["stalled 06 condition_met ann", "stalled 07 condition_met bob"],
        ),
    },
    "created": {
        # 01 created in A ── 05 B, whose 5 d are over on the 6th
        "from its creation, by the stage's bound": (
            [created("01"), moved("05", "B")],
            "07",
            ["stalled 06 condition_met ann"],
        ),
        "at once where the new stage's is over": (
            [created("01"), moved("08", "B")],
            "09",
            ["stalled 08 condition_met ann"],
        ),
        "still where the next one's is over too": (
            [created("01"), moved("12", "B")],
            "13",
            ["stalled 11 condition_met ann"],
        ),
        "not in a stage without a bound": (
            [created("01"), moved("12", "C"), moved("15", "B")],
            "16",
            ["stalled 15 condition_met ann"],
        ),
        "nor does a contact help": ([created("01"), contact("10")], "12", ["stalled 11 condition_met ann"]),
        "reopened, from its creation still": (
            [created("01"), deal("05", "lost"), deal("12", "reopened", to_stage="A")],
            "13",
            ["stalled 12 condition_met ann"],
        ),
        "never created, from its first event": (
            [moved("01", "B", owner_id="bob")],
            "07",
            ["stalled 06 condition_met bob"],
        ),
        "created after its first event": (
            [moved("01", "B", owner_id="ann"), created("10", "B")],
            "16",
            ["stalled 06-10 stage_moved ann", "stalled 15 condition_met ann"],
        ),
    },
    "last_contact": {
        "from a contact made": ([created("01"), contact("05")], "16", ["stalled 15 condition_met ann"]),
        "not from an attempt": ([created("01"), contact("05"), attempt("10")], "16", ["stalled 15 condition_met ann"]),
        "from its creation where there was none since": (
            [contact("01"), created("03")],
            "14",
            ["stalled 13 condition_met ann"],
        ),
        "until the next contact": (
            [created("01"), contact("12"), contact("25")],
            "26",
            ["stalled 11-12 contacted ann", "stalled 22-25 contacted ann"],
        ),
        "contacted at the bound": ([created("01"), contact("11")], "21", []),
        "by anybody, about anything": (
            [created("01"), contact("05", employee_id="bob"), created("02", "C", opportunity_id="p")],
            "16",
            ["stalled 15 condition_met ann"],
        ),
        "another customer's contact is none": (
            [created("01"), contact("05", customer_id="other")],
            "12",
            ["stalled 11 condition_met ann"],
        ),
        "a stage that changes is no contact": (
            [created("01"), contact("05"), moved("09", "B")],
            "11",
            ["stalled 10 condition_met ann"],
        ),
        "one episode through two stages": (
            [created("01"), contact("02"), moved("15", "B")],
            "16",
            ["stalled 12 condition_met ann"],
        ),
    },
    "last_activity": {
        "from an attempt": ([created("01"), contact("03"), attempt("05")], "16", ["stalled 15 condition_met ann"]),
        "from a contact made": ([created("01"), attempt("03"), contact("05")], "16", ["stalled 15 condition_met ann"]),
        "not from a plan": ([created("01"), plan("05", "20")], "12", ["stalled 11 condition_met ann"]),
    },
    "last_two_way_contact": {
        "from what came in": (
            [created("01"), contact("03", **INBOUND), contact("05")],
            "14",
            ["stalled 13 condition_met ann"],
        ),
        "not from an attempt that came in": (
            [created("01"), contact("03", **INBOUND), attempt("05", **INBOUND)],
            "14",
            ["stalled 13 condition_met ann"],
        ),
        "from its creation before": ([created("01"), contact("05")], "12", ["stalled 11 condition_met ann"]),
    },
}


@pytest.mark.parametrize(
    ("basis", "lines", "until", "expected"),
    [
        pytest.param(basis, *case, id=f"{basis}: {name}")
        for basis, cases in CASES.items()
        for name, case in cases.items()
    ],
)
def test_an_opportunity_stalls(basis: str, lines: list[bytes], until: str, expected: list[str]) -> None:
    assert stalls(basis, lines, until) == expected


def test_on_the_working_clock_it_stalls_after_working_days() -> None:
    # Monday 2nd at 09:00 and five working days of 8 h: Friday 6th as work ends, so Monday 9th as it begins.
    working = policy(
        calendar={"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"},
        alerts={"opp.stalled": {"clock": "working"}, "contact.interval_exceeded": {"enabled": False}},
    )
    assert episodes(working, [created("02 09:00", "B")], "09 09:00") == []
    assert episodes(working, [created("02 09:00", "B")], "09 09:01") == ["stalled 09 09:00 condition_met ann"]


def test_what_is_oddly_closed_is_flagged_until_it_is_mended() -> None:
    # 01 moved to B, nobody's ── 05 won, of no amount ── 07 created, after it was won
    partition = Partition(policy(alerts={"contact.interval_exceeded": {"enabled": False}}))
    partition.tick("10")
    partition.tell(moved("01", "B"))
    (missing,) = [record for record in partition.tell(deal("05", "won")) if record["rule"] == "dq.missing_field"]
    assert (missing["status"], missing["fired_at"], missing["severity"]) == ("firing", "2026-03-05T00:00:00Z", "info")
    assert missing["values"]["field"] == "amount and owner_id"
    assert (
        missing["summary"] == "Opportunity o of customer c was closed without amount and owner_id: add what is missing."
    )
    (partly,) = partition.tell(customer("01", owner_id="cid"))
    assert (partly["id"], partly["values"]["field"], partly["employee_id"]) == (missing["id"], "amount", "cid")
    (mended,) = partition.tell(deal("02", "updated", amount=money("5")))
    assert (mended["status"], mended["reason"]) == ("resolved", "withdrawn")
    (odd,) = partition.tell(created("07"))
    assert (odd["rule"], odd["status"], odd["values"]["field"]) == (
        "dq.negative_cycle",
        "firing",
        "created after it was won",
    )
    (undone,) = partition.tell(deal("08", "reopened", to_stage="C"))
    assert (undone["id"], undone["reason"]) == (odd["id"], "withdrawn")


def test_an_alert_says_what_was_measured_against_which_bound() -> None:
    partition = Partition(policy())
    partition.tell(created("01", "B"))
    (record,) = partition.tick(us("06") + 1)
    assert record["values"] == {
        "basis": "2026-03-01T00:00:00Z",
        "bound_passed_at": "2026-03-06T00:00:00Z",
        "bound": "5d",
        "stage": "B",
        "stall_basis": "stage_entered",
    }
    assert record["summary"] == (
        "Opportunity o of customer c has stood still in B for more than 5d (stage entered: 2026-03-01): "
        "move it on, ask for help, or close it."
    )
    assert (record["opportunity_id"], record["customer_id"], record["recipients"]) == ("o", "c", ["ann"])
