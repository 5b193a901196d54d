"""Chance that is the same everywhere."""

from collections import Counter

import pytest

from streams.simulate.dice import Dice, Urn


def test_a_seed_makes_the_same_draws_on_every_machine_and_python() -> None:
    # These figures must never change: event files are named by their seed.
    dice = Dice(1)
    assert [dice.below(1000) for _ in range(5)] == [696, 328, 302, 436, 204]


def test_seeds_differ() -> None:
    assert [Dice(seed).below(10**9) for seed in (1, 2, "1a")] != [Dice(1).below(10**9)] * 3
    assert Dice(1).unit() == Dice("1").unit()


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda dice: dice.chance(0.3), 0.3),
        (lambda dice: dice.between(10, 20), 15.0),
        (lambda dice: dice.below(11), 5.0),
        (lambda dice: dice.exponential(4), 4.0),
        (lambda dice: dice.lognormal(7, 0) + 0.0, 7.0),
        (lambda dice: dice.lognormal(7, 0.5) > 7, 0.5),
        (lambda dice: dice.pick("abcd") == "b", 0.25),
    ],
    ids=["chance", "between", "below", "exponential", "no spread", "median", "pick"],
)  # fmt: skip
def test_draws_have_the_mean_that_they_promise(draw: object, mean: float) -> None:
    assert callable(draw)
    dice = Dice(3)
    draws = [float(draw(dice)) for _ in range(20_000)]
    assert sum(draws) / len(draws) == pytest.approx(mean, rel=0.05)


def test_an_urn_draws_by_weight_and_never_what_weighs_nothing() -> None:
    dice, urn = Dice(4), Urn({"often": 9.0, "never": 0.0, "seldom": 1.0})
    drawn = Counter(urn.draw(dice) for _ in range(20_000))
    assert drawn["often"] / drawn.total() == pytest.approx(0.9, abs=0.01)
    assert set(drawn) == {"often", "seldom"}
