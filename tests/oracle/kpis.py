"""Facts to figures, by the definitions of the contract."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from tests.oracle import service
from tests.oracle.facts import Fact
from tests.oracle.law import periods

COUNTS = [
    *("contacts", "contacts_connected", "new_customers", "opportunities_created", "won_count", "lost_count"),
    *("stages_advanced", "contract_count", "units_sold"),
]
QUIET = ["handoffs_given", "handoffs_taken"]
"""Counts of which nothing is told where there is none."""
MONEY = ["won_amount", "contract_amount", "invoiced_amount", "collected_amount", "bad_debt_amount"]
STANDING_COUNTS = ["customers_owned"]
STANDING_MONEY = ["open_amount", "expected_revenue"]
RATIOS = {
    "price_realisation": ("realised", "listed"),
    "collection_rate": ("collected_amount", "due"),
    "bad_debt_rate": ("bad_debt_amount", "due"),
    "opportunity_conversion_rate": ("won_count", "opportunities_created"),
}

Key = tuple[str, str, str]


class Figure(NamedTuple):
    """A value with what it was made of; without a denominator it is a sum or count."""

    value: Fraction
    numerator: Fraction
    denominator: Fraction | None = None


class Sheet:
    """All facts of one employee in one period."""

    def __init__(self, facts: list[Fact], stands: bool, target: Fraction | None) -> None:
        self._facts = facts
        self._amounts_of: dict[str, list[Fraction]] = {}
        for fact in facts:
            self._amounts_of.setdefault(fact.name, []).append(fact.amount)
        self._stands = stands
        self._target = target
        self.figures: dict[str, Figure] = {}
        self._sums()
        self._rates()
        self.figures |= {kpi: Figure(*made) for kpi, made in service.figures(facts, stands).items()}
        if stands:
            self._standing()

    def total(self, name: str) -> Fraction:
        return sum(self._amounts(name), Fraction(0))

    def _amounts(self, name: str) -> list[Fraction]:
        return self._amounts_of.get(name, [])

    def _set(self, kpi: str, value: Fraction) -> None:
        self.figures[kpi] = Figure(value, value)

    def _ratio(self, kpi: str, numerator: Fraction, denominator: Fraction | int) -> None:
        if denominator != 0:
            self.figures[kpi] = Figure(numerator / denominator, numerator, Fraction(denominator))

    def _mean(self, kpi: str, name: str) -> None:
        self._ratio(kpi, self.total(name), len(self._amounts(name)))

    def _sums(self) -> None:
        for kpi in COUNTS + MONEY + (STANDING_COUNTS + STANDING_MONEY if self._stands else []):
            self._set(kpi, self.total(kpi))
        for kpi in QUIET:
            if self.total(kpi):
                self._set(kpi, self.total(kpi))
        for channel in {fact.name for fact in self._facts if fact.name.startswith("contacts:")}:
            self._set(channel, self.total(channel))
        contacted = {(fact.day, fact.what) for fact in self._facts if fact.name == "contacted"}
        self._set("customers_contacted", Fraction(len(contacted)))
        self._ratio("contacts_per_customer", self.total("contacts"), len({customer for _, customer in contacted}))

    def _rates(self) -> None:
        for kpi, (numerator, denominator) in RATIOS.items():
            self._ratio(kpi, self.total(numerator), self.total(denominator))
        self._ratio("win_rate", self.total("won_count"), self.total("won_count") + self.total("lost_count"))
        self._mean("sales_cycle_days", "cycle")
        for name in sorted({fact.name for fact in self._facts}):
            kind, _, stage = name.partition(":")
            if kind == "entered":
                self._ratio(f"stage_conversion:{stage}", self.total(f"entered_next:{stage}"), self.total(name))
            elif kind.startswith("time_in_stage"):
                self._mean(name, name)

    def _standing(self) -> None:
        if self._target is not None and self._target > self.total("won_amount"):
            self._ratio("pipeline_coverage", self.total("open_amount"), self._target - self.total("won_amount"))
        cycle, wins = self.figures.get("sales_cycle_days"), self.total("won_count")
        if cycle is not None and wins:
            chance = self.total("open_count") * (self.total("won_amount") / wins) * self.figures["win_rate"].value
            self._ratio("sales_velocity", chance, cycle.value)


def by_period(facts: Iterable[Fact], today: date) -> dict[tuple[str, str], list[Fact]]:
    """The facts of every employee and period that has any."""
    sheets: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        for period in periods(fact.day, today):
            sheets.setdefault((fact.employee, period), []).append(fact)
    return sheets
