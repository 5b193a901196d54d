"""What a worker's memory does while it is behind: `python -m tests.bench.backlog`, on a real Apache Kafka.

Few customers and many events, so that state is small and what grows would be queues: the same worker drains a backlog
of EVENTS (400,000) and one of a quarter of that; then it faces the large one again while the broker sleeps four
fifths of the time. Peak memory of the three has to be about the same, and the figures of the first two exact.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streams.events import ContactLogged, encode, make_event
from tests.acceptance.installation import Installation
from tests.kafka import Broker

MIB = 1 << 20
START = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = "2026-12-31T00:00:00Z"
CUSTOMERS, EMPLOYEES = 500, 20
AWAKE_S, ASLEEP_S = 0.1, 0.4
"""Seconds of the slow broker's days and nights."""
SLOW_S = 60.0
ALLOWED = 1.5
"""Peak of the large backlog over that of the small one: four times the events may not cost half as much again."""


def contacts(count: int) -> Iterator[bytes]:
    """Contacts a few seconds apart."""
    for number in range(count):
        data = ContactLogged(
            employee_id=f"emp-{number % EMPLOYEES}", customer_id=f"cus-{number % CUSTOMERS}", channel="call",
            direction="outbound", content="We talked about the offer and what comes next. " * 2,
        )  # fmt: skip
        yield encode(make_event(data, f"c-{number}", "/bench", START + timedelta(seconds=10 * number)))


def peak(worker: subprocess.Popen[bytes]) -> int:
    """Waits for a worker to end well; the bytes that it had at most."""
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


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


def drain(broker: Broker, events: int, slow: bool) -> tuple[int, float, int]:
    """(peak bytes, seconds, contacts counted) of one worker that meets so many events."""
    app = f"bench-{uuid.uuid4().hex[:8]}"
    with (
        tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as home,
        Installation(broker.bootstrap, app, Path(home)) as installation,
    ):
        asyncio.run(installation.produce(contacts(events)))
        started = time.monotonic()
        worker = installation.start("--clock", "events", "--until", UNTIL)
        if slow:
            installation.until_at_work(worker)
            with slowed(broker):
                time.sleep(SLOW_S)  # what is measured is what has gathered by then
            os.kill(worker.pid, signal.SIGTERM)  # not by its own method, which would reap one that has ended
        bytes_, seconds = peak(worker), time.monotonic() - started
        if worker.returncode:
            raise SystemExit(f"the worker ended with exit code {worker.returncode}\n{installation.said(worker)}")
        return bytes_, seconds, asyncio.run(counted(installation))


async def counted(installation: Installation) -> int:
    """All contacts of the year."""
    rows = await installation.newest("kpis.employees")
    return sum(
        int(kpi["value"])
        for key, row in rows.items()
        for kpi in row["kpis"]
        if key.endswith("/2026") and kpi["kpi"] == "contacts"
    )


def main() -> None:
    events = int(os.environ.get("EVENTS") or 400_000)
    figures = {}
    with Broker() as broker:
        for name, count, slow in (
            ("small backlog", events // 4, False), ("large backlog", events, False), ("slow broker", events, True),
        ):  # fmt: skip
            bytes_, seconds, found = drain(broker, count, slow)
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
