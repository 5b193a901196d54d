"""Which records of `customers` and `opportunities` have changed. Each is made once per flush that touched it.

What was told last is known by its fingerprint alone, which is stored beside the history that it follows from: a record
that comes out as it was is not told again, after a restart neither. The text that this is taken of is what is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from streams.core.customers import deals, portrait
from streams.core.customers.costs import Spent, spent
from streams.core.customers.state import Customer, Invoice, Opportunity
from streams.core.history import END
from streams.core.organisation import Organisation
from streams.core.stage import Send
from streams.policy import Policy

_encode = msgspec.json.Encoder().encode
PRINT = 8
"""Bytes of a fingerprint."""


def changed(
    customers: Iterable[Customer], organisation: Organisation, policies: Mapping[int, Policy]
) -> Iterator[Send]:
    """The records of these customers, and of their opportunities, that are others now. Each follows the policy, of
    `policies` by the numbers of their revisions, that its customer was last judged by."""
    for customer in customers:
        if not customer.is_customer:
            continue
        policy = policies[customer.revision]
        names = _touched(customer)
        if names:
            money, costs = deals.received(customer), spent(customer)
            for name in sorted(names):
                opportunity = customer.opportunities[name]
                if opportunity.view is None:
                    if opportunity.told:  # every event of it was voided
                        opportunity.told = 0
                        customer.touch(opportunity)
                        yield Send("opportunities", name.encode(), None)
                    continue
                text = _encode(_deal(opportunity, customer, money, costs, organisation, policy))
                found = _print(text)
                if found != opportunity.told:
                    opportunity.told = found
                    customer.touch(opportunity)
                    yield Send("opportunities", name.encode(), text)
        if customer.first == END or customer.merged is not None:
            if customer.told:  # every event of it was voided, or it is another one now
                customer.told, customer.dirty = 0, True
                yield Send("customers", customer.id.encode(), None)
            continue  # somebody looks after an alert of a customer that nothing is known of here
        text = _encode(portrait.record_of(customer, policy))
        found = _print(text)
        if found != customer.told:
            customer.told, customer.dirty = found, True
            yield Send("customers", customer.id.encode(), text)


def everything(
    customers: Mapping[str, Customer], organisation: Organisation, policies: Mapping[int, Policy]
) -> Iterator[Send]:
    """Every record, those of each topic by their keys."""
    places = []
    for name in sorted(customers):
        customer = customers[name]
        if not customer.is_customer:
            continue
        places += [(id, name) for id, one in customer.opportunities.items() if one.view is not None]
        if customer.first != END and customer.merged is None:
            yield Send("customers", name.encode(), portrait.record_of(customer, policies[customer.revision]))
    for id, name in sorted(places):
        customer = customers[name]
        money, costs = deals.received(customer), spent(customer)
        policy = policies[customer.revision]
        record = _deal(customer.opportunities[id], customer, money, costs, organisation, policy)
        yield Send("opportunities", id.encode(), record)


def _deal(
    opportunity: Opportunity,
    customer: Customer,
    money: dict[str, int],
    costs: dict[str, Spent],
    organisation: Organisation,
    policy: Policy,
) -> dict[str, Any]:
    assert opportunity.view is not None
    collected, outlay = money.get(opportunity.id, 0), costs.get(opportunity.id, Spent())
    return deals.record_of(opportunity, opportunity.view, customer, collected, outlay, organisation, policy)


def _touched(customer: Customer) -> set[str]:
    """The opportunities whose records may be others: those that changed, and those that a changed invoice names."""
    if customer.whole:
        return set(customer.opportunities)
    names: set[str] = set()
    for name in customer.dirty_cases or ():
        if name.startswith(Opportunity.KIND):
            names.add(name[1:])
        elif name.startswith(Invoice.KIND):
            names |= deals.named_by(customer.invoices[name[1:]]) & customer.opportunities.keys()
    return names


def _print(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=PRINT).digest(), "big")
