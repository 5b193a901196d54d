"""What another policy changes, worked out by hand, and how it is told."""

from __future__ import annotations

import copy
from pathlib import Path

import orjson
import pytest

from streams.comparison import compare, in_words
from tests.unit.cli.test_explain import run
from tests.unit.core.kit import STAGES
from tests.unit.explain.small import CARD, company, read, rules, stored

PERIOD = "2026-03"
DEARER = [CARD[0] | {"target": 100}, *CARD[1:]]


def test_nothing_changes_under_the_same_policy() -> None:
    found = compare(read(company()), read(company()), PERIOD)
    assert (found["policy"], found["people"], found["alerts"]) == ([], [], [])
    assert found["unchanged"] == 2


def test_another_target_changes_points_score_and_rating() -> None:
    # ann: 120 of 100, at its cap of 1.2: 48 points in the place of 24, 82 in all. bob: 3 of 30 points as before.
    found = compare(read(company()), read(company(), rules(DEARER)), PERIOD)
    (ann,) = found["people"]  # bob has won nothing, so he earns no points for it by either
    assert (ann["employee_id"], found["unchanged"]) == ("ann", 1)
    assert ann["score"] == {"before": 58.0, "after": 82.0}
    assert ann["rating"] == {"before": "D", "after": "B"}
    assert [line["kpi"] for line in ann["scorecard"]] == ["won_amount"]
    # 70 open of the 80 that remain of the target of 200; of one of 100 nothing remains.
    assert ann["kpis"] == [{"kpi": "pipeline_coverage", "before": 0.875, "after": None}]
    assert found["policy"][0]["section"] == "Scorecards"
    assert "target 200" in found["policy"][0]["before"][0]
    assert "target 100" in found["policy"][0]["after"][0]


def test_a_kpi_that_the_policy_makes_another_is_told() -> None:
    stages = copy.deepcopy(STAGES)
    stages[0]["probability"] = 0.5  # of o3, which stands open in A for 70
    found = compare(read(company()), read(company(), rules(pipeline={"stages": stages})), PERIOD)
    (ann,) = found["people"]
    assert ann["kpis"] == [{"kpi": "expected_revenue", "before": 7.0, "after": 35.0}]
    assert ann["score"]["before"] == ann["score"]["after"]


def test_alerts_that_would_fire_and_fire_no_more_are_told_by_rule_and_employee() -> None:
    # d is bob's since the 1st and was reached on the 14th alone: 13 days, and 17 to the 31st. c, ann's, was reached on
    # the 2nd, 4th and 13th: 18 days to the 31st. Within 30 days all of it is well.
    strict = rules(contact={"intervals": {"default": "10d"}})
    stages = [stage | ({"stall_after": "99d"} if "stall_after" in stage else {}) for stage in STAGES]
    lax = rules(pipeline={"stages": stages})
    d, c = ({"customer_id": name, "opportunity_id": None, "case": None} for name in "dc")
    assert compare(read(company()), read(company(), strict), PERIOD)["alerts"] == [
        {"rule": rule, "employee_id": who, "before": 0, "after": len(new), "new": new, "gone": []}
        for rule, who, new in (("contact.interval_exceeded", "ann", [c]), ("contact.interval_exceeded", "bob", [d, d]))
    ]
    # Within 14 days d was left alone once already, and c as well: that stays, and is not told.
    wide = rules(contact={"intervals": {"default": "14d"}})
    assert compare(read(company(), wide), read(company(), strict), PERIOD)["alerts"] == [
        {"rule": "contact.interval_exceeded", "employee_id": "bob", "before": 1, "after": 2, "new": [d], "gone": []}
    ]
    assert compare(read(company()), read(company(), strict), "7d")["alerts"] == []  # the last of it began on the 24th
    # o3 is in A since the 8th, for more than 10 days; before that it was won within two.
    stalled = {"customer_id": "c", "opportunity_id": "o3", "case": None}
    assert compare(read(company()), read(company(), lax), PERIOD)["alerts"] == [
        {"rule": "opp.stalled", "employee_id": "ann", "before": 1, "after": 0, "new": [], "gone": [stalled]}
    ]


def test_policies_in_words() -> None:
    assert in_words(rules(), rules()) == []
    found = in_words(rules(), rules(contact={"grace": "3d"}))
    assert found == [
        {
            "section": "Follow-up",
            "before": ["It is overdue 1 day after its time."],
            "after": ["It is overdue 3 days after its time."],
        }
    ]


def asked(folder: Path, *more: str) -> list[str]:
    options = stored(folder, company())
    new = folder / "new.yaml"
    new.write_text(rules(DEARER, contact={"intervals": {"default": "10d"}}).text)
    return ["policy", "diff", options[4], str(new), *options[:3], *options[5:], *more]


def test_as_it_is_typed(tmp_path: Path) -> None:
    found = run(*asked(tmp_path, "--period", PERIOD))
    assert found.exit_code == 0
    for part in ("58.0 → 82.0", "+24.0", "D → B", "points: won_amount 24.0/40 → 48.0/40", "contact.interval_exceeded"):
        assert part in found.stdout
    told = orjson.loads(run(*asked(tmp_path, "--format", "json")).stdout)
    assert told["period"] == PERIOD  # the month of the instant
    assert told["people"][0]["rating"]["after"] == "B"


@pytest.mark.parametrize(
    ("more", "says"),
    [(["--period", "2026-3"], "Did you mean 2026-03?"), (["--period", "2031"], "There are no figures in 2031")],
)
def test_mistyped(tmp_path: Path, more: list[str], says: str) -> None:
    found = run(*asked(tmp_path, *more))
    assert (found.exit_code, says in found.stderr) == (2, True)


def test_without_events(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(rules().text)
    found = run("policy", "diff", str(file), str(file))
    assert (found.exit_code, "give --events FILE" in found.stderr) == (2, True)
