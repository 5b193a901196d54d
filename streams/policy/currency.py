"""Exact money: amounts become whole atoms (10^-30) of the reporting currency, and sums of ints never round."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import Decimal

AMOUNT_DIGITS = 18  # decimals of an amount
RATE_DIGITS = 12  # decimals of a rate
ATOMS: int = 10 ** (AMOUNT_DIGITS + RATE_DIGITS)
CENT = ATOMS // 100
POWERS: tuple[int, ...] = tuple(10**digits for digits in range(31))
LARGEST = 60  # powers of ten that are still taken for a number of money
ALWAYS = -(1 << 40)  # a day before all days
_ONE: int = 10**RATE_DIGITS


class Currency:
    """The reporting currency and the rates into it: per foreign currency, (first day, rate) in order of days."""

    __slots__ = ("_rates", "rates", "reporting")

    def __init__(self, reporting: str, rates: Mapping[str, Sequence[tuple[int, Decimal]]]) -> None:
        self.reporting = reporting
        self.rates = {code: tuple(sorted(listed)) for code, listed in sorted(rates.items())}
        self._rates = {
            code: ([day for day, _ in listed], [whole(rate, RATE_DIGITS) for _, rate in listed])
            for code, listed in self.rates.items()
        }

    def atoms(self, amount: Decimal, currency: str | None, day: int) -> int | None:
        """The amount in atoms at the rate of a local day; None where no rate holds on that day.

        ValueError for an amount with more than 18 decimals or out of all bounds, which the codec never lets through.
        """
        if currency is None or currency == self.reporting:
            return whole(amount, AMOUNT_DIGITS) * _ONE
        listed = self._rates.get(currency)
        if listed is None:
            return None
        first_days, rates = listed
        index = bisect_right(first_days, day) - 1
        return whole(amount, AMOUNT_DIGITS) * rates[index] if index >= 0 else None


def whole(number: Decimal, digits: int) -> int:
    """The number in units of 10^-digits, exactly; ValueError where it has more decimals than that."""
    # The guard comes first: as an int, 1E+999999999 would fill the memory.
    if not number.is_finite() or abs(number.adjusted()) > LARGEST:
        raise ValueError(f"{number} is no amount of money")
    numerator, denominator = number.as_integer_ratio()
    units, rest = divmod(POWERS[digits], denominator)
    if rest:
        raise ValueError(f"{number} has more than {digits} decimals")
    return numerator * units


def cents(atoms: int) -> int:
    """Atoms rounded to whole cents, half even."""
    whole_cents, rest = divmod(atoms, CENT)
    if 2 * rest > CENT or (2 * rest == CENT and whole_cents % 2):
        whole_cents += 1
    return whole_cents


def to_cents(atoms: int) -> Decimal:
    """The amount with two decimals, rounded half even."""
    return Decimal(money_text(atoms))


def money_text(atoms: int) -> str:
    """The amount as written out: `1234.50`."""
    units = cents(atoms)
    return f"{'-' if units < 0 else ''}{abs(units) // 100}.{abs(units) % 100:02d}"
