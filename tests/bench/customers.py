"""`python -m tests.bench.customers`: what a customer takes in the memory store, and what an event costs.

CUSTOMERS (10,000 100,000 1,000,000) stands in the environment: how many a partition has, one or several numbers. For
each, a fresh process restores so many with ten contacts and an open opportunity behind them, every fourth with an alert
that stands, into the stage and its store, as a worker does but for Kafka. Then come EVENTS (20,000) contacts in flushes
of FLUSH, first of a few customers and then of any, and what the process takes for each of them is shown.
"""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

from streams.cli.common import spare_the_collector
from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.stage import EVENTS, TICK
from streams.policy import default_policy
from streams.settings import Settings
from streams.store import MemoryStore
from streams.worker import jobs
from tests.unit.core.kit import contact, created, customer, inbox, money, tick, us

TEMPLATES, BATCH, FLUSH, HOT = 4, 20_000, 1000, 1000
NOW = us("2026-03-25T00:00:00Z")


def template(number: int) -> list[tuple[bytes, bytes]]:
    """The state of one customer, under the id `<id>`."""
    of = {"customer_id": "<id>"}
    lines = [customer("2026-01-02T00:00:00Z", owner_id=f"emp-{number}", grade="A", **of)]
    last = 1 if number == 0 else 3
    lines += [
        contact(f"2026-0{day % last + 1}-1{day % 10}T09:00:00Z", employee_id=f"emp-{number}", **of) for day in range(10)
    ]
    lines.append(created("2026-03-20T00:00:00Z", "Prospecting", amount=money("1000"), opportunity_id="opp-<id>", **of))
    stage = Customers(default_policy(), 0)
    stage.apply(EVENTS, inbox(lines), 0)
    stage.apply(TICK, tick(NOW), 1)
    return [(key, value) for key, value in stage.flush().states if value and b"<id>" in key]


def states(customers: int) -> Iterator[tuple[bytes, bytes]]:
    templates = [template(number) for number in range(TEMPLATES)]
    for number in range(customers):
        name = b"cus-%07d" % number
        for key, value in templates[number % TEMPLATES]:
            yield key.replace(b"<id>", name), value


def memory() -> int:
    """What the process takes now, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def measure(customers: int, events: int) -> None:
    (job, *_) = jobs(default_policy(), Settings.from_env({}).store_cache)
    store = MemoryStore(PackedShelf() if job.shelved else None)
    stage = job.make(0, store.shelf)
    spare_the_collector()
    before, started = memory(), time.process_time()
    batch: list[tuple[bytes, bytes | None]] = []
    for state in states(customers):
        batch.append(state)
        if len(batch) == BATCH:
            await store.put(batch, None)
            batch = []
    await store.put(batch, None)
    for key, value in store.records():
        stage.restore(key, value)
    stage.restored()
    gc.collect()
    restore = time.process_time() - started
    figures = [(memory() - before) / customers]
    assert stage.entries()["customers"] == stage.entries()["opportunities"] == customers
    stage.apply(TICK, tick(NOW), 0)
    chance = Random(1)
    for among in (HOT, customers):
        took = 0.0
        for number in range(0, events, FLUSH):
            at = NOW + number
            lines = [
                contact(at + i, customer_id=f"cus-{chance.randrange(among):07d}", employee_id="emp-1")
                for i in range(FLUSH)
            ]
            inboxes = [inbox(lines[start : start + 100]) for start in range(0, FLUSH, 100)]
            began = time.process_time()
            stage.apply(TICK, tick(at + FLUSH), number)
            for value in inboxes:
                stage.apply(EVENTS, value, number)
            await store.put(stage.flush().states, None)
            took += time.process_time() - began
        figures.append(took / events * 1e6)
    gc.collect()
    figures.append((memory() - before) / customers)
    at_rest, hot, any_, after = figures
    print(f"{customers:>12,}{restore:>12.1f}{at_rest:>12,.0f}{after:>12,.0f}{hot:>12.1f}{any_:>12.1f}", flush=True)


def main() -> None:
    events = int(os.environ.get("EVENTS") or 20_000)
    if sys.argv[1:]:
        asyncio.run(measure(int(sys.argv[1]), events))
        return
    size = sum(len(value) for value in dict(states(TEMPLATES)).values()) / TEMPLATES
    print(f"{size:,.0f} bytes of records a customer")
    heads = ("customers", "restore s", "bytes each", "after", "hot us", "any us")
    print("".join(f"{head:>12}" for head in heads))
    for customers in (os.environ.get("CUSTOMERS") or "10000 100000 1000000").split():
        subprocess.run([sys.executable, "-m", "tests.bench.customers", customers], check=True)


if __name__ == "__main__":
    main()
