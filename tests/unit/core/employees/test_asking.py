"""Which scorecard somebody has, and how much of it is asked of who was here for a part of a period."""

from __future__ import annotations

from typing import Any

from streams.core.formats import tagged
from streams.core.notices.facts import Away, away_key
from streams.core.units import ATOM
from tests.unit.core.employees.office import Office
from tests.unit.core.kit import MARCH, policy, us


def card(target: int) -> dict[str, Any]:
    return {"kpis": [{"kpi": "won_amount", "target": target}]}


def office(cards: dict[str, Any] | None = None, pro_rata: bool = True) -> Office:
    rules = policy(
        scorecards={"sales": card(310)} | (cards or {}),
        targets={"pro_rata": pro_rata},
    )
    found = Office(rules)
    found.fact(MARCH, {"won_amount": 31 * ATOM, "won": 1})
    return found


def target(sent: dict[str, Any], period: str = "2026-03") -> float | None:
    record = sent[f"scores {period}"]
    value: float | None = None if record is None else record["kpis"][0]["target"]
    return value


def test_the_card_of_the_person_goes_before_that_of_the_team_and_that_before_the_role() -> None:
    cards = {"team:north": card(100), "employee:bob": card(7)}
    ann = office(cards)
    ann.profile()
    assert target(ann.flush()) == 100.0
    ann.profile(2, team="south")
    assert target(ann.flush()) == 310.0
    ann = office(cards | {"employee:ann": card(50)})
    ann.profile()
    assert target(ann.flush()) == 50.0


def test_who_was_hired_or_left_in_a_period_is_asked_for_its_part() -> None:
    ann = office()
    ann.profile(hired_at="2026-03-22")
    sent = ann.flush()
    assert target(sent) == 100.0  # ten of 31 days
    assert sent["scores 2026-03"]["score"] == 31.0
    ann.profile(2, hired_at="2026-03-22", left_at="2026-03-27T08:00:00Z", active=False)
    assert target(ann.flush()) == 50.0
    ann.profile(3, hired_at="2026-04-01")
    assert target(ann.flush()) is None


def test_an_absence_asks_for_less_and_only_where_the_policy_says_so() -> None:
    for pro_rata, asked in ((True, 210.0), (False, None)):
        ann = office(pro_rata=pro_rata)
        ann.profile()
        assert target(ann.flush()) == 310.0
        ann.give(away_key("ann", 0), tagged(Away(1, [(us("01"), us("11"))])))
        sent = ann.flush()
        assert (target(sent) if asked else sent.get("scores 2026-03")) == asked
        assert target(_again(ann)) == (asked or 310.0)


def _again(ann: Office) -> dict[str, Any]:
    other = ann.restarted()
    other.tick(us("16"))
    return other.flush()


def test_what_was_set_is_asked_of_everybody_in_full() -> None:
    ann = office()
    ann.profile(hired_at="2026-03-22")
    ann.goal("won_amount", "2026-03", "62")
    assert target(ann.flush()) == 62.0
