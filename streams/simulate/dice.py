"""Chance, from one seed."""

import math
import random
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

T = TypeVar("T")


class Dice:
    """Draws that are the same for a seed in every process and on every Python version.

    Everything is built on `random.Random.random`, the one method whose sequence Python promises to keep.
    """

    def __init__(self, seed: int | str) -> None:
        self.unit = random.Random(f"crm-pulse:{seed}").random

    def chance(self, probability: float) -> bool:
        return self.unit() < probability

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def below(self, bound: int) -> int:
        """A whole number from 0 to bound - 1."""
        return int(self.unit() * bound)

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.unit() * len(options))]

    def exponential(self, mean: float) -> float:
        return -mean * math.log(1.0 - self.unit())

    def lognormal(self, median: float, spread: float) -> float:
        """A positive draw around `median`; about two thirds lie within a factor of exp(spread)."""
        normal = math.sqrt(-2.0 * math.log(1.0 - self.unit())) * math.cos(math.tau * self.unit())
        return median * math.exp(spread * normal)


class Urn(Generic[T]):
    """Options drawn by weight."""

    def __init__(self, weights: dict[T, float]) -> None:
        self._options = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def draw(self, dice: Dice) -> T:
        target = dice.unit() * self._bounds[-1]
        for option, bound in zip(self._options, self._bounds, strict=True):
            if target < bound:
                return option
        return self._options[-1]
