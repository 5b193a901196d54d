"""Events in the order of their times, however few of them fit into memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events import CustomerErased, Event, make_event
from streams.sources.ordering import in_time_order
from streams.sources.tables import Skipped, SkipReason, SourceError

START = datetime(2026, 1, 1, tzinfo=UTC)


def _event(number: int, minute: int, customer: str = "c") -> Event:
    return make_event(CustomerErased(customer_id=customer), str(number), "/test", START + timedelta(minutes=minute))


@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 7))
def test_the_order_is_that_of_a_stable_sort_whatever_the_length_of_a_run(minutes: list[int], run: int) -> None:
    events = [_event(number, minute) for number, minute in enumerate(minutes)]
    assert list(in_time_order(events, run)) == sorted(events, key=lambda event: event.time)


def test_skipped_rows_come_before_the_events() -> None:
    skipped = Skipped("a.csv", 3, SkipReason.NO_DATE)
    assert list(in_time_order([_event(0, 1), skipped, _event(1, 0)])) == [skipped, _event(1, 0), _event(0, 1)]


def test_a_spilled_event_that_breaks_the_contract_is_named() -> None:
    with pytest.raises(SourceError, match="customer_id"):
        list(in_time_order([_event(0, 0, customer="")], run=1))
