"""The last stage: what is told of teams when a member's figures change."""

from __future__ import annotations

from typing import Any

from streams.core.company import Company
from streams.core.formats import tagged
from streams.core.ratio import Ratio, write_ratio
from streams.core.records import Totals, key_of
from streams.core.stage import TICK
from streams.core.units import ATOM
from tests.unit.core.kit import policy, tick, us

NOW = us("15")
MONTH = "2026-03"


class House:
    """Told rows of employees in March 2026; `flush` answers what is sent, by team."""

    def __init__(self, wait: int = 0) -> None:
        self.wait = wait
        self.stage = Company(policy(), 0, wait)
        self.states: dict[bytes, bytes] = {}
        self._offset = 0

    def row(
        self, employee: str, team: str, score: Ratio, *, won: int = 1, active: bool = True, period: str = MONTH
    ) -> None:
        profile = {"team": team, "name": employee.title(), "role": "sales", "active": active}
        measures: dict[str, int | str] = {"won": won, "won_amount": str(won * 100 * ATOM)}
        totals = Totals(self._offset, NOW, profile, measures, write_ratio(score), None)
        self.give(key_of(employee, period), tagged(totals))

    def gone(self, employee: str) -> None:
        self.give(key_of(employee, MONTH), b"")

    def give(self, key: bytes, value: bytes) -> None:
        self._offset += 1
        self.stage.apply(key, value, self._offset)

    def flush(self) -> dict[str, Any]:
        changes = self.stage.flush()
        for key, value in changes.states:
            if value is None:
                self.states.pop(key, None)
            else:
                self.states[key] = value
        return {send.key.decode().removesuffix(f"/{MONTH}"): send.value for send in changes.sends}

    def restart(self) -> None:
        self.stage = Company(policy(), 0, self.wait)
        for key, value in reversed(self.states.items()):
            self.stage.restore(key, value)
        self.stage.restored()


def three() -> House:
    house = House()
    house.row("ann", "north", Ratio(90))
    house.row("bob", "south", Ratio(80))
    house.row("cid", "west", Ratio(70))
    house.flush()
    return house


def test_teams_are_summed_scored_and_ranked() -> None:
    house = House()
    house.row("ann", "north", Ratio(90), won=2)
    house.row("bob", "north", Ratio(80))
    house.row("cid", "south", Ratio(86))
    sent = house.flush()
    assert {team: (record["score"], record["rank"]) for team, record in sent.items()} == {
        "north": (85.0, 2),
        "south": (86.0, 1),
    }
    assert sent["north"]["totals"]["won_amount"] == 300.0
    assert [(line["employee_id"], line["rank"]) for line in sent["north"]["ranking"]] == [("ann", 1), ("bob", 2)]


def test_a_team_that_did_not_change_is_told_again_only_if_its_rank_did() -> None:
    house = three()
    house.row("ann", "north", Ratio(95))
    assert list(house.flush()) == ["north"]
    house.row("cid", "west", Ratio(85))
    sent = house.flush()
    assert {team: record["rank"] for team, record in sent.items()} == {"south": 3, "west": 2}
    assert house.flush() == {}


def test_teams_whose_scores_are_told_as_equal_share_a_rank() -> None:
    house = three()
    house.row("bob", "south", Ratio(90 * 3**40 + 1, 3**40))
    assert {team: record["rank"] for team, record in house.flush().items()} == {"south": 1}


def test_somebody_who_changes_teams_leaves_the_one_and_counts_in_the_other() -> None:
    house = three()
    house.row("bob", "north", Ratio(80))
    sent = house.flush()
    assert sent["south"] is None
    assert (sent["north"]["score"], sent["north"]["totals"]["won_count"]) == (85.0, 2)
    assert sent["west"]["rank"] == 2
    house.gone("bob")
    assert house.flush()["north"]["totals"]["won_count"] == 1


def test_who_is_not_active_counts_in_the_sums_and_not_in_the_score() -> None:
    house = three()
    house.row("dan", "north", Ratio(10), active=False)
    record = house.flush()["north"]
    assert (record["score"], record["totals"]["won_count"], len(record["ranking"])) == (90.0, 2, 1)


def test_a_restart_says_nothing_and_knows_who_stood_where() -> None:
    house = three()
    house.restart()
    assert house.flush() == {}
    house.row("cid", "west", Ratio(85))
    assert sorted(house.flush()) == ["south", "west"]


def test_a_new_day_tells_of_all_that_had_not_ended() -> None:
    house = three()
    house.row("ann", "north", Ratio(90), period="2026-02")
    house.give(TICK, tick(NOW))
    house.flush()
    house.give(TICK, tick(us("16")))
    assert sorted(house.flush()) == ["north", "south", "west"]
