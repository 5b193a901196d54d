"""What a customer bought, and what that says of those who own it: whether it came again, and whether it stays.

Each of it is posted for all customers, and for those of each segment of the policy.

A purchase is a won opportunity, or a contract that names no opportunity or one that is not won; an instant. A customer
is active for a time after each. All of it follows from the purchases that are known and from who owned the customer
when, so it is taken back before either changes and posted anew after that.

Whether a customer stays is posted for periods to come too, as long as it is active when they begin: on the first day of
each month, quarter and year. Who adds up the figures of a period leaves out what belongs to days that are yet to come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from streams.core.customers.entries import WON
from streams.core.customers.state import Customer
from streams.core.history import END
from streams.core.ledger import NOW, Ledger
from streams.policy import Policy
from streams.policy.periods import LAST_MONTH, first_day

_PERIODS = (("month", 1), ("quarter", 3), ("year", 12))


def purchases(customer: Customer) -> list[int]:
    """The instants of all purchases, in order."""
    won = {
        name: opportunity.view.closed_at
        for name, opportunity in customer.opportunities.items()
        if opportunity.view is not None and opportunity.view.outcome == WON
    }
    signed = (contract.time for contract in customer.contracts if contract.opportunity not in won)
    return sorted((*won.values(), *signed))


def post(customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) to a customer's owners that it bought something, and that it stays."""
    bought = purchases(customer)
    if not bought:
        return
    owner = customer.owners.now()
    for suffix in _suffixes(customer, END, policy):
        ledger.post(owner, NOW, f"buyers{suffix}", sign)
        if len(bought) > 1:
            ledger.post(owner, NOW, f"repeaters{suffix}", sign)
    if customer.owners.changes:
        _post_stays(bought, customer, policy, ledger, sign)


def _post_stays(bought: Sequence[int], customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    zone, length = policy.zone, policy.customers.active_for.us
    last = min(zone.month(zone.day(bought[-1] + length)), LAST_MONTH)
    for month in range(zone.month(zone.day(bought[0])), last + 1):
        day = first_day(month)
        start = zone.midnight(day)
        owner = customer.owners.at(start) if is_active(bought, length, start) else None
        if owner is None:
            continue
        page = ledger.page(owner, day)
        suffixes = _suffixes(customer, start, policy)
        for kind, size in _PERIODS:
            if month % size:
                continue
            stays = is_active(bought, length, zone.midnight(first_day(month + size)) - 1)
            for suffix in suffixes:
                page[f"active@{kind}{suffix}"] += sign
                if stays:
                    page[f"retained@{kind}{suffix}"] += sign
            if kind == "year" and not stays:
                page["churned@year"] += sign


def _suffixes(customer: Customer, time: int, policy: Policy) -> list[str]:
    """What the names of measures end in: nothing, and the segments that a customer is in at an instant."""
    return ["", *(f":{segment}" for segment in customer.segments_at(time, policy))]


def is_active(bought: Sequence[int], length: int, time: int) -> bool:
    """Whether the newest purchase up to an instant is no longer ago than that."""
    index = bisect_right(bought, time)
    return index > 0 and time - bought[index - 1] < length
