"""What `make chaos` is asked for, and how it tells what happened."""

from collections import Counter
from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from tests.chaos.__main__ import line, orders, table
from tests.chaos.plan import Act
from tests.chaos.round import Order, Result

ORDER = Order(7, 1_000, date(2026, 3, 31), 5, 300)
RESULT = Result(
    ORDER, lines=1_060, repeated=50, reread=4, under_fire=0.5, seconds=9.0, acts=Counter({Act.KILL: 2}),
    exits=Counter({10: 1}), joins=5, leaves=4, takeovers=[4.5], kpis=900, alerts=70, wrong={"recount": []},
)  # fmt: skip


def test_each_round_has_the_next_seed() -> None:
    asked = {"ROUNDS": "2", "SEED": "7", "EVENTS": "1000", "DAY": "2026-03-31", "ACTS": "5", "RATE": "300"}
    assert orders(asked) == [ORDER, ORDER._replace(seed=8)]


def test_an_order_is_printed_as_it_is_given_again() -> None:
    assert orders(dict(word.split("=") for word in str(ORDER).split())) == [ORDER]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"ROUNDS": "0"}, "ROUNDS must be a whole number, at least 1, not '0'."),
        ({"EVENTS": "many"}, "EVENTS must be a whole number, at least 1,000, not 'many'."),
        ({"ACTS": "2"}, "ACTS must be a whole number, at least 3, not '2'."),
        ({"DAY": "31.3."}, "DAY must be a date like 2026-03-31, not '31.3.'."),
    ],
)
def test_a_wrong_order_is_told_in_one_sentence(asked: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=r"must be") as error:
        orders(asked)
    assert str(error.value) == told


def test_a_round_says_whether_it_ended_equal() -> None:
    assert line(RESULT).startswith("equal: 1,060 lines, 50% handled under fire, 900 KPIs and 70 alerts compared")
    assert line(RESULT._replace(wrong={"recount": ["a"], "keys": ["b", "c"]})).startswith("3 DIFFERENCES: ")


def test_the_table_sums_the_rounds_up() -> None:
    console = Console(width=160, record=True, file=StringIO())
    console.print(table([RESULT, RESULT]))
    *_, last = console.export_text().rstrip().splitlines()
    assert last.split() == ["all", "4", "0", "0", "0", "0", "10", "8", "2,120", "100", "8", "1,800", "0"]
