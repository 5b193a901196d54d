"""Figures that are kept up to date, against the same made anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.core.kpis import Figures, Value, values
from streams.core.ratio import Ratio
from streams.core.units import ATOM

MEASURES = (
    "contacts", "contacts:call", "contacts:email", "contacts_connected", "customer_days", "customers@month",
    "customers@year", "won", "lost", "won_amount", "created", "cycle_us", "cycles", "open", "open_amount", "expected",
    "entered:a", "passed:a", "left:a", "latest_us:a", "due", "due_amount", "collected", "receipts", "flagged:odd",
)  # fmt: skip
changes = st.dictionaries(st.sampled_from(MEASURES), st.integers(-2, 3), max_size=6)
targets = st.none() | st.integers(-1, 3).map(lambda number: Ratio(number * ATOM))
steps = st.lists(st.tuples(changes, st.sampled_from([True, True, False]), targets), min_size=1, max_size=8)


@given(steps)
def test_what_changed_alone_is_worked_out_and_all_is_as_if_everything_was(
    steps: list[tuple[dict[str, int], bool, Ratio | None]],
) -> None:
    figures = Figures("customers@month")
    before: dict[str, Value] = {}
    for added, contains_now, target in steps:
        figures.add(added)
        told = figures.update(contains_now, target)
        anew = values(figures.sums, "customers@month", contains_now, target)
        assert list(figures.values.items()) == list(anew.items())
        assert {name for name in {**before, **anew} if before.get(name) != anew.get(name)} <= set(told)
        before = dict(figures.values)


@given(changes, changes)
def test_what_is_taken_away_again_was_never_there(kept: dict[str, int], gone: dict[str, int]) -> None:
    figures, plain = Figures("customers@year"), Figures("customers@year")
    figures.add(kept)
    figures.add(gone)
    figures.update(True)
    figures.add(gone, -1)
    plain.add(kept)
    assert figures.sums == plain.sums
    figures.update(True)
    plain.update(True)
    assert figures.values == plain.values


def test_nothing_that_stayed_the_same_is_named() -> None:
    figures = Figures("customers@month")
    figures.add({"contacts": 1, "contacts:call": 1, "won": 2, "lost": 2})
    figures.update(True)
    figures.add({"contacts": 1, "contacts:email": 1})
    assert set(figures.update(True)) == {"contacts", "contacts:email"}
    assert figures.update(True) == []
    assert list(figures.values)[:3] == ["contacts", "contacts:call", "contacts:email"]
