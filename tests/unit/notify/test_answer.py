import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.notify.answer import LONGEST_S, OBEYED_S, Outcome, of_status, pause, retry_after
from tests.unit.notify.alerts import NOON


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED), (204, Outcome.DELIVERED), (301, Outcome.REFUSED), (400, Outcome.REFUSED),
        (401, Outcome.REFUSED), (404, Outcome.REFUSED), (408, Outcome.FAILED), (413, Outcome.REFUSED),
        (429, Outcome.FAILED), (500, Outcome.FAILED), (503, Outcome.FAILED),
    ],
)  # fmt: skip
def test_what_would_be_refused_again_is_told_from_what_may_pass(status: int, outcome: Outcome) -> None:
    assert of_status(status) is outcome


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0), ("", 0), ("7", 7), (" 7 ", 7), ("-7", 0), ("soon", 0), ("99999999", OBEYED_S), ("²", 0),
        ("Mon, 02 Mar 2026 12:00:30 GMT", 30), ("Mon, 02 Mar 2026 11:00:00 GMT", 0),
        ("Mon, 02 Mar 2099 11:00:00 GMT", OBEYED_S), ("Mon, 02 Mar 2026 12:00:30 -0000", 0),
    ],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float) -> None:
    assert retry_after(header, NOON) == seconds


@given(st.integers(1, 10_000), st.floats(0, OBEYED_S), st.floats(0, 1))
def test_a_pause_grows_to_a_bound_and_is_never_shorter_than_asked_for(
    failures: int, asked: float, chance: float
) -> None:
    assert asked <= pause(failures, asked, chance) <= max(asked, LONGEST_S)
    assert pause(failures, 0, chance) >= pause(failures, 0, 1) > 0
    assert pause(failures + 1, 0, chance) >= pause(failures, 0, chance)


def test_pauses_double() -> None:
    assert [pause(n, 0, 0) for n in range(1, 9)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert pause(1, 0, 1) == 0.5
