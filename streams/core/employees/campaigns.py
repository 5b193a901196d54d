"""What each campaign and lead source comes to in a period: the records of `campaigns`.

Their facts come under `campaign:<id>` and `source:<name>` in buckets of their own (`campaigns m24314`), and are kept as
an employee's are: `customers.campaigns` says what the measures mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from streams.core.customers.campaigns import CAMPAIGN, KIND, LAUNCHED
from streams.core.employees.state import Employee, Origin
from streams.core.formats import reader, tagged
from streams.core.kpis import Unit, number
from streams.core.ledger import DAYS, Measures
from streams.core.page import Page
from streams.core.periods import buckets_of, touched_by
from streams.core.records import Contribution, key_of, unpacked
from streams.core.stage import Send
from streams.core.units import ATOM
from streams.events.instants import iso
from streams.policy import Policy

STATUSES = ("invited", "opened", "clicked", "attended")
_read_published = reader(list[str])


def share_of(bucket: str, origin: int) -> tuple[str, Origin]:
    """Where what is told of an employee belongs, by the name of its bucket: what a campaign comes to counts among the
    employee's own sums, each campaign of a partition by itself."""
    kind, _, rest = bucket.partition(" ")
    if kind != LAUNCHED:
        return bucket, origin
    place, _, campaign = rest.partition(" ")
    return place, f"{origin} {campaign}"


def key_of_share(employee_id: str, bucket: str, origin: Origin) -> bytes:
    """The key of the record that `share_of` put there."""
    if isinstance(origin, int):
        return key_of(employee_id, bucket, origin)
    by, _, campaign = origin.partition(" ")
    return key_of(employee_id, f"{LAUNCHED} {bucket} {campaign}", int(by))


class Campaigns:
    """The campaigns and lead sources of one partition."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._known: dict[str, Employee] = {}
        self._due: set[str] = set()

    def take(self, name: str, bucket: str, origin: int, contribution: Contribution) -> bool:
        """Take in what an origin knows of a bucket; False for what is older than that."""
        one = self._one(name)
        if one.contribute(bucket, origin, contribution.version, unpacked(contribution.measures)) is None:
            return False
        one.due.update(touched_by(bucket, self._page.today))
        self._due.add(name)
        return True

    def restore(self, name: str, value: bytes) -> None:
        """Put back which periods of one are published."""
        self._one(name).published = set(_read_published(value))

    def restored(self) -> None:
        """Every record has been given; all that it comes to had been told."""
        for one in self._known.values():
            one.due.clear()
        self._due.clear()

    def touch(self, before: int | None = None) -> None:
        """The policy is another, so everything is told again; or time moved on: what had not ended before."""
        for one in self._known.values():
            periods = self._periods(one) | one.published
            one.due |= {period for period in periods if before is None or self._page.was_open(period, before)}
            self._due.add(one.id)

    def forget(self, states: dict[bytes, bytes | None]) -> None:
        """On a new day: drop the days that are out of reach."""
        oldest = self._page.today - DAYS
        for one in self._known.values():
            for bucket in [b for b in one.buckets() if b[0] == "d" and int(b[1:]) <= oldest]:
                for origin in one.forget(bucket):
                    states[key_of(one.id, f"{KIND} {bucket}", origin)] = None

    def flush(self, policy: Policy, states: dict[bytes, bytes | None]) -> Iterator[Send]:
        """The records that changed; those of periods in which there is nothing any more are deleted."""
        for name in sorted(self._due if self._page.known else ()):
            one = self._known[name]
            before = set(one.published)
            for period in sorted(one.due):
                sums = one.total(buckets_of(period, self._page.today))
                key = f"{name}/{period}".encode()
                if sums:
                    one.published.add(period)
                    yield Send("campaigns", key, self._record(name, period, sums, policy))
                elif period in one.published:
                    one.published.discard(period)
                    yield Send("campaigns", key, None)
            one.due.clear()
            if one.published != before:
                states[key_of(KIND, name)] = tagged(sorted(one.published))
        self._due.clear()

    def _one(self, name: str) -> Employee:
        one = self._known.get(name)
        if one is None:
            one = self._known[name] = Employee(name)
        return one

    def _periods(self, one: Employee) -> set[str]:
        return {period for bucket in one.buckets() for period in touched_by(bucket, self._page.today)}

    def _record(self, name: str, period: str, sums: Measures, policy: Policy) -> dict[str, Any]:
        get = sums.get
        kind, _, id = name.partition(":")
        leads, cost, won = get("leads", 0), get("cost", 0), get("won_amount", 0)
        return {
            "campaign_id": id if kind == CAMPAIGN else None,
            "lead_source": None if kind == CAMPAIGN else id,
            "period": period,
            "as_of": iso(self._page.as_of(period)),
            "participants": get("participants", 0),
            "by_status": {status: get(f"participants:{status}", 0) for status in STATUSES},
            "leads": leads,
            "converted": get("converted", 0),
            "lead_conversion_rate": get("converted", 0) / leads if leads else None,
            "cost": number(cost, ATOM, Unit.MONEY),
            "won_count": get("won", 0),
            "won_amount": number(won, ATOM, Unit.MONEY),
            "return": (won - cost) / cost if cost else None,
            "policy_version": policy.version,
        }
