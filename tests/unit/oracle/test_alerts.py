"""Follow-up drawn as timelines: who is left waiting, and since when. Due 2 days ahead, overdue 1 day after."""

from typing import Any

import pytest

from tests.unit.oracle.drawing import POLICY, at, contact, count, deal, plan, standing

OWNED = at("01 00:00", "customer.upserted", owner_id="ann")
ASKED = at("01 00:00", "feedback.received", employee_id="eve", kind="nps")
GRADED = at("01 00:00", "customer.upserted", grade="gold")
GOLD = at("01 00:00", "customer.upserted", owner_id="ann", grade="gold")
LATER = "2026-03-20T12:00:00Z"

# Log, as_of, and what stands since when. The plan is for the 10th at noon: due since the 8th, overdue since the 11th.
FOLLOW_UP: dict[str, tuple[list[bytes], str, dict[str, str]]] = {
    "not yet": ([plan("01 00:00", "10")], "08 12:00", {}),
    "due": ([plan("01 00:00", "10")], "08 12:01", {"contact.due": "08 12:00"}),
    "still due at the bound": ([plan("01 00:00", "10")], "11 12:00", {"contact.due": "08 12:00"}),
    "overdue": ([plan("01 00:00", "10")], "11 12:01", {"contact.overdue": "11 12:00"}),
    "planned at short notice": ([plan("09 00:00", "10")], "09 00:00", {"contact.due": "09 00:00"}),
    "planned for the past": ([plan("12 00:00", "10")], "12 00:00", {"contact.overdue": "12 00:00"}),
    "moved": ([plan("01 00:00", "10"), plan("05 00:00", "20")], "15 00:00", {}),
    "moved back": (
        [plan("01 00:00", "10"), plan("12 00:00", "20"), plan("13 00:00", "10")],
        "15 00:00",
        {"contact.overdue": "13 00:00"},
    ),
    "said again": ([plan("01 00:00", "10"), plan("12 00:00", "10")], "15 00:00", {"contact.overdue": "11 12:00"}),
    "cancelled": ([plan("01 00:00", "10"), plan("05 00:00", None)], "15 00:00", {}),
    "cancelled by a contact": ([plan("01 00:00", "10"), contact("05 00:00", next_contact_at=None)], "15 00:00", {}),
    "fulfilled, however early, whoever": (
        [plan("01 00:00", "10"), contact("01 00:01", employee_id="x")],
        "15 00:00",
        {},
    ),
    "fulfilled late": ([plan("01 00:00", "10"), contact("14 00:00")], "15 00:00", {}),
    "not by a contact before it": (
        [contact("01 00:00"), plan("02 00:00", "10")],
        "12 00:00",
        {"contact.overdue": "11 12:00"},
    ),
    "nor at its instant": ([contact("02 00:00"), plan("02 00:00", "10")], "12 00:00", {"contact.overdue": "11 12:00"}),
    "not by an attempt": (
        [plan("01 00:00", "10"), contact("05 00:00", connected=False)],
        "12 00:00",
        {"contact.overdue": "11 12:00"},
    ),
    "an attempt may move it": (
        [plan("01 00:00", "10"), contact("05 00:00", connected=False, next_contact_at=LATER)],
        "12 00:00",
        {},
    ),
    "a contact fulfils it and sets the next": (
        [plan("01 00:00", "10"), contact("05 00:00", next_contact_at=LATER)],
        "19 00:00",
        {"contact.due": "18 12:00"},
    ),
    "of two at one instant the greater id holds": (
        [contact("01 00:00", id="b", next_contact_at=LATER), contact("01 00:00", id="a", next_contact_at=None)],
        "19 00:00",
        {"contact.due": "18 12:00"},
    ),
}
INTERVALS: dict[str, tuple[list[bytes], str, dict[str, str]]] = {
    "nobody looks after it": ([ASKED], "31 12:00", {}),
    "at the bound": ([OWNED], "31 00:00", {}),
    "since it was first seen": ([OWNED], "31 00:01", {"contact.interval_exceeded": "31 00:00"}),
    "by grade": ([GOLD], "09 00:00", {"contact.interval_exceeded": "08 00:00"}),
    "since the last contact": ([GOLD, contact("03 00:00")], "10 00:01", {"contact.interval_exceeded": "10 00:00"}),
    "an attempt resets nothing": (
        [GOLD, contact("03 00:00", connected=False)],
        "09 00:00",
        {"contact.interval_exceeded": "08 00:00"},
    ),
    "grade cleared": ([GOLD, at("02 00:00", "customer.upserted", grade=None)], "09 00:00", {}),
    "first seen by any event": (
        [
            at("2026-02-01T00:00:00Z", "feedback.received", employee_id="eve", kind="nps"),
            at("06 00:00", "customer.upserted", owner_id="ann"),
        ],
        "06 00:00",
        {"contact.interval_exceeded": "06 00:00"},
    ),
    "exceeded since somebody looks after it": (
        [ASKED, GRADED, at("20 00:00", "customer.owner_changed", to="ann")],
        "21 00:00",
        {"contact.interval_exceeded": "20 00:00"},
    ),
    "exceeded since the grade asks for more": (
        [OWNED, at("20 00:00", "customer.upserted", grade="gold"), at("22 00:00", "customer.upserted", owner_id="bob")],
        "23 00:00",
        {"contact.interval_exceeded": "20 00:00"},
    ),
    "not while nobody looks after it": (
        [GOLD, at("20 00:00", "customer.upserted", owner_id=None), at("22 00:00", "customer.upserted", owner_id="bob")],
        "23 00:00",
        {"contact.interval_exceeded": "22 00:00"},
    ),
    "looked after by the owner of an open opportunity": (
        [GRADED, deal("02 00:00", "created", owner_id="ann", stage="C")],
        "09 00:00",
        {"contact.interval_exceeded": "08 00:00"},
    ),
    "not by that of a closed one": (
        [GRADED, deal("02 00:00", "lost", owner_id="ann")],
        "09 00:00",
        {},
    ),
    "looked after by who contacted it": (
        [GRADED, contact("02 00:00", connected=False)],
        "09 00:00",
        {"contact.interval_exceeded": "08 00:00"},
    ),
}


@pytest.mark.parametrize(("lines", "as_of", "expected"), FOLLOW_UP.values(), ids=FOLLOW_UP.keys())
def test_plans(lines: list[bytes], as_of: str, expected: dict[str, str]) -> None:
    assert standing(count(*reversed(lines), at=as_of)) == expected


@pytest.mark.parametrize(("lines", "as_of", "expected"), INTERVALS.values(), ids=INTERVALS.keys())
def test_intervals(lines: list[bytes], as_of: str, expected: dict[str, str]) -> None:
    assert standing(count(*reversed(lines), at=as_of)) == expected


# Exceeded since the 8th, quiet from the 9th (planned) to noon of the 10th (the plan), overdue a day later.
QUIETED: dict[str, dict[str, str]] = {
    "08 12:00": {"contact.interval_exceeded": "08 00:00"},
    "09 00:00": {},
    "10 11:59": {},
    "10 12:00": {"contact.interval_exceeded": "10 12:00"},
    "12 00:00": {"contact.interval_exceeded": "10 12:00", "contact.overdue": "11 12:00"},
}


@pytest.mark.parametrize(("as_of", "expected"), QUIETED.items())
def test_a_plan_ahead_may_quiet_the_interval(as_of: str, expected: dict[str, str]) -> None:
    policy = POLICY | {"contact": POLICY["contact"] | {"silent_when_planned": True, "lead_time": "0s"}}
    stands = standing(count(GOLD, plan("09 00:00", "10"), at=as_of, policy=policy))
    assert {rule: since for rule, since in stands.items() if rule != "contact.due"} == expected


# Of o: created on the 1st in A (10 days), in B (5 days) from the 8th.
# Contacts with the customer: an inbound one on the 3rd, an outbound one on the 5th, an attempt on the 10th.
DEAL = [
    deal("01 00:00", "created", owner_id="ann", stage="A"),
    deal("08 00:00", "stage_changed", to_stage="B"),
    deal("09 00:00", "stage_changed", to_stage="B"),
    contact("03 00:00", direction="inbound"),
    contact("05 00:00"),
    contact("10 00:00", connected=False, direction="inbound"),
]
STALLED_SINCE = {
    "created": "08 00:00",  # by its age since the 6th, had it been in B
    "stage_entered": "13 00:00",
    "last_contact": "10 00:00",
    "last_activity": "15 00:00",
    "last_two_way_contact": "08 00:00",
}


def _stalls(*lines: bytes, basis: str, at: str = "20 00:00") -> str | None:
    policy = POLICY | {"pipeline": POLICY["pipeline"] | {"stall_basis": basis}}
    return standing(count(*reversed(lines), at=at, policy=policy)).get("opp.stalled")


@pytest.mark.parametrize(("basis", "since"), STALLED_SINCE.items())
def test_each_basis_has_its_own_beginning(basis: str, since: str) -> None:
    assert _stalls(*DEAL, basis=basis) == since
    assert _stalls(*DEAL, basis=basis, at=f"{int(since[:2]) - 1:02d} 23:59") is None
    assert (_stalls(*DEAL, basis=basis, at=since) is None) == (basis != "created")


QUIET: dict[str, list[bytes]] = {
    "a stage without a limit": [*DEAL, deal("09 12:00", "stage_changed", to_stage="C")],
    "an unknown stage": [*DEAL, deal("09 12:00", "stage_changed", to_stage="?")],
    "an outcome": [*DEAL, deal("09 12:00", "lost")],
}


@pytest.mark.parametrize("lines", QUIET.values(), ids=QUIET.keys())
@pytest.mark.parametrize("basis", STALLED_SINCE)
def test_never_stalled_by(lines: list[bytes], basis: str) -> None:
    assert _stalls(*lines, basis=basis) is None


def test_contacts_from_before_the_creation_do_not_age_an_opportunity() -> None:
    old = [contact("2026-01-01T00:00:00Z", direction="inbound")]
    created = deal("08 00:00", "created", owner_id="ann", stage="B")
    for basis in ("last_contact", "last_activity", "last_two_way_contact"):
        assert _stalls(*old, created, basis=basis) == "13 00:00"


def test_an_episode_goes_on_through_what_does_not_end_it() -> None:
    # Created on the 1st: in A stalled since the 11th, in B from the 12th; only C has no limit.
    lines = [deal("01 00:00", "created", owner_id="ann", stage="A"), deal("12 00:00", "stage_changed", to_stage="B")]
    pause = [deal("13 00:00", "stage_changed", to_stage="C"), deal("14 00:00", "stage_changed", to_stage="A")]
    assert _stalls(*lines, basis="created") == "11 00:00"
    assert _stalls(*lines, *pause, basis="created") == "14 00:00"


def test_reopened_is_a_fresh_entry() -> None:
    lines: list[Any] = [*DEAL, deal("11 00:00", "lost"), deal("12 00:00", "reopened", to_stage="B")]
    assert _stalls(*lines, basis="stage_entered") == "17 00:00"


def test_a_rule_can_be_switched_off() -> None:
    policy = POLICY | {"alerts": {"contact.overdue": {"enabled": False}}}
    assert standing(count(plan("01 00:00", "10"), at="15 00:00", policy=policy)) == {}


# Who is to see to a customer that nobody has contacted for too long.
BOB_FIRST = [
    deal("02 00:00", "created", owner_id="bob", stage="C"),
    deal("03 00:00", "created", owner_id="cid", stage="C", opportunity_id="p"),
]
LOOKED_AFTER: dict[str, tuple[list[bytes], str]] = {
    "its owner": ([OWNED, *BOB_FIRST], "ann"),
    "else the owner of the newest open opportunity": (BOB_FIRST, "cid"),
    "which is no closed one": ([*BOB_FIRST, deal("04 00:00", "lost", opportunity_id="p")], "bob"),
    "of two of one instant, the greater id": (
        [*BOB_FIRST, deal("03 00:00", "created", owner_id="dan", stage="C", opportunity_id="q")],
        "dan",
    ),
    "else who contacted it last": (
        [contact("02 00:00"), contact("03 00:00", employee_id="bob", connected=False)],
        "bob",
    ),
    "of two at one instant, the greater id": (
        [contact("02 00:00", employee_id="bob"), contact("02 00:00", employee_id="ann")],
        "bob",
    ),
}


@pytest.mark.parametrize(("lines", "employee"), LOOKED_AFTER.values(), ids=LOOKED_AFTER.keys())
def test_looked_after_by(lines: list[bytes], employee: str) -> None:
    late = count(*lines, at="2026-06-01T00:00:00Z").alerts["contact.interval_exceeded", "c"]
    assert late.employee_id == employee
