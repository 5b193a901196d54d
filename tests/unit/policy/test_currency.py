"""Money: exact conversion, and rounding on the way out alone."""

from decimal import Decimal

import pytest

from streams.policy import Currency, money_text, to_cents
from streams.policy.currency import ATOMS, CENT, whole

CNY = Currency("CNY", {"USD": [(10, Decimal("7.1")), (20, Decimal("7.123456789012"))]})


@pytest.mark.parametrize(
    ("amount", "currency", "day", "atoms"),
    [
        ("1234.50", None, 0, 1234_50 * CENT),
        ("1234.50", "CNY", 0, 1234_50 * CENT),
        ("-0.01", "CNY", 0, -CENT),
        ("0", "USD", 10, 0),
        ("1", "USD", 9, None),
        ("1", "USD", 10, 710 * CENT),
        ("1", "USD", 19, 710 * CENT),
        ("0.000000000000000001", "USD", 20, 7_123_456_789_012),
        ("1", "EUR", 20, None),
        ("1", "usd", 20, None),
        ("999999999999999999.999999999999999999", "CNY", 0, (10**36 - 1) * 10**12),
        ("1E+17", "CNY", 0, 10**17 * ATOMS),
    ],
)
def test_an_amount_becomes_atoms_exactly(amount: str, currency: str | None, day: int, atoms: int | None) -> None:
    assert CNY.atoms(Decimal(amount), currency, day) == atoms


@pytest.mark.parametrize("amount", ["1E-19", "0.1234567890123456789"])
def test_what_atoms_cannot_hold_is_refused_and_not_rounded(amount: str) -> None:
    with pytest.raises(ValueError, match="more than 18 decimals"):
        CNY.atoms(Decimal(amount), None, 0)


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1E+999999999", "1E-999999999"])
def test_what_is_no_amount_is_refused_at_once(amount: str) -> None:
    with pytest.raises(ValueError, match="is no amount of money"):
        whole(Decimal(amount), 18)


@pytest.mark.parametrize(
    ("atoms", "text"),
    [
        (0, "0.00"),
        (1234_50 * CENT, "1234.50"),
        (CENT // 2, "0.00"),
        (CENT // 2 + 1, "0.01"),
        (3 * CENT // 2, "0.02"),
        (5 * CENT // 2, "0.02"),
        (-CENT // 2, "0.00"),
        (-CENT // 2 - 1, "-0.01"),
        (-3 * CENT // 2, "-0.02"),
        (-5 * CENT // 2, "-0.02"),
        (-100 * CENT, "-1.00"),
        (10**40 * ATOMS, "1" + "0" * 40 + ".00"),
    ],
)
def test_money_is_written_to_the_cent_half_even(atoms: int, text: str) -> None:
    assert money_text(atoms) == text
    assert to_cents(atoms) == Decimal(text)
    assert to_cents(atoms).as_tuple().exponent == -2


def test_a_million_thirds_of_a_cent_do_not_drift() -> None:
    third = CNY.atoms(Decimal("0.003333333333333333"), None, 0)
    assert third is not None
    assert money_text(sum([third] * 1_000_000)) == "3333.33"
