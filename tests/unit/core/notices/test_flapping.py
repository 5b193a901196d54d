"""What comes and goes: three times within a day, drawn in days of March 2026."""

from __future__ import annotations

import pytest

from streams.core.notices.flapping import Flapping, flapping
from tests.unit.core.kit import DAY, us

THRICE = ["02 00-02 02", "02 08-02 10", "02 20-02 22"]


def judged(episodes: list[str], at: str) -> Flapping | None:
    """`02 08-02 10` fired at 8 and ended at 10, `02 08-` stands."""
    spans = [span.split("-") for span in episodes]
    found = [(us(f"{begin}:00"), us(f"{end}:00") if end else None) for begin, end in spans]
    return flapping(found, us(at), 3, DAY)


@pytest.mark.parametrize(
    ("episodes", "at", "fires"),
    [
        (THRICE[:2], "02 12:00", None),  # but twice
        (THRICE, "02 19:59", None),  # not yet
        (THRICE, "02 20:00", 3),
        (THRICE[::-1], "02 20:00", 3),
        (THRICE, "03 21:59", 3),  # quiet for less than a day
        (THRICE, "03 22:00", None),
        (["02 00-02 02", "02 08-02 10", "03 00-"], "03 00:00", 3),  # a day apart is within a day
        (["02 00-02 02", "02 08-02 10", "03 01-"], "03 01:00", None),
        ([*THRICE, "03 19-03 20"], "04 19:00", 4),  # not quiet in between
        ([*THRICE, "03 22-"], "03 22:00", None),  # quiet for a day: it begins anew
        (["02 00-02 02", "02 08-02 10", "02 20-"], "03 19:59", 3),
        (["02 00-02 02", "02 08-02 10", "02 20-"], "03 20:00", None),  # it stands still
    ],
)
def test_whether_it_flaps(episodes: list[str], at: str, fires: int | None) -> None:
    found = judged(episodes, at)
    assert (found and found.fires) == fires


def test_it_flaps_from_the_episode_on_that_fired_once_too_often() -> None:
    assert judged([*THRICE, "03 19-03 20"], "03 19:00") == Flapping(us("02 20:00"), 4)
