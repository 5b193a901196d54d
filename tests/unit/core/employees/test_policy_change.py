"""A new policy in the second and the last stage: whatever was published is scored anew, some of it at a time."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.core.company import Company
from streams.core.employees import Employees
from streams.core.records import Contribution, Profile, Totals, key_of, packed, write_policy
from streams.core.stage import POLICY, TICK, Send
from streams.core.units import ATOM, QUANTITY
from streams.policy import Policy
from tests.unit.core.kit import MARCH, policy, tick, us

NOW = us("15")
PEOPLE = ("ann", "bob", "cid")


def card(target: int) -> Policy:
    return policy(scorecards={"sales": {"kpis": [{"kpi": "won_amount", "target": target}]}}, ratings={"top": 90})


def office(origin: int = 0, rescored: int = 3) -> Employees:
    """Three who won 50 in March; each has a month, a quarter and a year."""
    stage = Employees(card(100), origin, rescored)
    for name in PEOPLE:
        won = Contribution(1, NOW, packed({"won": 1, "won_amount": 50 * ATOM}))
        profile = Profile(1, NOW, {"role": "sales", "team": "north"})
        stage.apply(key_of(name, "profile", 0), msgspec.msgpack.encode(profile), 1)
        stage.apply(key_of(name, MARCH, 0), msgspec.msgpack.encode(won), 2)
    return stage


def scores(sends: list[Send]) -> dict[str, Any]:
    """The scores of March by employee, with the policy that they follow from."""
    return {
        send.value["employee_id"]: (send.value["score"], send.value["policy_version"])
        for send in sends
        if isinstance(send.value, dict) and send.topic == "scores.employees" and send.value["period"] == "2026-03"
    }


def test_everybody_is_scored_anew_so_many_periods_at_each_flush() -> None:
    stage, renewed = office(), card(50)
    assert scores(stage.flush().sends) == dict.fromkeys(PEOPLE, (50.0, card(100).version))
    stage.apply(POLICY, write_policy(renewed), 3)
    assert stage.policy_version == renewed.version
    for name in PEOPLE:
        assert scores(stage.flush().sends) == {name: (100.0, renewed.version)}
    assert scores(stage.flush().sends) == {}


def test_competencies_are_weighed_anew() -> None:
    assessed = {"superior_scores:x": 1, "superior_scored:x": 80 * QUANTITY, "peer_scores:x": 4,
                "peer_scored:x": 160 * QUANTITY, "peer_raters@month:x": 2, "peer_raters@quarter:x": 2,
                "peer_raters@year:x": 3}  # fmt: skip
    stage = Employees(policy(), 0)
    stage.apply(key_of("ann", MARCH, 0), msgspec.msgpack.encode(Contribution(1, NOW, packed(assessed))), 1)

    def told() -> list[float]:
        found = {}
        for send in stage.flush().sends:
            if send.topic == "kpis.employees" and isinstance(send.value, dict):
                (cell,) = (cell for cell in send.value["kpis"] if cell["kpi"] == "competency_x")
                found[send.value["period"]] = cell["value"]
        return [found.get(period, 0.0) for period in ("2026-03", "2026-Q1", "2026")]

    assert told() == [80, 80, (40 * 80 + 30 * 40) / 70]  # in the year there were three peers
    stage.apply(POLICY, write_policy(policy(assessments={"min_raters": 2, "weights": {"peer": 3, "superior": 1}})), 3)
    assert told() == [50, 50, 50]
    stage.apply(POLICY, write_policy(policy(assessments={"min_raters": 2, "weights": {"peer": 1}})), 4)
    assert told() == [40, 40, 40]
    assert told() == [0, 0, 0]  # nothing is told twice


def test_at_the_end_of_a_run_the_rest_is_scored_at_once() -> None:
    stage = office()
    stage.flush()
    stage.apply(POLICY, write_policy(card(50)), 3)
    stage.apply(TICK, tick(NOW, final=True), 4)
    assert set(scores(stage.flush().sends)) == set(PEOPLE)


def test_who_is_still_to_be_scored_survives_a_restart_and_so_does_the_policy() -> None:
    stage = office()
    states = dict(stage.flush().states)
    stage.apply(POLICY, write_policy(card(50)), 3)
    states |= dict(stage.flush().states)
    again = Employees(card(7), 0, 3)  # what the file of the next worker says
    for key, value in states.items():
        assert value is not None
        again.restore(key, value)
    again.restored()
    assert again.policy_version == card(50).version
    assert [list(scores(again.flush().sends)) for _ in range(3)] == [["bob"], ["cid"], []]


def test_the_same_policy_again_changes_nothing_and_the_first_partition_hands_it_on() -> None:
    for origin, copies in ((0, 1), (1, 0)):
        stage = office(origin)
        stage.flush()
        stage.apply(POLICY, write_policy(card(100)), 3)
        assert [(send.topic, send.key, send.route) for send in stage.flush().sends] == [
            ("streams.rollup", POLICY, 0)
        ] * copies


def test_teams_are_told_with_the_new_policy_and_keep_it() -> None:
    stage, renewed = Company(card(100), 0), card(50)
    totals = Totals(1, NOW, {"team": "north"}, packed({"won": 1}), "50", None)
    stage.apply(key_of("ann", "2026-03"), msgspec.msgpack.encode(totals), 1)
    states = dict(stage.flush().states)
    stage.apply(POLICY, write_policy(renewed), 2)
    changes = stage.flush()
    assert [send.value["policy_version"] for send in changes.sends if isinstance(send.value, dict)] == [renewed.version]
    again = Company(card(7), 0)
    for key, value in (states | dict(changes.states)).items():
        assert value is not None
        again.restore(key, value)
    again.restored()
    assert again.policy_version == renewed.version
    again.apply(POLICY, write_policy(renewed), 3)
    assert again.flush().sends == []


def test_another_process_goes_on_by_the_policy_of_the_state_whatever_its_own() -> None:
    stage, renewed = office(), card(50)
    states: dict[bytes, bytes | None] = {}
    stage.apply(POLICY, write_policy(renewed), 3)
    for _ in range(5):
        states |= dict(stage.flush().states)
    other = Employees(card(200), 0)
    for key, value in states.items():
        if value is not None:
            other.restore(key, value)
    other.restored()
    assert other.flush().sends == []
    more = Contribution(4, NOW, packed({"won": 2, "won_amount": 40 * ATOM}))
    other.apply(key_of("ann", MARCH, 0), msgspec.msgpack.encode(more), 4)
    assert scores(other.flush().sends) == {"ann": (80.0, renewed.version)}
