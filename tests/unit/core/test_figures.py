"""Figures that are kept up to date, against the same made anew."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.bins import bin_of, measure_of
from streams.core.kpis import Figures, Unit, Value, kpi_of, values
from streams.core.ratio import Ratio
from streams.core.units import ATOM, QUANTITY
from streams.policy.assessments import AssessmentPolicy

MEASURES = (
    "contacts", "contacts:call", "contacts:email", "contacts_connected", "customer_days", "customers@month",
    "customers@year", "won", "lost", "won_amount", "created", "cycle_us", "cycles", "open", "open_amount", "expected",
    "nps_answers", "nps_promoters", "nps_detractors", "cost", "costs", "peer_scores:x", "peer_scored:x",
    "peer_raters@month:x", "peer_raters@year:x", "superior_scores:x", "superior_scored:x", "measured:a@",
    "measurements:a@", "entered:a", "passed:a", "left:a", "latest_us:a", "due", "due_amount", "collected", "receipts",
    "flagged:odd",
    "leads", "leads_converted", "open_tickets", "lead_responses", "lead_response_us", "lead_response~0",
    "lead_response~127", "lead_response~128", "resolution~128", "entered:a~1", "measured:a~1", "measurements:a~1",
    "shared@month", "shared@year", "active@month", "retained@month", "active@year", "churned@year",
    "campaign_won_amount", "campaign_spent", "campaign_spendings",
)  # fmt: skip
changes = st.dictionaries(st.sampled_from(MEASURES), st.integers(-2, 3), max_size=6)
targets = st.none() | st.integers(-1, 3).map(lambda number: Ratio(number * ATOM))
weights = st.sampled_from([None, AssessmentPolicy(), AssessmentPolicy({"peer": Decimal(2)}, 1)])
steps = st.lists(st.tuples(changes, st.sampled_from([True, True, False]), targets, weights), min_size=1, max_size=8)


@given(steps)
def test_what_changed_alone_is_worked_out_and_all_is_as_if_everything_was(
    steps: list[tuple[dict[str, int], bool, Ratio | None, AssessmentPolicy | None]],
) -> None:
    figures = Figures("month")
    before: dict[str, Value] = {}
    for added, contains_now, target, weights in steps:
        figures.add(added)
        told = figures.update(contains_now, target, weights)
        anew = values(figures.sums, "month", contains_now, target, weights)
        assert list(figures.values.items()) == list(anew.items())
        assert {name for name in {**before, **anew} if before.get(name) != anew.get(name)} <= set(told)
        before = dict(figures.values)


@given(changes, changes)
def test_what_is_taken_away_again_was_never_there(kept: dict[str, int], gone: dict[str, int]) -> None:
    figures, plain = Figures("year"), Figures("year")
    figures.add(kept)
    figures.add(gone)
    figures.update(True)
    figures.add(gone, -1)
    plain.add(kept)
    assert figures.sums == plain.sums
    figures.update(True)
    plain.update(True)
    assert figures.values == plain.values


def test_a_suffix_may_end_as_it_likes_and_a_team_has_no_competencies() -> None:
    measures = {"superior_scores:x": 1, "superior_scored:x": 7}
    for end in "@~":
        measures |= {f"measured:a{end}": 3 * QUANTITY, f"measurements:a{end}": 2}
    found = values(measures, "month", True)
    assert (found["measure:a@"].value, found["measure:a~"].value) == (Fraction(3, 2), Fraction(3, 2))
    assert "competency_x" not in found
    assert "competency_x" in values(measures, "month", True, None, AssessmentPolicy())


def test_nothing_that_stayed_the_same_is_named() -> None:
    figures = Figures("month")
    figures.add({"contacts": 1, "contacts:call": 1, "won": 2, "lost": 2})
    figures.update(True)
    figures.add({"contacts": 1, "contacts:email": 1})
    assert set(figures.update(True)) == {"contacts", "contacts:email"}
    assert figures.update(True) == []
    assert list(figures.values)[:3] == ["contacts", "contacts:call", "contacts:email"]


lengths = st.lists(st.integers(0, 1 << 60) | st.integers(0, 300), max_size=30)


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (1, 1), (127, 127), (128, 128), (129, 128), (130, 130), (255, 254), (1003, 1000)]
)
def test_seven_digits_of_a_value_are_kept(value: int, expected: int) -> None:
    assert bin_of(value) == expected  # 1003 = 1111101011 in binary digits, of which 1111101000 is kept


@given(st.integers(0, 1 << 70))
def test_a_bin_is_at_most_a_64th_below_its_values_and_its_own_bin(value: int) -> None:
    found = bin_of(value)
    assert found <= value <= found + found // 64
    assert bin_of(found) == found


def ranked(values: list[int], percent: int) -> Fraction:
    """The least of the values, in seconds, that so many percent of them do not exceed, found by trying each."""
    found = [value for value in values if sum(other <= value for other in values) * 100 >= percent * len(values)]
    return Fraction(min(found), 1_000_000)


@given(lengths, lengths)
def test_percentiles_of_bins_are_those_of_binned_values(kept: list[int], gone: list[int]) -> None:
    figures = Figures("month")
    for value in [*kept, *gone]:
        figures.add({measure_of("lead_response", value): 1})
    figures.update(False)
    for value in gone:
        figures.add({measure_of("lead_response", value): -1})
    figures.update(False)
    binned = [bin_of(value) for value in kept]
    for percent, at_rank in ((50, ceil(len(kept) / 2)), (95, ceil(len(kept) * 19 / 20))):
        name = f"lead_response_seconds_p{percent}"
        found = figures.values.get(name)
        if found is None:
            assert kept == []
            continue
        assert (found.value, found.number) == (ranked(binned, percent), len(kept))
        exact = Fraction(sorted(kept)[at_rank - 1], 1_000_000)
        assert found.value <= exact <= found.value * 65 / 64
    assert figures.values == values(figures.sums, "month", False)


def test_a_percentile_is_worked_out_where_one_of_its_bins_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[dict[int, int]] = []
    figures = Figures("month")
    figures.add({"lead_response~1": 1, "resolution~1": 1, "contacts": 1})
    figures.update(True)
    monkeypatch.setattr("streams.core.kpis.figures.percentile", lambda bins, _: looked_at.append(dict(bins)))
    figures.add({"contacts": 1, "resolution_us": 5, "entered:a~2": 1})
    figures.update(True)
    assert looked_at == []
    figures.add({"resolution~2": 1})
    figures.update(True)
    assert looked_at == [{1: 1, 2: 1}] * 2


def test_a_percentile_is_no_sum_over_time_and_nothing_is_no_percentile() -> None:
    figures = Figures("month")
    figures.add({"contacts": 1})
    figures.update(True)
    for name in ("lead_response_seconds_p50", "resolution_seconds_p95"):
        kpi = kpi_of(name)
        assert kpi is not None
        assert not kpi.adds_up
        assert figures.scored(name) is None
    for name in ("leads", "tickets_handled", "open_tickets"):
        assert name not in figures.values
        assert figures.scored(name) == Value(name, Unit.COUNT, 0, 1, None, 1, 0)
    figures.update(False)
    assert figures.scored("open_tickets") is None


def test_what_counts_once_in_a_period_and_is_quiet_is_told_where_there_is_something_of_it() -> None:
    assert values({"shared@month": 2}, "month", True)["shared_customers"].top == 2
    assert "shared_customers" not in values({"shared@month": 2}, "quarter", True)


def test_what_a_year_s_profit_is_by_those_who_go_is_reduced_by_its_costs() -> None:
    found = values({"collected": 5 * ATOM, "cost": 2 * ATOM, "active@year": 3, "churned@year": 2}, "year", True)
    assert found["customer_lifetime_value"].value == 1.5
    assert found["customer_lifetime_value"].number == 3


def test_a_scorecard_takes_nothing_for_a_sum_that_is_not_told() -> None:
    figures = Figures("month")
    figures.add({"contacts": 2, "contacts:call": 2})
    figures.update(contains_now=False)
    assert "contacts:visit" not in figures.values
    called, visited = figures.scored("contacts:call"), figures.scored("contacts:visit")
    assert called is figures.values["contacts:call"]
    assert visited == Value("contacts:visit", Unit.COUNT, 0, 1, None, 1, 0)
    for name in ("win_rate", "open_count", "pipeline_coverage", "unheard_of"):
        assert figures.scored(name) is None
    figures.update(contains_now=True)
    assert figures.scored("open_count") is figures.values["open_count"]
