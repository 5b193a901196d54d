"""What an event, a customer and a tick cost as the work grows: `python -m tests.bench.growth`, in process, no Kafka.

CUSTOMERS (10000,100000,1000000), TYPES (1,4,16) and EVENTS (20,000) stand in the environment. For every number of
standard customers, see `tests.bench.standing`, and of event types a fresh process restores the customers and drives
the three stages as a worker does one partition: records of some hundred events, a flush for every `FLUSH` of them.
Every customer gets its turn, so that a larger number is also one that is wider scattered in memory. Then come ticks,
for which all customers wait and none is due.

Of the customers those used last stand ready, as many as in a worker, and the others are packed. Bytes are told of
before and after the events, times are CPU time. `× size` compares with the smallest number of customers, `× types` with
the smallest of types; both by the yardstick, a fixed piece of work done between the records, as a machine that others
use too is not equally fast at all times.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import msgspec

from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.employees import Employees
from streams.core.stage import EVENTS, TICK, Changes, Stage
from streams.policy import default_policy
from streams.settings import Settings
from tests.bench import standing
from tests.bench.environment import whole, wholes
from tests.unit.core.kit import employee, event, inbox, money, tick, us

FLUSH = 5_000
"""Events: what comes to one partition of eight in the 400 ms between two flushes when 100,000 a second come in."""
BATCH = 20_000
"""Records that are restored at a time."""
RECORD = 500
"""Events of an inbox record."""
STRIDE = 7_919
"""Customers from one event to the next: a prime, so that every customer gets its turn."""
TICKS = 200
SECOND = 1_000_000
"""Microseconds."""
KINDS: Final = (
    "contact.logged", "opportunity.updated", "customer.upserted", "payment.received",
    "contact.planned", "opportunity.stage_changed", "invoice.issued", "opportunity.created",
    "opportunity.won", "contract.signed", "opportunity.reopened", "opportunity.lost",
    "customer.owner_changed", "payment.refunded", "debt.written_off", "target.set",
)  # fmt: skip
"""The types that the core uses, in the order in which they come into play: the first, the first four, all."""

SUDDEN: Final = ("opp.stage_changed", "payment.bad_debt")
"""The rules of which an event itself is the condition."""


class Cost(msgspec.Struct, frozen=True):
    """Of one process: CPU microseconds an event in each stage and a tick in all three; bytes a customer, at rest and
    after the events. `yardstick` is the CPU seconds of the fixed piece of work at that time."""

    customers: float
    employees: float
    company: float
    tick: float
    at_rest: float
    after: float
    yardstick: float

    @property
    def event(self) -> float:
        """Of all stages."""
        return self.customers + self.employees + self.company

    @property
    def measured(self) -> float:
        """What an event costs, by the yardstick."""
        return self.event / self.yardstick


def plan(first: int, count: int, customers: int, types: int) -> Iterator[tuple[int, str]]:
    """(customer, event type) of so many events from the `first` on: types take turns, and so do customers."""
    for number in range(first, first + count):
        yield number * STRIDE % customers, KINDS[number % types]


def line(number: int, customer: int, kind: str) -> bytes:
    """The event number `number`, a tenth of a second after the one before it."""
    at = us(standing.NEXT_DAY) + number * SECOND // 10
    data: dict[str, Any] = {"customer_id": standing.name(customer)}
    who = standing.owner(customer)
    family = kind.partition(".")[0]
    if family == "opportunity":
        data["opportunity_id"] = f"new-{number}" if kind == "opportunity.created" else standing.opportunity(customer)
    elif family in ("contact", "contract", "payment", "invoice", "debt"):
        data["employee_id"] = who
    if family in ("contract", "payment", "invoice", "debt"):
        data["amount"] = money("250.50")
    if family in ("payment", "invoice", "debt"):
        data["invoice_id"] = f"inv-{customer}"
    match kind:
        case "contact.logged":
            data |= {"channel": "call", "direction": "outbound", "content": "We talked about the offer. " * 4}
        case "contact.planned":
            data["next_contact_at"] = "2026-04-20T09:00:00Z"
        case "customer.upserted":
            data["grade"] = "B"
        case "customer.owner_changed":
            data["to"] = standing.owner(customer + 1)
        case "opportunity.created":
            data |= {"stage": "Prospecting", "owner_id": who, "amount": money("990")}
        case "opportunity.stage_changed":
            data["to_stage"] = "Engaging"
        case "opportunity.reopened":
            data["to_stage"] = "Proposal"
        case "opportunity.updated":
            data["amount"] = money(str(10_000 + number))
        case "contract.signed":
            data["contract_id"] = f"con-{number}"
        case "invoice.issued":
            data["due_at"] = "2026-04-30"
        case "payment.received" | "payment.refunded":
            data["payment_id"] = f"pay-{number}"
        case "target.set":
            data = {"scope": "employee", "scope_id": who, "kpi": "won_amount", "period": "2026-04",
                    "value": str(10_000 + number)}  # fmt: skip
    return event(at, kind, id=f"g-{number}", source="/bench", **data)


def yardstick() -> float:
    """CPU seconds of a fixed piece of work."""
    began = time.process_time()
    for number in range(20_000):
        str(number)
    return time.process_time() - began


class House:
    """One partition of each stage, and the CPU seconds spent in each."""

    def __init__(self) -> None:
        policy = default_policy()
        self._shelf = PackedShelf()
        self.customers = Customers(policy, 0, shelf=self._shelf, bound=Settings.from_env({}).store_cache)
        self.stages: list[Stage] = [self.customers, Employees(policy, 0), Company(policy, 0)]
        self.spent = [0.0, 0.0, 0.0]
        self.applied = 0
        self.yardsticks: list[float] = []
        self._offset = 0

    def restore(self, states: Iterator[standing.State]) -> None:
        while batch := list(islice(states, BATCH)):
            self._shelf.put(batch)
            for key, value in batch:
                self.customers.restore(key, value)

    def give(self, key: bytes, value: bytes, first: int = 0) -> None:
        """An input record for the stage `first`."""
        began = time.process_time()
        self._offset += 1
        self.stages[first].apply(key, value, self._offset)
        self.spent[first] += time.process_time() - began

    def flush(self) -> None:
        """All stages, each after what the one before it had to say."""
        for number, stage in enumerate(self.stages):
            began = time.process_time()
            changes = stage.flush()
            if stage is self.customers:
                self._shelf.put(changes.states)
            self.spent[number] += time.process_time() - began
            self._hand_on(number + 1, changes)

    def tick(self, at: int) -> None:
        """Time comes to an instant."""
        for number in range(len(self.stages)):
            self.give(TICK, tick(at), number)
        self.flush()

    def _hand_on(self, number: int, changes: Changes) -> None:
        for key, count in changes.counts.items():
            if key[0] == "transition":
                assert key[1] in SUDDEN, key  # an alert changed, where none was due
                continue
            assert key[3] == "applied", key
            self.applied += count
        for send in changes.sends:
            if send.topic in ("streams.facts", "streams.rollup") and send.value is not None:
                assert isinstance(send.value, bytes)
                self.give(send.key, send.value, number)

    def drive(self, records: Iterator[list[bytes]]) -> None:
        """Each item: the inbox records between two flushes."""
        for batch in records:
            for record in batch:
                self.give(EVENTS, record)
                self.yardsticks.append(yardstick())
            self.flush()


def records(first: int, count: int, customers: int, types: int) -> list[list[bytes]]:
    """The inbox records of so many events, flush by flush."""
    lines = [line(first + place, *chosen) for place, chosen in enumerate(plan(first, count, customers, types))]
    return [[inbox(part) for part in pieces(flush, RECORD)] for flush in pieces(lines, FLUSH)]


def pieces(lines: list[bytes], size: int) -> list[list[bytes]]:
    """Cut into pieces of a size, the last one as it comes."""
    return [lines[start : start + size] for start in range(0, len(lines), size)]


def resident() -> int:
    """Bytes of memory in use by this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cost(customers: int, types: int, events: int) -> Cost:
    """Measured in this process, which must be a fresh one."""
    start = us(standing.NEXT_DAY)
    ground = inbox(employee(start, standing.owner(n), team=f"team-{n % 50}") for n in range(standing.OWNERS))
    warm_up, measured = records(0, FLUSH, customers, types), records(FLUSH, events, customers, types)
    house = House()
    house.restore(standing.ledger(customers))
    before = resident()
    house.restore(standing.customers(customers))
    house.customers.restored()
    at_rest = resident() - before
    house.tick(start)
    house.give(EVENTS, ground)
    house.drive(iter(warm_up))
    house.spent, house.applied, house.yardsticks = [0.0, 0.0, 0.0], 0, []
    house.drive(iter(measured))
    assert house.applied == events, house.applied
    spent, house.spent, after = house.spent, [0.0, 0.0, 0.0], resident() - before
    last = start + (FLUSH + events) * SECOND // 10
    for number in range(TICKS):
        house.tick(last + number * SECOND)
    first, second, third = (seconds / events * 1e6 for seconds in spent)
    return Cost(
        first, second, third, sum(house.spent) / TICKS * 1e6, at_rest / customers, after / customers,
        fmean(house.yardsticks),
    )  # fmt: skip


def ratios(costs: dict[tuple[int, int], Cost]) -> dict[tuple[int, int], tuple[float, float]]:
    """By (customers, types): what an event costs over that at the fewest customers, and over that at the fewest types,
    the other number being the same; each by its yardstick."""
    fewest, least = (min(key[place] for key in costs) for place in (0, 1))
    return {
        (size, types): (cost.measured / costs[fewest, types].measured, cost.measured / costs[size, least].measured)
        for (size, types), cost in costs.items()
    }


def main() -> None:
    if sys.argv[1:]:
        print(msgspec.json.encode(cost(*map(int, sys.argv[1:]))).decode())
        return
    sizes, kinds = wholes("CUSTOMERS", "10000,100000,1000000"), wholes("TYPES", "1,4,16")
    events = whole("EVENTS", 20_000)
    costs: dict[tuple[int, int], Cost] = {}
    for size, types in product(sizes, kinds):
        fresh = [sys.executable, "-m", "tests.bench.growth", str(size), str(types), str(events)]
        costs[size, types] = msgspec.json.decode(subprocess.check_output(fresh), type=Cost)
        print(f"{size:,} customers, {types} types measured", file=sys.stderr, flush=True)
    heads = ("customers", "types", "customers µs", "employees µs", "company µs", "event µs", "× size", "× types",
             "tick µs", "bytes at rest", "bytes after")  # fmt: skip
    print("".join(f"{head:>14}" for head in heads))
    for (size, types), found in costs.items():
        by_size, by_types = ratios(costs)[size, types]
        print(
            f"{size:>14,}{types:>14}{found.customers:>14.1f}{found.employees:>14.1f}{found.company:>14.1f}"
            f"{found.event:>14.1f}{by_size:>14.2f}{by_types:>14.2f}{found.tick:>14.0f}"
            f"{found.at_rest:>14,.0f}{found.after:>14,.0f}"
        )


if __name__ == "__main__":
    main()
