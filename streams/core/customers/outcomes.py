"""What a customer did in a period: whether it bought again, whether it stayed, and how content it was with anybody's
work. Those who serve a customer together are told of that (see `sharing`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from streams.core.customers.answers import answers_of
from streams.core.customers.files import Answer
from streams.core.customers.purchases import is_active, purchases
from streams.core.customers.state import Customer
from streams.policy import Policy
from streams.policy.periods import first_day

Deed = tuple[str, int]
"""A measure, and how much of it."""


def in_months(customer: Customer, kind: str, month: int, size: int, policy: Policy) -> Iterator[Deed]:
    """Of so many months from one on, which are a period of a kind."""
    start, end = (policy.zone.midnight(first_day(edge)) for edge in (month, month + size))
    bought, length = purchases(customer), policy.customers.active_for.us
    if bisect_left(bought, end) > max(1, bisect_left(bought, start)):
        yield f"shared_again@{kind}", 1
    if is_active(bought, length, start):
        yield f"shared_active@{kind}", 1
        if is_active(bought, length, end - 1):
            yield f"shared_retained@{kind}", 1
    for answer in _answers(customer):
        if start <= answer.time < end:
            yield f"shared_csat_answers@{kind}", 1
            yield f"shared_satisfied@{kind}", answer.opinion


def since(customer: Customer, oldest: int, policy: Policy) -> Iterator[tuple[int, Deed]]:
    """Of the days after one, each with its day. What is so of the periods that hold that day and end today."""
    bought, zone = purchases(customer), policy.zone
    if len(bought) > 1 and (day := zone.day(bought[-1])) > oldest:
        yield day, ("shared_again@days", 1)
    for answer in _answers(customer):
        if (day := zone.day(answer.time)) > oldest:
            yield day, ("shared_csat_answers@days", 1)
            yield day, ("shared_satisfied@days", answer.opinion)


def _answers(customer: Customer) -> list[Answer]:
    kept = answers_of(customer)
    return [] if kept is None else [answer for answer in kept.log if answer.kind == "csat"]
