"""Fair comparison: where somebody stands among those of the same role in the same region, beside the score itself."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from math import fsum, sqrt
from typing import Any

from streams.policy import Distribution

Group = tuple[str | None, str | None]
"""A role and a region."""


class _Scores:
    """The scores of a group, the lowest first, and their mean and standard deviation as long as they hold."""

    __slots__ = ("moments", "sorted")

    def __init__(self) -> None:
        self.sorted: list[float] = []
        self.moments: tuple[float, float] | None = None


class Peers:
    """The scores of everybody who is active and has one, in one period. All of it is the same in whatever order it
    came."""

    def __init__(self) -> None:
        self._groups: dict[Group, _Scores] = {}

    def add(self, group: Group, score: float) -> None:
        """Somebody of the group has a score."""
        known = self._groups.setdefault(group, _Scores())
        insort(known.sorted, score)
        known.moments = None

    def remove(self, group: Group, score: float) -> None:
        """Somebody of the group has that score no more."""
        known = self._groups[group]
        del known.sorted[bisect_left(known.sorted, score)]
        known.moments = None
        if not known.sorted:
            del self._groups[group]

    def told(self, group: Group, score: float, distribution: Distribution) -> dict[str, Any]:
        """How many there are; the share of those below, half of the equal ones among them; by how many standard
        deviations the score lies above the mean; and the rating by the distribution, where there is one. A group of one
        compares with nobody."""
        known = self._groups[group]
        scores = known.sorted
        number = len(scores)
        if number < 2:
            return {"peers": number, "percentile": None, "z_score": None, "forced_rating": None}
        below, not_above = bisect_left(scores, score), bisect_right(scores, score)
        if known.moments is None:
            mean = fsum(scores) / number
            known.moments = mean, sqrt(fsum((one - mean) ** 2 for one in scores) / number)
        mean, deviation = known.moments
        return {
            "peers": number,
            "percentile": (below + not_above) / 2 / number,
            "z_score": (score - mean) / deviation if deviation else 0.0,
            "forced_rating": distribution.rating(number - not_above, number),
        }
