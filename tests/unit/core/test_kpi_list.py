"""The list of KPIs that people read."""

from __future__ import annotations

from streams.core.kpis import NAMES, list_kpis


def test_every_kpi_that_a_scorecard_can_name_is_listed_once_with_its_definition() -> None:
    heads = [line for line in list_kpis().splitlines() if not line.startswith(" ")]
    names = [line.split()[0] for line in heads]
    assert {name.removesuffix("…") for name in names} == NAMES
    assert len(names) == len(set(names))
    assert all(len(line.split(maxsplit=2)) == 3 for line in heads)
    assert max(map(len, list_kpis().splitlines())) <= 118


def test_what_should_be_little_says_so() -> None:
    assert [line for line in list_kpis().splitlines() if line.startswith("trips ")] == [
        "trips                           count    trips approved; less is better"
    ]
