"""What happens in a company now and then, and in the simulation never, though it matters to a KPI."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any, NamedTuple

from tests.appraisal import deals, services, work
from tests.appraisal.cast import Cast, Step

Tell = Callable[[Cast, Mapping[str, Any]], Iterator[Step]]
ZONES = UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))
CLASHES = 0.002
"""The share of contacts that come again with another content."""


class _Kind(NamedTuple):
    share: float
    """Of how many of the events of a type something odd follows."""
    tell: Tell


TELLING = {
    "customer.upserted": _Kind(0.1, services.of_customer),
    "contact.logged": _Kind(0.05, services.of_contact),
    "lead.created": _Kind(0.6, services.of_lead),
    "ticket.opened": _Kind(0.5, services.of_ticket),
    "feedback.received": _Kind(0.8, services.of_feedback),
    "opportunity.created": _Kind(0.4, deals.of_opportunity),
    "contract.signed": _Kind(1.0, deals.of_contract),
    "invoice.issued": _Kind(0.2, deals.of_invoice),
    "payment.received": _Kind(0.3, deals.of_payment),
    "campaign.launched": _Kind(1.0, deals.of_campaign),
    "task.assigned": _Kind(0.4, work.of_task),
    "expense.claimed": _Kind(0.6, work.of_expense),
    "trip.requested": _Kind(0.8, work.of_trip),
    "usage.recorded": _Kind(0.02, work.of_usage),
    "assessment.submitted": _Kind(0.3, work.of_assessment),
    "key_result.updated": _Kind(0.5, work.of_key_result),
    "measure.recorded": _Kind(0.3, work.of_measure),
    "target.set": _Kind(0.2, work.of_target),
    "employee.upserted": _Kind(0.5, work.of_employee),
}


def with_oddities(lines: Iterable[bytes], seed: int, end: datetime) -> Iterator[bytes]:
    """The lines, in the order of their times, and among them some that they gave rise to."""
    cast, numbers = Cast(Random(f"appraisal:{seed}")), count(1)
    waiting: list[tuple[datetime, int, bytes]] = []
    for line in lines:
        event = json.loads(line)
        kind, data, time = event["type"], event["data"], datetime.fromisoformat(event["time"])
        cast.see(kind, data)
        while waiting and waiting[0][0] < time:
            yield heappop(waiting)[2]
        yield line
        if kind == "contact.logged" and cast.chance.random() < CLASHES:
            yield json.dumps(event | {"data": data | {"channel": "other", "connected": True}}).encode()
        odd = TELLING.get(kind)
        if odd is None or cast.chance.random() >= odd.share:
            continue
        began = time + timedelta(microseconds=cast.chance.randrange(1_000_000))
        for days, verb, told in odd.tell(cast, data):
            at = (
                datetime.fromisoformat(days) if isinstance(days, str) else began + timedelta(seconds=int(days * 86_400))
            )
            if at < end:
                number = next(numbers)
                heappush(waiting, (at, number, _line(cast, number, verb, at, told)))
    yield from (heappop(waiting)[2] for _ in range(len(waiting)))


def _line(cast: Cast, number: int, kind: str, time: datetime, data: Mapping[str, Any]) -> bytes:
    # Of two events at one instant the greater id is later, which need not be the one that was thought of later.
    id = f"{cast.chance.randrange(1000):03d}-{number:06d}"
    text = time.astimezone(cast.chance.choice(ZONES)).isoformat()
    return json.dumps(
        {"specversion": "1.0", "id": id, "source": "/odder", "type": kind, "time": text, "data": data}
    ).encode()
