import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from streams.demo.blocks import Column, Picture, cell, fitted, folded, framed, table
from streams.demo.model import Model
from streams.demo.render import LEAST_HEIGHT, LEAST_WIDTH, screen
from streams.demo.sample import command
from streams.demo.words import clean, moved, short, when
from streams.settings import Settings
from tests.unit.demo.records import STATUS, alert, dead_letter, model, score, team

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Mn", "Me", "Cf"]), max_size=12)


def drawn(made: Model, width: int, height: int) -> list[str]:
    return ["".join(text for text, _ in line) for line in screen(made, STATUS, width, height)]


def busy() -> Model:
    made = model(
        *(score(f"emp-{number}", 100.0 - number, day, won=1e4 * number) for number in range(40) for day in (1, 10)),
        team("Sales North", 81.0, 1, **{"emp-0": "Ada Weber", "emp-1": "A name that is very much too long for this"}),
        team("Service", None, None),
        dead_letter("crm.contacts", 0, 3),
        dead_letter("crm.contacts", 0, 4),
    )
    for number, (status, rule) in enumerate(
        [("firing", "contact.overdue"), ("resolved", "contact.interval_exceeded"), ("pending", "opp.stalled")]
    ):
        made.take(*alert(f"{number}", status, rule, employee_id="emp-0"))
        made.alerts.pick(set())
    made.guest(("crm.contacts", 0, 3), b"{}")
    return made


def crowded() -> Model:
    """More teams and rules than any screen has room for."""
    made = busy()
    for number in range(60):
        made.take(*team(f"Team {number}", 50.0, number + 2))
        made.take(*alert(f"crowd-{number}", "firing", f"own.rule_{number}"))
    return made


@pytest.mark.parametrize("width", [1, 40, 79, 80, 81, 99, 100, 119, 120, 121, 150, 200, 300])
@pytest.mark.parametrize("height", [1, 10, 24, 25, 33, 45, 50, 90])
@pytest.mark.parametrize("made", [Model(), busy(), crowded()], ids=["nothing yet", "busy", "crowded"])
def test_a_screen_is_filled_to_the_last_column_and_row(width: int, height: int, made: Model) -> None:
    lines = drawn(made, width, height)

    assert len(lines) == height
    assert {cell_len(line) for line in lines} == {width}


def test_nothing_jumps_when_figures_grow() -> None:
    few, many = model(score("a", 5.0, won=1.0)), model(score("a", 105.0, won=123_456.0))
    edges = [
        [[at for at, char in enumerate(line) if char in "│╭╮╰╯"] for line in drawn(made, 150, 45)]
        for made in (few, many)
    ]

    assert edges[0] == edges[1]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 36), (132, 41), (150, 45), (200, 50)])
def test_everything_that_is_promised_stands_on_the_screen(width: int, height: int) -> None:
    shown = "\n".join(drawn(busy(), width, height))

    for promised in (
        "Mon 10 Mar 2025 14:20", "live, a day in 2 s", "events/s", "lag", "dead letters", "127.0.0.1:40403",
        STATUS.command, "Ada Weber", "100.0 A", "emp-39", "Sales North", "81.0", "contact.overdue",
        "contact.interval_exceeded", "cus-1", "cus-2", "✔", "✘ not an event",
    ):  # fmt: skip
        assert promised in shown, promised


def test_where_not_everybody_has_room_the_last_are_shown_too() -> None:
    shown = "\n".join(drawn(busy(), 80, 24))

    assert " 1 " in shown
    assert "⋮" in shown
    assert "emp-39" in shown
    assert "emp-20" not in shown


def test_a_long_command_is_folded_and_never_cut() -> None:
    path = Path("/var/folders/" + "x" * 90 + "/won.json")
    told = command(Settings.from_env({}), path)
    lines = screen(Model(), STATUS._replace(command=told), LEAST_WIDTH, LEAST_HEIGHT)

    text = "".join("".join(part for part, _ in line).rstrip() for line in lines[3:7])
    assert told in text


def test_what_others_name_cannot_command_the_terminal() -> None:
    made = model(score("a", 5.0), team("North", 5.0, 1, a="\x1b[2J\x1b]0;owned\x07\nAda"))
    made.guest(("t", 0, 0), b'{"type":"\\u001b[2J"}')
    out = io.StringIO()
    Console(file=out, width=150, height=45).print(Picture(screen(made, STATUS, 150, 45)))

    assert not set(out.getvalue()) & {"\x1b", "\x07"}
    assert "·[2J" in out.getvalue()


@given(st.lists(st.tuples(TEXTS, st.just("")), max_size=6), st.integers(0, 30))
def test_a_line_is_fitted_to_its_width(parts: list[tuple[str, str]], width: int) -> None:
    assert sum(cell_len(text) for text, _ in fitted(parts, width)) == width


@given(TEXTS, st.integers(1, 20), st.sampled_from(["left", "right"]))
def test_a_cell_is_fitted_to_its_width(text: str, width: int, justify: str) -> None:
    assert cell_len(cell(text, width, justify)) == width


@given(st.lists(TEXTS, max_size=5), st.integers(5, 30), st.integers(2, 8))
def test_a_frame_has_its_size_whatever_stands_in_it(texts: list[str], width: int, height: int) -> None:
    block = framed("title", [[(text, "")] for text in texts], width, height)

    assert [sum(cell_len(text) for text, _ in line) for line in block] == [width] * height


def test_a_table_leaves_out_what_has_no_room() -> None:
    columns = (Column("name", 0), Column("wide", 6, "right", least=20), Column("n", 3, "right"))
    rows = [[("Ada", ""), ("x", ""), ("7", "")]]

    assert [["".join(text for text, _ in line) for line in table(columns, rows, width)] for width in (12, 20)] == [
        ["name       n", "Ada        7"],
        ["name        wide   n", "Ada            x   7"],
    ]


@pytest.mark.parametrize(
    ("most", "lines"), [(1, ["one two three"]), (2, ["one two", "three"]), (3, ["one two", "three"])]
)
def test_a_text_is_folded_between_words(most: int, lines: list[str]) -> None:
    assert folded("one two three", 8, most) == lines


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0"), (940.4, "940"), (999.9, "1.0k"), (12_345, "12.3k"), (99_960, "100k"), (152_382, "152k"),
     (999_800, "1.0M"), (1.25e6, "1.2M"), (3.6e9, "3.6G"), (-12_345, "-12.3k")],
)  # fmt: skip
def test_amounts_are_short(amount: float, text: str) -> None:
    assert short(amount) == text


@pytest.mark.parametrize(("places", "text"), [(None, ""), (0, "·"), (3, "▲3"), (-12, "▼12")])
def test_places_gained_are_signs(places: int | None, text: str) -> None:
    assert moved(places)[0] == text


def test_small_words() -> None:
    assert when(STATUS.at) == "Mon 10 Mar 2025 14:20"
    assert clean("Zoë 张伟 \t\x1b") == "Zoë 张伟 ··"
