"""Points are nothing until a test arms them, and the product never does."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import points
from streams.intake.ticker import TOPIC
from streams.points import LAYERS, STAGES, Point, reach
from streams.policy import default_policy
from streams.settings import Settings
from streams.worker import jobs

STREAMS = Path(points.__file__).parent


@pytest.fixture
def passed() -> Iterator[list[tuple[Point, str]]]:
    seen: list[tuple[Point, str]] = []
    points.arm(lambda point, place: seen.append((point, place)))
    yield seen
    points.arm(None)


def test_an_armed_hook_hears_of_the_point_and_its_place(passed: list[tuple[Point, str]]) -> None:
    reach(Point.INTAKE_READ)
    reach(Point.FLUSH_BEGUN, "company")
    points.arm(None)
    reach(Point.FLUSH_BEGUN, "customers")
    assert passed == [(Point.INTAKE_READ, ""), (Point.FLUSH_BEGUN, "company")]


def test_a_point_says_what_it_means_in_a_line_of_its_own() -> None:
    assert all(point.meaning for point in Point)
    assert len({point.meaning for point in Point}) == len(Point)


def test_the_places_are_those_of_the_stages_and_the_ticks() -> None:
    assert [job.name for job in jobs(default_policy(), Settings.from_env({}))] == list(STAGES)
    assert {str(layer) for layer in TOPIC} == set(LAYERS)


def test_every_point_is_reached_at_one_line_of_the_product_which_arms_none() -> None:
    code = {file: file.read_text(encoding="utf-8") for file in STREAMS.rglob("*.py") if file.name != "points.py"}
    named = Counter(name for text in code.values() for name in re.findall(r"Point\.([A-Z_]+)", text))
    assert set(named) == {point.name for point in Point}
    assert {name for name, times in named.items() if times > 1} == {"INTAKE_SENDING"}
    assert not [file for file, text in code.items() if re.search(r"points\.arm\b|points import .*\barm\b", text)]
