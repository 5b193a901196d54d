"""Whether the policy can express every amount of an event in the reporting currency."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from streams.events import ContractSigned, Data, Event, Money, Reason, Rejected
from streams.events.instants import to_us
from streams.policy import Policy


def check(event: Event, policy: Policy) -> Rejected | None:
    """The rejection of an event that has an amount in a currency without a rate on the event's local day, else None."""
    if not _money_fields(type(event.data)):
        return None
    for field, money in _amounts(event.data):
        if money.currency is not None and money.currency != policy.currency.reporting:
            day = policy.zone.day(to_us(event.time))
            if policy.currency.atoms(money.amount, money.currency, day) is None:
                return Rejected(
                    Reason.no_rate,
                    f"data.{field}.currency: the policy has no rate for {money.currency} on {policy.zone.date(day)}",
                )
    return None


@cache
def _money_fields(kind: type[Data]) -> tuple[str, ...]:
    return tuple(name for name, hint in kind.__annotations__.items() if "Money" in str(hint)) + tuple(
        name for base in kind.__mro__[1:] if issubclass(base, Data) for name in _money_fields(base)
    )


def _amounts(data: Data) -> Iterator[tuple[str, Money]]:
    for name in _money_fields(type(data)):
        value = getattr(data, name)
        if isinstance(value, Money):
            yield name, value
    if isinstance(data, ContractSigned):
        for number, line in enumerate(data.lines or ()):
            for name, price in (("unit_price", line.unit_price), ("list_price", line.list_price)):
                if price is not None:
                    yield f"lines[{number}].{name}", price
