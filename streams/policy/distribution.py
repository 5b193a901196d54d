"""The distribution section of a policy file: which part of a peer group gets which rating, whatever the scores."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

import msgspec

from streams.policy.problems import did_you_mean
from streams.policy.reading import Report, share
from streams.policy.tree import Node


class Distribution(msgspec.Struct, frozen=True):
    """The shares of a peer group by rating, the best first; empty where ratings follow scores alone."""

    shares: tuple[tuple[str, Decimal], ...] = ()

    def rating(self, above: int, number: int) -> str | None:
        """The rating of somebody whom so many of so many peers exceed; equal scores get the better one."""
        reached = Decimal(0)
        for name, part in self.shares:
            reached += part
            if above < reached * number:
                return name
        return None


def read_distribution(report: Report, node: Node, ratings: Collection[str]) -> Distribution:
    """The distribution section; `ratings` are the names that there are, the best first."""
    shares: list[tuple[str, Decimal]] = []
    order = list(ratings)
    for rating, line, value in report.pairs("distribution", node):
        part = report.read(f"distribution.{rating}", value, lambda text: share(text), None)
        if rating not in order:
            hint = did_you_mean(rating, order, "Use the names under ratings.")
            report.add(line, f"distribution.{rating}: there is no rating '{rating}'", hint)
        elif shares and order.index(rating) < order.index(shares[-1][0]):
            message = f"distribution.{rating} is better than {shares[-1][0]} above it"
            report.add(line, message, "List the ratings from the best down.")
        elif part is not None:
            shares.append((rating, part))
    total = sum((part for _, part in shares), Decimal(0))
    if shares and len(shares) == len(node.value or ()) and total != 1:
        report.add(node.line, f"the shares of distribution add up to {total:f}, not to 1", "Let them make a whole.")
    return Distribution(tuple(shares))
