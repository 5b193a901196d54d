"""Where somebody stands among peers: percentile, z-score, and the rating of a forced distribution."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt

import pytest

from streams.core.company.peers import Peers
from streams.policy import Distribution

SALES = ("sales", "east")
FORCED = Distribution((("A", Decimal("0.2")), ("B", Decimal("0.6")), ("C", Decimal("0.2"))))
NONE = Distribution()


def peers(*scores: float) -> Peers:
    found = Peers()
    for score in scores:
        found.add(SALES, score)
    return found


def test_the_percentile_counts_those_below_and_half_of_the_equal_ones() -> None:
    found = peers(50, 60, 60, 90)
    told = {score: found.told(SALES, score, NONE)["percentile"] for score in (50, 60, 90)}
    assert told == {50: 0.5 / 4, 60: 2 / 4, 90: 3.5 / 4}


def test_the_z_score_counts_standard_deviations_from_the_mean() -> None:
    found = peers(60, 70, 110)  # of mean 80, by 20, 10 and 30
    assert found.told(SALES, 110, NONE)["z_score"] == pytest.approx(30 / sqrt(1400 / 3))
    assert peers(70, 70).told(SALES, 70, NONE)["z_score"] == 0.0


def test_alone_somebody_compares_with_nobody() -> None:
    found = peers(60)
    found.add(("sales", "west"), 80)
    assert found.told(SALES, 60, FORCED) == {
        "peers": 1,
        "percentile": None,
        "z_score": None,
        "forced_rating": None,
    }


def test_a_forced_distribution_gives_each_rating_its_share_and_equals_the_better_one() -> None:
    found = peers(10, 20, 30, 40, 50)
    ratings = {score: found.told(SALES, score, FORCED)["forced_rating"] for score in (10, 20, 30, 40, 50)}
    assert ratings == {50: "A", 40: "B", 30: "B", 20: "B", 10: "C"}
    tied = peers(10, 20, 30, 50, 50)
    assert tied.told(SALES, 50, FORCED)["forced_rating"] == "A"
    assert found.told(SALES, 50, NONE)["forced_rating"] is None


def test_who_leaves_a_group_is_no_peer_any_more() -> None:
    found = peers(10, 20, 30)
    assert found.told(SALES, 30, NONE)["peers"] == 3
    found.remove(SALES, 20)
    assert found.told(SALES, 30, NONE) == {"peers": 2, "percentile": 0.75, "z_score": 1.0, "forced_rating": None}
