"""How an opportunity moves, and where it is expected to go, drawn as timelines in days of March 2026. The pipeline is
A (10 d), B (5 d), C; a rule is watched alone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.core.kit import (
    MOVES,
    PROSPECTS,
    Partition,
    attempt,
    contact,
    created,
    customer,
    deal,
    episodes,
    moved,
    plan,
    policy,
    said,
)

OTHERS = ("contact.due", "contact.overdue", "contact.interval_exceeded", "opp.stalled", "dq.missing_field")
Case = tuple[dict[str, Any], list[bytes], str, list[str]]


def alone(rule: str, **how: Any) -> Any:
    """A policy that watches one rule and no other."""
    off = {name: {"enabled": False} for name in (*MOVES, *PROSPECTS, *OTHERS)}
    return policy(alerts=off | {rule: {"enabled": True} | how})


def lost(when: str) -> bytes:
    return deal(when, "lost")


def reopened(when: str, stage: str = "A") -> bytes:
    return deal(when, "reopened", to_stage=stage)


def expects(when: str, date: str | None) -> bytes:
    return deal(when, "updated", expected_close_at=date)


def step(when: str, text: str | None) -> bytes:
    return deal(when, "updated", next_step=text)


CASES: dict[str, dict[str, Case]] = {
    "opp.stage_changed": {
        # 01 A ── 05 B ── 06 expires
        "for a day": ({}, [created("01"), moved("05", "B")], "31", ["stage_changed 05-06 expired ann"]),
        "at its bound still": ({}, [created("01"), moved("05", "B")], "06", ["stage_changed 05 condition_met ann"]),
        "until the next move": (
            {"lasts": "9d"},
            [created("01"), moved("05", "B"), moved("08", "C")],
            "10",
            ["stage_changed 05-08 stage_moved ann", "stage_changed 08 condition_met ann"],
        ),
        "until it is closed": (
            {"lasts": "9d"},
            [created("01"), moved("05", "B"), lost("08")],
            "31",
            ["stage_changed 05-08 closed ann"],
        ),
        "not by its creation": ({}, [created("01")], "31", []),
        "not by the same stage again": ({}, [created("01"), moved("05", "A")], "31", []),
        "not where its first stage is told later": ({}, [expects("01", "2026-04-01"), moved("05", "B")], "31", []),
        "by a reopening into another stage": (
            {},
            [created("01"), lost("05"), reopened("08", "C")],
            "31",
            ["stage_changed 08-09 expired ann"],
        ),
        "held": ({"hold": "2d"}, [created("01"), moved("05", "B")], "31", []),
    },
    "opp.regressed": {
        "for a week": ({}, [created("01", "B"), moved("05", "A")], "31", ["regressed 05-12 expired ann"]),
        "not forward": ({}, [created("01", "A"), moved("05", "B")], "31", []),
        "not into or out of the unknown": ({}, [created("01", "B"), moved("05", "X"), moved("07", "A")], "31", []),
        "until it goes on again": (
            {},
            [created("01", "C"), moved("05", "A"), moved("08", "B")],
            "31",
            ["regressed 05-08 stage_moved ann"],
        ),
    },
    "opp.ping_pong": {
        # B ── 03 A ── 05 B ── 07 A: back for the second time
        "the second time": (
            {},
            [created("01", "B"), moved("03", "A"), moved("05", "B"), moved("07", "A")],
            "31",
            ["ping_pong 07 condition_met ann"],
        ),
        "the first time": (
            {"count": 1},
            [created("01", "B"), moved("03", "A")],
            "31",
            ["ping_pong 03 condition_met ann"],
        ),
        "not the first time of two": ({}, [created("01", "B"), moved("03", "A"), moved("05", "B")], "31", []),
        "until it is closed, and again once reopened": (
            {"count": 1},
            [created("01", "B"), moved("03", "A"), lost("06"), reopened("09")],
            "31",
            ["ping_pong 03-06 closed ann", "ping_pong 09 condition_met ann"],
        ),
    },
    "opp.close_date_pushed": {
        "into a later month twice": (
            {},
            [created("01", expected_close_at="2026-03-20"), expects("05", "2026-04-02"), expects("08", "2026-05-02")],
            "31",
            ["close_date_pushed 08 condition_met ann"],
        ),
        "not within a month, nor back": (
            {"count": 1},
            [created("01", expected_close_at="2026-04-01"), expects("05", "2026-04-30"), expects("08", "2026-03-31")],
            "31",
            [],
        ),
        "over a time without a date": (
            {"count": 1},
            [created("01", expected_close_at="2026-03-20"), expects("05", None), expects("08", "2026-04-02")],
            "31",
            ["close_date_pushed 08 condition_met ann"],
        ),
        "until it is closed": (
            {"count": 1},
            [created("01", expected_close_at="2026-03-20"), expects("05", "2026-04-02"), lost("09")],
            "31",
            ["close_date_pushed 05-09 closed ann"],
        ),
    },
    "dq.suspicious_moves": {
        # A, which allows 10 d ── 07 B ── 07 12:00 A: six days are forgotten
        "to and fro when the time was running out": (
            {},
            [created("01"), moved("07", "B"), moved("07 12:00", "A")],
            "31",
            ["suspicious_moves 07 12:00-14 12:00 expired ann"],
        ),
        "held": (
            {"hold": "1d", "escalate": [{"to": "owner"}, {"after": "1d", "to": "risk"}]},
            [created("01"), moved("07", "B"), moved("07 12:00", "A")],
            "10",
            ["suspicious_moves 07 12:00 escalated ann"],
        ),
        "back and forth": (
            {},
            [created("01", "B"), moved("04", "A"), moved("05", "B")],
            "06",
            ["suspicious_moves 05 condition_met ann"],
        ),
        "until it really moves": (
            {},
            [created("01"), moved("07", "B"), moved("07 12:00", "A"), moved("09", "B")],
            "31",
            ["suspicious_moves 07 12:00-09 stage_moved ann"],
        ),
        "until it is closed": (
            {},
            [created("01"), moved("07", "B"), moved("07 12:00", "A"), lost("09")],
            "31",
            ["suspicious_moves 07 12:00-09 closed ann"],
        ),
        "not the correction of a slip": ({}, [created("01"), moved("05 23:59", "B"), moved("06", "A")], "31", []),
        "from half of its time on": (
            {},
            [created("01"), moved("06", "B"), moved("06 01:00", "A")],
            "07",
            ["suspicious_moves 06 01:00 condition_met ann"],
        ),
        "not after a longer stay": ({}, [created("01"), moved("07", "B"), moved("08 00:01", "A")], "31", []),
        "not into a third stage": ({}, [created("01"), moved("07", "B"), moved("07 12:00", "C")], "31", []),
        "not where no clock runs": ({}, [created("01", "C"), moved("07", "B"), moved("07 12:00", "C")], "31", []),
        "not over a close": (
            {},
            [created("01"), moved("07", "B"), lost("07 06:00"), reopened("07 12:00")],
            "31",
            [],
        ),
    },
    "opp.close_date_passed": {
        # the 10th ends as the 11th begins
        "once its day is over": (
            {},
            [created("01", expected_close_at="2026-03-10")],
            "12",
            ["close_date_passed 11 condition_met ann"],
        ),
        "not before": ({}, [created("01", expected_close_at="2026-03-10")], "11", []),
        "at an instant": (
            {},
            [created("01", expected_close_at="2026-03-10T12:00:00Z")],
            "12",
            ["close_date_passed 10 12:00 condition_met ann"],
        ),
        "after the time that is allowed": (
            {"after": {"gold": "2d", "default": "9d"}},
            [customer("01", grade="gold"), created("01", expected_close_at="2026-03-10")],
            "31",
            ["close_date_passed 13 condition_met ann"],
        ),
        "never for a grade that is not watched": (
            {"after": {"gold": "2d"}},
            [created("01", expected_close_at="2026-03-10")],
            "31",
            [],
        ),
        "until a new date": (
            {},
            [created("01", expected_close_at="2026-03-10"), expects("15", "2026-04-10")],
            "31",
            ["close_date_passed 11-15 plan_moved ann"],
        ),
        "not ended by the same date": (
            {},
            [created("01", expected_close_at="2026-03-10"), expects("15", "2026-03-10")],
            "31",
            ["close_date_passed 11 condition_met ann"],
        ),
        "until there is none": (
            {},
            [created("01", expected_close_at="2026-03-10"), expects("15", None)],
            "31",
            ["close_date_passed 11-15 plan_cancelled ann"],
        ),
        "until it is closed": (
            {},
            [created("01", expected_close_at="2026-03-10"), lost("15")],
            "31",
            ["close_date_passed 11-15 closed ann"],
        ),
        "from when a date that was past was set": (
            {},
            [created("05", expected_close_at="2026-03-01")],
            "31",
            ["close_date_passed 05 condition_met ann"],
        ),
        "from its reopening": (
            {},
            [created("01", expected_close_at="2026-03-10"), lost("05"), reopened("20")],
            "31",
            ["close_date_passed 20 condition_met ann"],
        ),
    },
    "opp.no_next_step": {
        # 01 ── 08 bound (7 d)
        "a week after its creation": ({}, [created("01")], "09", ["no_next_step 08 condition_met ann"]),
        "not at the bound": ({}, [created("01")], "08", []),
        "not while it has one": ({}, [created("01"), step("02", "send the offer")], "31", []),
        "from when it is gone": (
            {},
            [created("01"), step("02", "send the offer"), step("10", None)],
            "31",
            ["no_next_step 17 condition_met ann"],
        ),
        "nor is an empty one any": ({}, [created("01"), step("02", "")], "31", ["no_next_step 08 condition_met ann"]),
        "until it has one": (
            {},
            [created("01"), step("10", "send the offer")],
            "31",
            ["no_next_step 08-10 planned ann"],
        ),
        "until a contact is planned": (
            {},
            [created("01"), plan("10", "2026-04-10T00:00:00Z")],
            "31",
            ["no_next_step 08-10 planned ann"],
        ),
        "not while a contact is planned, and from when it was made": (
            {},
            [created("01"), plan("01", "20"), contact("12")],
            "31",
            ["no_next_step 19 condition_met ann"],
        ),
        "from when its instant passed": (
            {},
            [created("01"), plan("01", "12")],
            "31",
            ["no_next_step 19 condition_met ann"],
        ),
        "an attempt fulfils no plan": ({}, [created("01"), plan("01", "25"), attempt("12")], "31", []),
        "a contact plans the next one": (
            {},
            [created("01"), contact("05", next_contact_at="20")],
            "31",
            ["no_next_step 27 condition_met ann"],
        ),
        "a contact may name it": (
            {},
            [created("01"), contact("05", opportunity_id="o", next_step="send the offer")],
            "31",
            [],
        ),
        "until it is closed": ({}, [created("01"), lost("15")], "31", ["no_next_step 08-15 closed ann"]),
        "from its reopening": (
            {},
            [created("01"), lost("03"), reopened("10")],
            "31",
            ["no_next_step 17 condition_met ann"],
        ),
        "sooner for some": (
            {"after": {"gold": "2d", "default": "20d"}},
            [customer("01", grade="gold"), created("01")],
            "31",
            ["no_next_step 03 condition_met ann"],
        ),
    },
    "opp.stalled": {
        "by grade": (
            {"after": {"gold": "2d", "default": "20d"}},
            [customer("01", grade="gold"), created("01")],
            "31",
            ["stalled 03 condition_met ann"],
        ),
        "until a change of grade allows more": (
            {"after": {"gold": "2d", "default": "20d"}},
            [customer("01", grade="gold"), created("01"), customer("05", grade=None)],
            "20",
            ["stalled 03-05 interval_changed ann"],
        ),
        "earlier once a change of grade allows less": (
            {"after": {"gold": "2d", "default": "20d"}},
            [created("01"), customer("05", grade="gold")],
            "20",
            ["stalled 05 condition_met ann"],
        ),
        "not while a planned contact lies ahead": (
            {"silent_when_planned": True},
            [created("01"), plan("05", "20")],
            "19 23:59",
            [],
        ),
        "but once that is past": (
            {"silent_when_planned": True},
            [created("01"), plan("05", "20")],
            "21",
            ["stalled 20 condition_met ann"],
        ),
        "until one is planned": (
            {"silent_when_planned": True},
            [created("01"), plan("15", "2026-04-20T00:00:00Z")],
            "21",
            ["stalled 11-15 planned ann"],
        ),
    },
}


@pytest.mark.parametrize(
    ("rule", "how", "lines", "until", "expected"),
    [pytest.param(rule, *case, id=f"{rule}: {name}") for rule, cases in CASES.items() for name, case in cases.items()],
)
def test_an_opportunity_that_moves(
    rule: str, how: dict[str, Any], lines: list[bytes], until: str, expected: list[str]
) -> None:
    assert episodes(alone(rule, **how), lines, until) == expected


def test_who_goes_to_and_fro_sets_no_clock_back_that_contacts_do() -> None:
    lines = [created("01"), moved("07", "B"), moved("07 12:00", "A")]
    rules = {name: {"enabled": False} for name in OTHERS} | {"dq.suspicious_moves": {"enabled": True}}
    by_contact = policy(alerts=rules, pipeline={"stall_basis": "last_contact"})
    assert episodes(by_contact, lines, "31") == []


def test_an_opportunity_that_goes_to_and_fro_is_told_with_what_it_did() -> None:
    partition = Partition(alone("dq.suspicious_moves", within="2d"))
    partition.tell(created("01"), moved("07", "B"))
    (record,) = partition.tell(moved("08", "A")) + partition.tick("08")
    assert (record["opportunity_id"], record["values"]["stages"]) == ("o", "A → B → A")
    assert record["summary"] == (
        "Opportunity o of customer c went to and fro within 2d, A → B → A: its clock starts anew; "
        "ask its owner what was done."
    )


def test_a_rule_of_ones_own_stands_beside_the_usual_one() -> None:
    rules = alone("opp.no_next_step")
    own = policy(
        alerts={
            **{name: {"enabled": False} for name in (*MOVES, *PROSPECTS, *OTHERS)},
            "opp.no_next_step": {"enabled": True},
            "vip.no_step": {"watch": "opp.no_next_step", "after": {"gold": "2d"}, "severity": "critical",
                            "text": "{customer} waits for {employee}: {opportunity}, {bound}"},
        }
    )  # fmt: skip
    lines = [customer("01", grade="gold"), created("01")]
    assert episodes(own, lines, "31") == [*episodes(rules, lines, "31"), "no_step 03 condition_met ann"]
    partition = Partition(own)
    partition.tell(*lines)
    (record,) = [record for record in partition.tick("05") if record["rule"] == "vip.no_step"]
    assert (record["severity"], record["summary"]) == ("critical", "c waits for ann: o, 2d")


def test_the_usual_rules_are_all_on() -> None:
    on = policy(alerts={rule: {"enabled": True} for rule in (*MOVES, *PROSPECTS)})
    partition = Partition(on)
    partition.tell(created("01", "B", expected_close_at="2026-03-02"), moved("02", "A"))
    told = [text for text in said(partition.tick("04")) if text.startswith("opp.")]
    assert told == [
        "opp.stage_changed firing condition_met",
        "opp.stage_changed resolved expired",
        "opp.regressed firing condition_met",
        "opp.close_date_passed firing condition_met",
    ]


def test_what_moves_says_from_where_to_where() -> None:
    partition = Partition(alone("opp.regressed"))
    partition.tell(created("01", "B"), moved("05", "A"))
    (record,) = partition.tick("06")
    assert record["values"]["stages"] == "B → A"
    assert record["summary"] == "Opportunity o of customer c went back, B → A: find out what it lacks."
