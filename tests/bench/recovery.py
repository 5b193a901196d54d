"""`python -m tests.bench.recovery`: how long a worker takes to have its customers again, with each store.

CUSTOMERS (1,000,000) stands in the environment. A real Kafka holds the state of one partition with so many standard
customers, see `tests.bench.standing`, as the stage writes them. Then fresh processes load it: from the topic into
memory, from the topic into a new RocksDB, and from that RocksDB.
"""

import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from itertools import chain, starmap
from pathlib import Path

from aiokafka import TopicPartition

from streams import topics
from streams.agents.checkpoint import Checkpoint, Known
from streams.agents.log import TransactionalLog
from streams.agents.partition import Limits, Partition
from streams.agents.records import Record
from streams.cli.common import spare_the_collector
from streams.core.customers.packed import PackedShelf
from streams.core.stage import Stage
from streams.generations import admit
from streams.metrics import Metrics
from streams.policy import default_policy
from streams.settings import Settings
from streams.store import Identity, MemoryStore, RocksStore, Store
from streams.topics import CUSTOMERS_STATE, INBOX, Topics
from streams.worker import jobs
from tests.bench import standing
from tests.bench.environment import whole
from tests.kafka import Broker

FLUSH = 20_000
STORES = ("memory", "new-rocksdb", "rocksdb")


def log_of(settings: Settings) -> TransactionalLog:
    full = Topics(settings).full
    return TransactionalLog(
        settings, "customers", *(TopicPartition(full(name), 0) for name in (INBOX, CUSTOMERS_STATE))
    )


async def fill(settings: Settings, customers: int) -> None:
    assert not (await topics.create(settings)).wrong
    assert await admit(settings, default_policy(), 0, asyncio.Event())  # only a generation that serves may write
    log, count, size = log_of(settings), 0, 0
    await log.load(MemoryStore(), "")
    batch: list[Record] = []
    for record in starmap(Record, chain(standing.ledger(customers), standing.customers(customers))):
        batch.append(record)
        count += 1
        size += len(record.key) + len(record.value or b"")
        if len(batch) == FLUSH:
            await log.write({}, batch, Checkpoint(-1, 0, "", ""), None)
            batch = []
    await log.write({}, batch, Checkpoint(-1, 0, "", ""), None)
    await log.close()
    print(f"{customers:,} customers in {count:,} records of {size / count:.0f} bytes", flush=True)


async def load(settings: Settings, store: Store, customers: int) -> None:
    """One partition as the worker loads it; what it took, and a look at every table's size."""
    (job, *_) = jobs(default_policy(), settings)
    metrics, limits = Metrics(lambda: 0, "0"), Limits(60, 10**6, 60)
    wall, cpu = time.monotonic(), time.process_time()
    partition = Partition(job, 0, log_of(settings), store, Topics(settings), metrics, limits, lambda: 0)
    await partition.load(Known("", None, "bench"))
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    stage: Stage = partition._stage
    entries = stage.entries()
    assert entries["customers"] == entries["subjects"] == customers, entries
    assert entries["opportunities"] == customers, entries
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{wall:>10.1f}{cpu:>10.1f}{peak:>12,.0f}{peak * 1024 * 1024 / customers:>16,.0f}", flush=True)
    await partition.close()


def main() -> None:
    customers = whole("CUSTOMERS", 1_000_000)
    if sys.argv[1:]:
        spare_the_collector()  # as the worker does
        name, bootstrap, folder = sys.argv[1:]
        identity = Identity("bench", "customers", CUSTOMERS_STATE, 0)
        store = MemoryStore(PackedShelf()) if name == "memory" else RocksStore(Path(folder), identity)
        asyncio.run(load(settings_of(bootstrap), store, customers))
        return
    with Broker() as broker, tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as folder:
        asyncio.run(fill(settings_of(broker.bootstrap), customers))
        print(f"{'':<14}{'s':>10}{'CPU s':>10}{'peak MiB':>12}{'bytes/customer':>16}")
        for name in STORES:
            print(f"{name:<14}", end="", flush=True)
            subprocess.run([sys.executable, "-m", "tests.bench.recovery", name, broker.bootstrap, folder], check=True)


def settings_of(bootstrap: str) -> Settings:
    return Settings.from_env({"CRMPULSE_KAFKA": bootstrap, "CRMPULSE_APP": "bench", "CRMPULSE_PARTITIONS": "1"})


if __name__ == "__main__":
    main()
