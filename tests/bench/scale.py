"""What more workers bring: `python -m tests.bench.scale`, on a real Apache Kafka.

WORKERS (1,2,4), EVENTS (200,000), PARTITIONS (16), CUSTOMERS (20,000) and EMPLOYEES (1,000) stand in the environment.
For every number of workers an installation of its own has the same backlog; so many processes, started together, drain
it and end by themselves, and have to come to the same KPIs. Seconds are those from the start of the processes to the
end of the last, with all that a start costs. On a machine with few cores the sum of events/s stops at what these give;
whether workers are in each other's way is told by the CPU that all of them took together, which then grows.
"""

import asyncio
import os
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.installation import Installation
from tests.bench.contacts import UNTIL, contacts, counted
from tests.bench.environment import whole, wholes
from tests.bench.processes import Usage, ended
from tests.kafka import Broker

MIB = 1 << 20


class Drained(NamedTuple):
    """What some workers took for a backlog, and the KPIs that they left, by employee and period."""

    seconds: float
    usages: list[Usage]
    kpis: dict[str, Any]


def drain(broker: Broker, workers: int, events: int, partitions: int, customers: int, employees: int) -> Drained:
    """So many workers meet so many events."""
    app = f"bench-{uuid.uuid4().hex[:8]}"
    with (
        tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as home,
        Installation(broker.bootstrap, app, Path(home), CRMPULSE_PARTITIONS=partitions) as installation,
        ThreadPoolExecutor(workers) as waiting,
    ):
        asyncio.run(installation.produce(contacts(events, customers, employees)))
        started = time.monotonic()
        running = [installation.start("--clock", "events", "--until", UNTIL) for _ in range(workers)]
        usages = list(waiting.map(ended, running))
        seconds = time.monotonic() - started
        for worker in running:
            if worker.returncode:
                raise SystemExit(f"a worker ended with exit code {worker.returncode}\n{installation.said(worker)}")
        return Drained(seconds, usages, asyncio.run(installation.newest("kpis.employees")))


def main() -> None:
    crews = wholes("WORKERS", "1,2,4")
    events, partitions = whole("EVENTS", 200_000), whole("PARTITIONS", 16)
    customers, employees = whole("CUSTOMERS", 20_000), whole("EMPLOYEES", 1_000)
    first: Drained | None = None
    with Broker() as broker:
        print(f"{events:,} events, {partitions} partitions, {os.cpu_count()} cores")
        print(f"{'workers':>8}{'s':>8}{'events/s':>10}{'CPU s':>8}   CPU s of each; MiB of each at most")
        for workers in crews:
            found = drain(broker, workers, events, partitions, customers, employees)
            each = ", ".join(f"{usage.cpu:.1f}" for usage in found.usages)
            peaks = ", ".join(f"{usage.peak / MIB:.0f}" for usage in found.usages)
            cpu = sum(usage.cpu for usage in found.usages)
            print(f"{workers:>8}{found.seconds:>8.1f}{events / found.seconds:>10,.0f}{cpu:>8.1f}   {each}; {peaks}",
                  flush=True)  # fmt: skip
            assert counted(found.kpis) == events, counted(found.kpis)
            first = first or found
            assert found.kpis == first.kpis, f"{workers} workers came to other KPIs than {crews[0]}"
    print(f"Every event counted; {len(first.kpis) if first else 0:,} rows of KPIs equal among them.")


if __name__ == "__main__":
    main()
