"""What must hold of the outputs in the end. Each check answers with what does not, one line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose
from typing import Any

from tests.acceptance.comparing import Records, kept, standing
from tests.chaos.outputs import Change, Outputs
from tests.chaos.sender import Place
from tests.oracle.comparing import RULES, Told, kpis_of, scores_of, subject_of
from tests.oracle.kpis import COUNTS, MONEY

OPEN = ("pending", "firing", "acknowledged")
Homes = Mapping[str, Mapping[str, set[int]]]


def told(outputs: Outputs) -> Told:
    """What the output topics tell, for the recount to judge."""
    tables = outputs.tables
    return Told(
        kpis_of(tables["kpis.employees"].values()),
        scores_of(tables["scores.employees"].values()),
        standing(tables["alerts"].values()),
    )


def one_home_per_key(homes: Homes) -> list[str]:
    """A key in two partitions would have two newest records."""
    return [
        f"{topic}: {key} stands in partitions {sorted(partitions)}"
        for topic, keys in homes.items()
        for key, partitions in keys.items()
        if len(partitions) > 1
    ]


def one_alert_open(alerts: Records) -> list[str]:
    """An alert stands under its id; of each rule and invoice, opportunity or customer at most one is open."""
    wrong = [f"alerts: {alert['id']} stands under the key {key}" for key, alert in alerts.items() if alert["id"] != key]
    found: dict[tuple[str, str], list[str]] = {}
    for key, alert in alerts.items():
        if alert["status"] in OPEN and alert["rule"] in RULES:
            found.setdefault((alert["rule"], subject_of(alert)), []).append(key)
    wrong += [f"{rule} of {about} is open {len(ids)} times: {ids}" for (rule, about), ids in found.items() if ids[1:]]
    return wrong


def log_ends_as_table(alerts: Records, changes: Mapping[str, Sequence[Change]], until: str) -> list[str]:
    """The last change of an alert is its state, unless it ended so long before an instant that it is deleted by then.
    One that went to another employee has a last one in two partitions; of one instant either may be the later."""
    wrong = [f"{id} is in alerts and not in alerts.log" for id in sorted(alerts.keys() - changes.keys())]
    for id, last in sorted(changes.items()):
        newest = max(change.timestamp for change in last)
        states = [change.record for change in last if change.timestamp == newest]
        deleted = id not in alerts and len(kept(states, until)) < len(states)
        if not deleted and alerts.get(id) not in states:
            wrong.append(f"{id} ends as {alerts.get(id)} in alerts, and as {last} in alerts.log")
    return wrong


def malformed_alone_are_dead(letters: Mapping[Place, Sequence[bytes]], malformed: Mapping[Place, bytes]) -> list[str]:
    """Each malformed line has a dead letter with its bytes, once or, of a batch that was read again, more often."""
    return [
        f"{where}: the dead letters hold {letters.get(where)}, the line was {malformed.get(where)!r}"[:400]
        for where in sorted(letters.keys() | malformed.keys())
        if set(letters.get(where, ())) != ({malformed[where]} if where in malformed else set())
    ]


def scores_are_of_the_kpis(kpis: Records, scores: Records) -> list[str]:
    """A scorecard shows the values, the count and the instant of the KPI record of its employee and period."""
    wrong = []
    for key, score in sorted(scores.items()):
        record = kpis.get(key)
        if record is None:
            wrong.append(f"{key} has a score and no KPIs")
            continue
        values = {kpi["kpi"]: (kpi["value"], kpi["count"]) for kpi in record["kpis"]}
        for line in score["kpis"]:
            if (line["value"], line["count"]) != values.get(line["kpi"], (None, 0)):
                wrong.append(f"{key}: {line['kpi']} is {line['value']} in the score, {values.get(line['kpi'])} in KPIs")
        for field in ("as_of", "policy_version"):
            if score[field] != record[field]:
                wrong.append(f"{key}: {field} is {score[field]} in the score, {record[field]} in the KPIs")
    return wrong


def teams_add_up(kpis: Records, teams: Records, members: Mapping[str, str]) -> list[str]:
    """A team's sums and counts are those of its members' KPI records. `members`: employee -> team."""
    sums: dict[str, dict[str, float]] = {}
    for record in kpis.values():
        if team := members.get(record["employee_id"]):
            total = sums.setdefault(f"{team}/{record['period']}", {})
            for kpi in record["kpis"]:
                total[kpi["kpi"]] = total.get(kpi["kpi"], 0) + kpi["value"]
    wrong = [f"{key} should be a team's and is not" for key in sorted(sums.keys() - teams.keys())]
    for key, row in sorted(teams.items()):
        for name in (*COUNTS, *MONEY):
            own, due = row["totals"].get(name, 0), sums.get(key, {}).get(name, 0)
            # Each member's amount is rounded to the cent; the sum of hundreds may be off by as many half cents.
            if not isclose(own, due, abs_tol=0.005 * (len(members) + 1) if name in MONEY else 0):
                wrong.append(f"{key}: {name} is {own}, its members have {due}")
    return wrong


def teams_rank_the_scores(scores: Records, teams: Records) -> list[str]:
    """Whoever stands in a team's ranking has that score, rating and team in the scorecard."""
    wrong = []
    for key, team in sorted(teams.items()):
        for row in team["ranking"]:
            card: dict[str, Any] = scores.get(f"{row['employee_id']}/{team['period']}", {})
            shown = (row["score"], row["rating"], row["role"], team["team"])
            if shown != (card.get("score"), card.get("rating"), card.get("role"), card.get("team")):
                wrong.append(f"{key}: {row['employee_id']} is ranked with {shown}, the scorecard says {card}")
    return wrong
