"""The targets section of a policy file: how a target is spread over months and people."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from streams.policy.reading import Fields, Report, boolean, not_negative, one_of
from streams.policy.tree import Node

MONTHS = 12


class Spread(StrEnum):
    """By what a target is spread over months."""

    EQUAL = "equal"
    WORKING_DAYS = "working_days"
    SEASONAL = "seasonal"


class Shares(StrEnum):
    """By what a target of a team, a department or the company is spread over its people."""

    EQUAL = "equal"
    LAST_YEAR = "last_year"


class TargetPolicy(msgspec.Struct, frozen=True):
    """How targets are spread. `seasons` are the weights of January to December, empty but for a seasonal spread."""

    spread: Spread = Spread.EQUAL
    seasons: tuple[Decimal, ...] = ()
    shares: Shares = Shares.EQUAL
    pro_rata: bool = False
    """Whether the targets of scorecards ask less of who was hired, left or was away in the period, by working days."""


def read_targets(report: Report, node: Node) -> TargetPolicy:
    """The targets section."""
    fields = Fields(report, "targets", node, ("spread", "seasons", "shares", "pro_rata"))
    pro_rata = fields.value("pro_rata", boolean, False)
    shares = fields.value("shares", one_of(Shares), Shares.EQUAL)
    spread = fields.value("spread", one_of(Spread), Spread.EQUAL)
    given = fields.node("seasons")
    if given is None:
        if spread is Spread.SEASONAL:
            report.add(node.line, "targets.spread: seasonal needs seasons", "List 12 weights, January first.")
        return TargetPolicy(Spread.EQUAL if spread is Spread.SEASONAL else spread, (), shares, pro_rata)
    items = report.items("targets.seasons", given)
    seasons = tuple(report.read(place, item, not_negative, Decimal(1)) for place, item in items)
    if spread is not Spread.SEASONAL:
        report.add(given.line, "targets.seasons says nothing without spread: seasonal", "Set it, or leave them out.")
    elif isinstance(given.value, list) and len(seasons) != MONTHS:
        report.add(given.line, f"targets.seasons has {len(seasons)} weights", "List 12, January first.")
    elif seasons and not any(seasons):
        report.add(given.line, "targets.seasons are all 0", "Give at least one month a weight.")
    return TargetPolicy(spread, seasons, shares, pro_rata)
