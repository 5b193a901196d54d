"""What an employee is to reach: own targets first, then shares of wider scopes, each with where it comes from."""

from __future__ import annotations

from decimal import Decimal

from streams.core.aims import Aim, Aims
from streams.core.cascade import atoms
from streams.core.ratio import Ratio
from streams.core.targets import Group
from tests.unit.core.kit import policy

WON = Group("won_amount", "target", "2026")


def aims(shares: dict[str, str] | None = None, **given: str) -> Aims:
    """Shares by `<month> <scope>`, and what was set, by period with `_` for the hyphen."""
    found = Aims()
    for period, value in given.items():
        found.set(WON, period.lstrip("p").replace("_", "-"), 1, atoms(Decimal(value)))
    if shares is not None:
        found.share(WON, 1, {name: atoms(Decimal(value)) for name, value in shares.items()})
    return found


def of(found: Aims, period: str, kpi: str = "won_amount") -> Aim | None:
    return found.of(kpi, period, policy())


def test_what_is_set_for_the_very_period_wins() -> None:
    found = aims({"2 team": "50"}, p2026_03="5.5", p2026_Q1="30")
    assert of(found, "2026-03") == Aim(Ratio(11, 2), "set")
    assert of(found, "2026-Q1") == Aim(Ratio(30), "set")


def test_own_targets_of_longer_periods_are_spread_and_those_of_months_summed() -> None:
    assert of(aims(p2026_Q1="30", p2026_01="6"), "2026-02") == Aim(Ratio(12), "spread")
    assert of(aims(p2026_01="1", p2026_02="2", p2026_03="3"), "2026-Q1") == Aim(Ratio(6), "spread")
    assert of(aims(p2026_01="1", p2026_02="2"), "2026-Q1") is None


def test_months_of_a_wider_scope_stand_where_there_is_no_own_one() -> None:
    found = aims({"0 team": "10", "1 company": "20", "2 company": "30"}, p2026_01="1")
    assert of(found, "2026-02") == Aim(Ratio(20), "company")
    assert of(found, "2026-01") == Aim(Ratio(1), "set")
    assert of(found, "2026-Q1") == Aim(Ratio(51), "months")
    assert of(aims({f"{month} team": "1" for month in range(12)}), "2026") == Aim(Ratio(12), "team")


def test_rolling_periods_other_kpis_and_other_years_have_none() -> None:
    found = aims(p2026="12")
    assert of(found, "30d") is of(found, "2027-03") is of(found, "2026-03", "contacts") is None


def test_a_rate_is_neither_spread_nor_summed() -> None:
    found = Aims()
    found.set(Group("win_rate", "target", "2026"), "2026", 1, atoms(Decimal("0.5")))
    assert of(found, "2026", "win_rate") == Aim(Ratio(1, 2), "set")
    assert of(found, "2026-03", "win_rate") is None


def test_what_is_older_than_what_is_known_changes_nothing() -> None:
    found = aims(p2026_03="5")
    assert found.set(WON, "2026-03", 2, atoms(Decimal(7)))
    assert not found.set(WON, "2026-03", 1, atoms(Decimal(9)))
    assert of(found, "2026-03") == Aim(Ratio(7), "set")
    assert found.share(WON, 3, {}) is True
    assert found.share(WON, 2, {"0 team": 1}) is False
    assert of(found, "2026-01") is None
