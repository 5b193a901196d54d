import pytest

from streams.demo.board import KEPT_DAYS
from streams.demo.words import spark
from tests.unit.demo.records import model, score, team


def test_the_best_come_first_and_of_equals_whoever_won_more() -> None:
    board = model(score("a", 50), score("b", 90, won=10), score("c", 90, won=20)).board

    assert [(row.place, row.employee) for row in board.rows()] == [(1, "c"), (2, "b"), (3, "a")]


def test_only_the_period_that_is_shown_counts() -> None:
    assert model(score("a", 50, period="2025-03"), score("a", 60, period="7d")).board.rows() == []


@pytest.mark.parametrize("gone", [None, score("a", None)[2]], ids=["tombstone", "no score"])
def test_who_has_no_score_any_more_leaves_the_board(gone: bytes | None) -> None:
    board = model(score("a", 50), ("scores.employees", b"a/30d", gone)).board

    assert board.rows() == []


def test_names_come_from_the_teams_and_ids_stand_in_until_then() -> None:
    board = model(score("a", 50), score("b", 40), team("North", 45.0, 1, a="Ada", b=None)).board

    assert [row.name for row in board.rows()] == ["Ada", "b"]


# day        1    2    8    9
# a         10   30        50
# b         40        20   60
# Then (of day 2): b 40, a 30. Now: b 60, a 50.
def test_places_are_compared_with_a_week_ago() -> None:
    told = [("a", 1, 10), ("b", 1, 40), ("a", 2, 30), ("b", 8, 20), ("a", 9, 50), ("b", 9, 45), ("c", 9, 1)]
    board = model(*(score(one, value, day) for one, day, value in told)).board

    assert {row.employee: row.moved for row in board.rows()} == {"a": 1, "b": -1, "c": None}


def test_the_trend_holds_the_last_score_of_each_day_and_forgets_the_oldest() -> None:
    days = [*range(1, 31), 30]
    board = model(*(score("a", float(number), day) for number, day in enumerate(days))).board

    trend = board.rows()[0].trend
    assert len(trend) == KEPT_DAYS
    assert trend[-2:] == (28.0, 30.0)


def test_teams_without_a_score_stand_last() -> None:
    board = model(team("South", 60.0, 2), team("Service", None, None), team("North", 80.0, 1)).board

    assert [record.team for record in board.teams()] == ["North", "South", "Service"]


def test_a_team_that_is_gone_is_no_longer_shown() -> None:
    board = model(team("South", 60.0, 1), ("scores.teams", b"South/30d", None)).board

    assert board.teams() == []


@pytest.mark.parametrize(
    ("values", "least_span", "drawn"),
    [
        ((), 0, "    "),
        ((5.0,), 10, "   ▅"),
        ((0.0, 100.0), 10, "  ▁█"),
        ((1.0, 2.0, 3.0, 4.0, 5.0, 6.0), 1, "▁▃▆█"),
        ((50.0, 51.0), 70, "  ▄▅"),
    ],
    ids=["nothing", "one", "all", "the last ones", "hardly any change"],
)
def test_a_trend_is_drawn_at_its_width(values: tuple[float, ...], least_span: float, drawn: str) -> None:
    assert spark(values, 4, least_span) == drawn
