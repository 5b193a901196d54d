"""An employee who is erased: what goes, and that the sums of the team stay to the cent."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from streams.replay import replay_lines
from tests.unit.core.kit import contact, created, customer, deal, employee, event, money, plan, policy, us
from tests.unit.core.traces import traces
from tests.unit.core.works import Disk, Works

ANN = "ann-4711"
ON = {"enabled": True}
RULES = policy(
    alerts={
        "contact.overdue": {"escalate": [{"to": "owner"}, {"after": "1d", "to": "manager"}]},
        "task.overdue": ON,
        "goal.behind_pace": ON,
        "goal.milestone": ON,
    },
    scorecards={"sales": {"kpis": [{"kpi": "won_amount", "target": 100}, {"kpi": "contacts", "target": 5}]}},
)


def erased(when: str = "16", who: str = ANN, **more: Any) -> bytes:
    return event(when, "employee.erased", employee_id=who, **more)


PEOPLE = [
    employee(
        "01", ANN, name="Ann Secret", manager_id="boss", region="Nowhere", level="senior-4711", hired_at="2020-01-01"
    ),
    employee("01", "bob", name="Bob", manager_id=ANN, region="Here"),
    employee("01", "boss", team="heads", name="Boss"),
    event("02", "employee.absent", employee_id=ANN, **{"from": "2026-03-12", "to": "2026-03-13"}, reason="secret"),
]
STORY = [
    customer("01", owner_id=ANN),
    contact("02", employee_id=ANN, next_contact_at="04"),
    contact("02", employee_id="bob", customer_id="d"),
    created("03", owner_id=ANN, amount=money("900.01")),
    created("03", opportunity_id="p", owner_id=ANN, amount=money("100.10")),
    deal("06", "won", opportunity_id="p"),
    created("03", opportunity_id="q", customer_id="d", owner_id="bob", amount=money("7.07")),
    deal("06", "won", opportunity_id="q", customer_id="d"),
    plan("07", "08", employee_id=ANN),
    event("05", "task.assigned", employee_id=ANN, task_id="t", due_at="2026-03-08T00:00:00Z"),
    event("05", "usage.recorded", employee_id=ANN, action="login"),
    event("05", "expense.claimed", employee_id=ANN, expense_id="e", amount=money("3"), category="gift"),
    event("05", "expense.approved", employee_id=ANN, expense_id="e"),
    event("05", "assessment.submitted", employee_id=ANN, rater_id="bob", relation="peer", competency="x", score=50),
    event("05", "training.completed", employee_id=ANN, course="manners"),
    event("05", "improvement_plan.opened", employee_id=ANN, plan_id="plan",
          steps=[{"step": "call", "due_at": "2026-03-09T00:00:00Z"}]),
    event("05", "response.submitted", by=ANN, about=ANN, comment="Nowhere"),
    event("05", "campaign.launched", employee_id=ANN, campaign_id="fair"),
    event("05", "campaign.spent", campaign_id="fair", amount=money("11")),
    event("01", "target.set", scope="employee", scope_id=ANN, kpi="won_amount", period="2026-03", value=200),
    event("01", "target.set", scope="team", scope_id="north", kpi="contacts", period="2026-03", value=50),
]  # fmt: skip

REFERENCES = ("customer", "contacts", "opportunity", "employee", "seen", "erased", "case")
"""Kinds of state that name it by its id: what customers have been through, and that it is erased."""


def left(works: Works) -> list[str]:
    kinds = tuple(f'state of customers ["{kind}"' for kind in REFERENCES)
    kinds = (*kinds, 'state of employees ["gone"', "customers ", "opportunities ")
    return [place for place in traces(works, ANN) if not place.startswith(kinds)]


def totals(works: Works, team: str = "north") -> dict[str, Any]:
    """By period what the team comes to, without what follows from targets."""
    found = {}
    for key, record in works.topics["scores.teams"].items():
        if key.decode().startswith(f"{team}/"):
            known = {kpi: value for kpi, value in record["totals"].items() if kpi != "pipeline_coverage"}
            found[key.decode()] = known
    return found


def funnel(works: Works) -> dict[bytes, Any]:
    kept = ("stages", "count", "amount", "won_amount", "open_amount", "customers")
    return {key: {name: record[name] for name in kept} for key, record in works.topics["funnel"].items()}


@pytest.mark.parametrize("partitions", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_person_goes_and_the_sums_of_the_team_stay(partitions: int, seed: int) -> None:
    chance = Random(seed)
    works = Works(RULES, partitions, shelf=Disk, bound=chance.choice([0, 99]))
    works.tell(PEOPLE)
    for line in chance.sample(STORY, len(STORY)):
        works.tell([line])
        if chance.random() < 0.3:
            works.tick(us(f"{chance.randrange(1, 12):02d}"))
    works.tick(us("15"))
    works.tick(us("16"))
    before, pipeline = totals(works), funnel(works)
    assert [place for place in traces(works, ANN) if place.startswith("alerts.digest")]
    assert {"kpis.employees", "scores.employees", "alerts"} <= {place.split()[0] for place in traces(works, ANN)}
    works.tell([erased()])
    for _ in range(5):
        if chance.random() < 0.5:
            chance.choice(works.seats()).die(chance)
        works.tick(us("16"))
    assert left(works) == []
    assert traces(works, "Ann Secret", "Nowhere", "senior-4711", "2020-01-01") == []
    assert totals(works) == before
    assert funnel(works) == pipeline
    ranked = works.topics["scores.teams"][b"north/2026-03"]["ranking"]
    assert [place["employee_id"] for place in ranked] == ["bob"]


@pytest.mark.parametrize("partitions", [1, 3])
def test_what_it_had_to_do_with_goes_on_for_the_team(partitions: int) -> None:
    late = [deal("10", "won", amount=money("900.01")), contact("10", employee_id=ANN), contact("11", employee_id="bob")]
    refused = [*PEOPLE[:1], STORY[10], event("11", "usage.recorded", employee_id=ANN, action="login")]
    works, without = Works(RULES, partitions), Works(RULES, partitions)
    for one in (works, without):
        one.tell([*PEOPLE, *STORY])
        one.tick(us("09"))
    works.tell([erased("09")])
    for one in (works, without):
        for _ in range(3):
            one.tick(us("09"))
        one.tell(late)
        one.tick(us("15"))
        one.tick(us("15"), final=True)
    works.tell(refused)
    works.tick(us("15"), final=True)
    assert left(works) == []
    assert totals(works) == totals(without)
    alerts = {record["id"]: record for record in works.alerts}
    assert not [one for one in alerts.values() if one["employee_id"] == ANN and one["status"] != "resolved"]


def test_a_replay_shows_nothing_of_the_person() -> None:
    lines = [*PEOPLE, *STORY, erased(), contact("17", employee_id=ANN, customer_id="e")]
    result = replay_lines(lines, RULES, us("20"))
    assert ANN not in {who for who, _, _ in result.kpis}
    assert {who for who, _, _ in result.kpis} == {"bob"}
    assert "Ann Secret" not in str(result)
    (team,) = [one for one in result.teams if one["team"] == "north" and one["period"] == "2026-03"]
    assert team["totals"]["contacts"] == 3


def test_who_is_erased_before_the_record_comes_is_no_person_either() -> None:
    works = Works(RULES, 3)
    works.tell([erased("01")])
    works.tick(us("01"))
    works.tick(us("01"))
    works.tell([*PEOPLE, *STORY])
    works.tick(us("16"), final=True)
    assert left(works) == []
    assert traces(works, "Ann Secret") == []


def test_what_others_took_over_stays_theirs() -> None:
    # 04 planned │ 05 overdue, ann's │ 07 bob's │ 09 ann is erased
    works = Works(RULES, 3)
    works.tell([*PEOPLE, customer("01", owner_id=ANN), contact("02", employee_id="bob", next_contact_at="04")])
    works.tick(us("06"))
    works.tell([event("07", "customer.owner_changed", customer_id="c", to="bob"), erased("09")])
    for _ in range(5):
        works.tick(us("09"))
    assert left(works) == []
    standing = [alert for alert in works.topics["alerts"].values() if alert["status"] == "firing"]
    assert [(alert["rule"], alert["employee_id"]) for alert in standing] == [("contact.overdue", "bob")]
    assert b"bob" in works.topics["alerts.digest"]
