"""What a worker's memory does while it is behind: `python -m tests.bench.backlog`, on a real Apache Kafka.

EVENTS (200,000) and CUSTOMERS (20,000) stand in the environment. The same worker drains a backlog of EVENTS and one of
a quarter of that; then it faces the large one again while the broker sleeps four fifths of the time. What would grow
beyond measure are queues. State grows too, and has to: by the customers, and by the fingerprint of every event of
theirs, for good. So the peaks may differ, by `ALLOWED` at most; and the figures of the first two have to be exact.
"""

import asyncio
import json
import os
import signal
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.installation import Installation
from tests.bench.contacts import UNTIL, contacts, counted
from tests.bench.environment import whole
from tests.bench.processes import Watched
from tests.kafka import Broker

MIB = 1 << 20
EMPLOYEES = 20
AWAKE_S, ASLEEP_S = 0.1, 0.4
"""Seconds of the slow broker's days and nights."""
SLOW_S = 60.0
ALLOWED = 1.5
"""Peak of the large backlog over that of the small one, which has a quarter of the events and of their fingerprints."""


@contextmanager
def slowed(broker: Broker) -> Iterator[None]:
    """The broker sleeps most of the time."""
    over = threading.Event()

    def doze() -> None:
        while not over.wait(AWAKE_S):
            broker.tell(signal.SIGSTOP)
            over.wait(ASLEEP_S)
            broker.tell(signal.SIGCONT)

    dozing = threading.Thread(target=doze)
    dozing.start()
    try:
        yield
    finally:
        over.set()
        dozing.join()


def drain(broker: Broker, events: int, customers: int, slow: bool) -> tuple[int, float, int]:
    """(peak bytes, seconds, contacts counted) of one worker that meets so many events."""
    app = f"bench-{uuid.uuid4().hex[:8]}"
    with (
        tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as home,
        Installation(broker.bootstrap, app, Path(home)) as installation,
    ):
        asyncio.run(installation.produce(contacts(events, customers, EMPLOYEES)))
        started = time.monotonic()
        worker = installation.start("--clock", "events", "--until", UNTIL)
        watched = Watched(worker)
        if slow:
            installation.until_at_work(worker)
            with slowed(broker):
                drained = watched.until(time.monotonic() + SLOW_S)
            if drained is None:  # what is measured is what has gathered by then
                os.kill(worker.pid, signal.SIGTERM)  # not by its own method, which would reap one that has ended
        usage, seconds = watched.ended(), time.monotonic() - started
        if worker.returncode:
            raise SystemExit(f"the worker ended with exit code {worker.returncode}\n{installation.said(worker)}")
        return usage.peak, seconds, counted(asyncio.run(installation.newest("kpis.employees")))


def main() -> None:
    events, customers = whole("EVENTS", 200_000), whole("CUSTOMERS", 20_000)
    if events // 4 < customers:
        raise SystemExit("A quarter of EVENTS must be CUSTOMERS or more, or the small backlog knows fewer customers.")
    figures = {}
    with Broker() as broker:
        for name, count, slow in (
            ("small backlog", events // 4, False), ("large backlog", events, False), ("slow broker", events, True),
        ):  # fmt: skip
            bytes_, seconds, found = drain(broker, count, customers, slow)
            if not slow:
                assert found == count, (name, found, count)
            figures[name] = bytes_
            print(
                f"{name:<15}{count:>12,} events{seconds:>8.0f} s{bytes_ / MIB:>8.0f} MiB at most"
                f"   {found:,} contacts counted", flush=True,
            )  # fmt: skip
    for name in ("large backlog", "slow broker"):
        ratio = figures[name] / figures["small backlog"]
        print(f"{name}: {ratio:.2f} times the memory of the small backlog")
        assert ratio <= ALLOWED, json.dumps(figures)


if __name__ == "__main__":
    main()
