"""Each check of a round passes what fits together, and names what does not."""

from copy import deepcopy
from typing import Any

from tests.acceptance.comparing import unlike
from tests.chaos import checks
from tests.chaos.outputs import Change
from tests.chaos.round import told_alike
from tests.chaos.sender import Place

Record = dict[str, Any]
AT = "2026-03-31T22:00:00Z"
UNTIL = "2026-06-29T22:00:00Z"
"""The last instant at which what ended then is there."""
LATER = "2026-06-29T22:00:01Z"


def kpis(employee: str, **values: float) -> Record:
    rows = [{"kpi": kpi, "value": value, "count": 1} for kpi, value in values.items()]
    return {"employee_id": employee, "period": "2026", "as_of": AT, "policy_version": "p", "kpis": rows}


KPIS = {"ann/2026": kpis("ann", contacts=3, won_amount=10.25), "ben/2026": kpis("ben", contacts=4)}
SCORES: dict[str, Record] = {
    "ann/2026": {
        "employee_id": "ann", "role": "sales", "team": "north", "score": 50.0, "rating": "C",
        "as_of": AT, "policy_version": "p",
        "kpis": [{"kpi": "won_amount", "value": 10.25, "count": 1}, {"kpi": "win_rate", "value": None, "count": 0}],
    }
}  # fmt: skip
TEAMS: dict[str, Record] = {
    "north/2026": {
        "team": "north", "period": "2026", "totals": {"contacts": 7, "won_amount": 10.25},
        "ranking": [{"employee_id": "ann", "role": "sales", "score": 50.0, "rating": "C"}],
    }
}  # fmt: skip
MEMBERS = {"ann": "north", "ben": "north", "cas": "south"}


def alert(id: str, status: str = "firing", opportunity: str | None = None) -> Record:
    return {
        "id": id, "rule": "opp.stalled" if opportunity else "contact.overdue", "status": status, "reason": "held",
        "customer_id": "cus-1", "opportunity_id": opportunity, "fired_at": AT,
        "ended_at": AT if status == "resolved" else None,
    }  # fmt: skip


ALERTS = {"a": alert("a"), "b": alert("b", opportunity="opp-1"), "c": alert("c", "resolved")}
CHANGES = {id: [Change(5, record)] for id, record in ALERTS.items()}


def test_what_fits_together_passes() -> None:
    assert checks.scores_are_of_the_kpis(KPIS, SCORES) == []
    assert checks.teams_add_up(KPIS, TEAMS, MEMBERS) == []
    assert checks.teams_rank_the_scores(SCORES, TEAMS) == []
    assert checks.one_alert_open(ALERTS) == []
    assert checks.log_ends_as_table(ALERTS, CHANGES, UNTIL) == []
    assert checks.one_home_per_key({"alerts": {"a": {0}, "b": {1}}}) == []


def test_a_key_in_two_partitions_is_found() -> None:
    (wrong,) = checks.one_home_per_key({"alerts": {"a": {0, 2}, "b": {1}}})
    assert wrong == "alerts: a stands in partitions [0, 2]"


def test_two_open_alerts_of_one_customer_are_found() -> None:
    (wrong,) = checks.one_alert_open(ALERTS | {"d": alert("d", "pending")})
    assert wrong == "contact.overdue of cus-1 is open 2 times: ['a', 'd']"


def test_an_alert_under_the_key_of_another_is_found() -> None:
    (wrong,) = checks.one_alert_open({"x": alert("c", "resolved")})
    assert wrong == "alerts: c stands under the key x"


def test_an_alert_whose_log_ends_otherwise_is_found() -> None:
    (wrong,) = checks.log_ends_as_table(ALERTS, CHANGES | {"a": [Change(5, alert("a", "resolved"))]}, UNTIL)
    assert wrong.startswith("a ends as ")


def test_an_alert_of_which_the_log_knows_nothing_is_found_and_so_is_the_opposite() -> None:
    without = {id: changes for id, changes in CHANGES.items() if id != "a"}
    assert checks.log_ends_as_table(ALERTS, without, UNTIL) == ["a is in alerts and not in alerts.log"]
    (wrong,) = checks.log_ends_as_table({id: ALERTS[id] for id in without}, CHANGES, UNTIL)
    assert wrong.startswith("a ends as None in alerts")


def test_what_ended_long_ago_may_be_deleted_and_nothing_else() -> None:
    left = {id: ALERTS[id] for id in ("a", "b")}
    assert checks.log_ends_as_table(left, CHANGES, LATER) == []
    for alerts, until in ((left, UNTIL), ({"b": ALERTS["b"]}, LATER)):
        (wrong,) = checks.log_ends_as_table(alerts, CHANGES, until)
        assert " ends as None in alerts" in wrong


def test_what_ended_long_ago_may_be_deleted_though_it_was_told_to_two_employees_in_one_flush() -> None:
    told = [Change(9, alert("c", "firing")), Change(9, ALERTS["c"])]
    assert checks.log_ends_as_table({}, {"c": told}, LATER) == []
    assert checks.log_ends_as_table({}, {"c": told}, UNTIL)
    assert checks.log_ends_as_table({}, {"c": told[:1]}, LATER)


def test_of_an_alert_that_moved_to_another_employee_the_later_record_counts() -> None:
    before, now = alert("a", "pending"), ALERTS["a"]
    assert checks.log_ends_as_table({"a": now}, {"a": [Change(9, now), Change(5, before)]}, UNTIL) == []
    assert checks.log_ends_as_table({"a": before}, {"a": [Change(9, now), Change(5, before)]}, UNTIL)


def test_a_dead_letter_may_come_twice_but_must_come_with_its_bytes_and_for_nothing_else() -> None:
    at, other = Place("crm.contacts", 1, 7), Place("crm.contacts", 1, 8)
    assert checks.malformed_alone_are_dead({at: [b"x", b"x"]}, {at: b"x"}) == []
    assert checks.malformed_alone_are_dead({}, {at: b"x"})
    assert checks.malformed_alone_are_dead({at: [b"x"]}, {})
    assert checks.malformed_alone_are_dead({at: [b"x", b"y"]}, {at: b"x"})
    assert checks.malformed_alone_are_dead({at: [b"x"], other: [b"y"]}, {at: b"x"})


def test_a_score_of_another_value_or_instant_or_of_nobody_is_found() -> None:
    record = deepcopy(KPIS["ann/2026"])
    record["kpis"][1]["value"] = 10.24
    record["as_of"] = "2026-03-30T22:00:00Z"
    wrong = checks.scores_are_of_the_kpis({"ann/2026": record}, SCORES)
    assert [one.split(" ")[1] for one in wrong] == ["won_amount", "as_of"]
    assert checks.scores_are_of_the_kpis({}, SCORES) == ["ann/2026 has a score and no KPIs"]


def test_a_team_that_counts_one_contact_or_cent_more_than_its_members_is_found() -> None:
    more = deepcopy(TEAMS)
    more["north/2026"]["totals"] = {"contacts": 8, "won_amount": 10.30}
    wrong = checks.teams_add_up(KPIS, more, MEMBERS)
    assert [one.split(" ")[1] for one in wrong] == ["contacts", "won_amount"]


def test_a_team_that_is_missing_is_found() -> None:
    assert checks.teams_add_up(KPIS, {}, MEMBERS) == ["north/2026 should be a team's and is not"]


def test_a_ranking_of_another_score_is_found() -> None:
    ranked = deepcopy(TEAMS)
    ranked["north/2026"]["ranking"][0]["score"] = 51.0
    (wrong,) = checks.teams_rank_the_scores(SCORES, ranked)
    assert wrong.startswith("north/2026: ann is ranked with (51.0, 'C', 'sales', 'north')")


def test_records_that_are_missing_additional_or_other_are_unlike() -> None:
    assert unlike({"a": 1}, {"a": 1}) == []
    assert [one.split("\n")[0] for one in unlike({"a": 1, "b": 2}, {"b": 3, "c": 4})] == ["a", "b", "c"]


def test_of_goals_those_are_compared_of_which_every_day_is_known() -> None:
    rules = {"2026": "goal.achieved", "2025-12": "perf.low"}
    rules |= dict.fromkeys(("2026-03", "2026-04", "2026-Q1", "2026-Q2"), "goal.at_risk")
    over = {"status": "resolved", "reason": "expired", "fired_at": AT}
    alerts = [over | {"id": period, "rule": rule, "values": {"period": period}} for period, rule in rules.items()]
    assert set(told_alike(alerts, UNTIL)) == {"2026-04", "2026-Q2", "2026", "2025-12"}
