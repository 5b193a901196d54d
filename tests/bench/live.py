"""How live a worker is: `python -m tests.bench.live`, on a real Apache Kafka.

RATE (2,000 events/s), SECONDS (300), WORKERS (1), REFRESH_MS (10,000) and SEED (1) stand in the environment. Workers,
as a user starts them, while contacts of now come in at a steady rate, of 1,000 employees with 20,000 customers. Printed
are end-to-end latencies, the share of one core that the workers used, and the memory that each had at most; at the end
every contact has to be counted.

A latency is the time from the event's timestamp in Kafka to the moment at which a reader of committed records has the
first record that includes it. (The timestamp of an output record is no help: it is that of the oldest input behind it.)
For scores it is taken of employees with a single customer, whose contacts are handled in the order in which they were
sent, so that the contacts counted say which of them are in: of the month, which is told at each flush, and of the last
90 days, as of those that wait for their turn (CRMPULSE_REFRESH_MS). For alerts it is taken of contacts that plan the
next one so soon that it is due at once. A run does not go over the end of a month.
"""

import asyncio
import os
import signal
import subprocess
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from msgspec import UNSET

from streams.events import ContactLogged, CustomerUpserted, EmployeeUpserted, encode, make_event
from streams.events.instants import iso
from streams.settings import Settings
from streams.topics import Topics
from tests.acceptance.commands import PATIENCE_S
from tests.acceptance.installation import Installation
from tests.bench.environment import whole
from tests.bench.latency import Waiting, quantile
from tests.bench.processes import cpu_seconds, ended
from tests.kafka import Broker

MIB = 1 << 20
EMPLOYEES, CUSTOMERS = 1_000, 20_000
PROBES = 100
"""Employees with one customer, of whom every `PROBE`th contact is: each as busy as the others are."""
PROBE = EMPLOYEES // PROBES
PLANNED = 4_000
"""Customers with whom the next contact is planned each time, and who are contacted at no other time."""
PLAN = 20
"""Every so manieth contact is one with them, and none of a probe."""
PERIOD = "90d"
"""One whose figures wait for their turn; it holds all contacts of a run."""
WARM_UP_S = 10.0
STEP_S = 0.005
POLL_S = 0.01


class Contact(NamedTuple):
    """A contact as it is sent."""

    line: bytes
    employee: str
    customer: str
    planned: bool


class Load:
    """The events of a run."""

    def __init__(self, seed: int) -> None:
        self._random, self._number = Random(seed), 0

    def ground(self, at: datetime) -> Iterator[bytes]:
        """The organisation and its customers, as of an instant."""
        for number in range(EMPLOYEES):
            person = EmployeeUpserted(employee_id=f"emp-{number}", role="sales", team=f"team-{number % 50}")
            yield encode(make_event(person, f"e-{number}", "/bench", at))
        for number in range(CUSTOMERS):
            record = CustomerUpserted(customer_id=f"cus-{number}", owner_id=f"emp-{number % EMPLOYEES}", grade="A")
            yield encode(make_event(record, f"k-{number}", "/bench", at))

    def contact(self, at: datetime) -> Contact:
        """The next contact, which happens at an instant."""
        number, planned = self._number, self._number % PLAN == 1
        self._number += 1
        if number % PROBE == 0:
            employee = customer = number // PROBE % PROBES
        elif planned:
            employee = self._random.randrange(PROBES, EMPLOYEES)
            customer = PROBES + number // PLAN % PLANNED
        else:
            employee = self._random.randrange(PROBES, EMPLOYEES)
            customer = self._random.randrange(PROBES + PLANNED, CUSTOMERS)
        data = ContactLogged(
            employee_id=f"emp-{employee}", customer_id=f"cus-{customer}", channel="call", direction="outbound",
            content="We talked about the offer and what comes next. " * 2,
            next_contact_at=at + timedelta(hours=1) if planned else UNSET,
        )  # fmt: skip
        line = encode(make_event(data, f"c-{number}", "/bench", at))
        return Contact(line, data.employee_id, f"cus-{customer}", planned)


class Watched(NamedTuple):
    """What is waited for."""

    scores: dict[str, Waiting]
    """By period."""
    alerts: Waiting

    def __bool__(self) -> bool:
        return any((*self.scores.values(), self.alerts))


class Sender:
    """Sends contacts at a steady rate, in a thread of its own; what is `watched` is told what to wait for."""

    def __init__(self, settings: Settings, load: Load, rate: float, watched: Watched) -> None:
        self.contacts: Counter[str] = Counter()
        """By employee."""
        self._load, self._rate, self._watched = load, rate, watched
        self._topic = Topics(settings).full(ContactLogged.TOPIC)
        self._producer = Producer({"bootstrap.servers": settings.kafka, "enable.idempotence": True, "linger.ms": 5})
        self._failed: KafkaError | None = None

    def run(self, until: float) -> None:
        """Until an instant. AssertionError when a contact was not taken."""
        due = time.time()
        while (now := time.time()) < until:
            while due <= now:
                self._send(time.time_ns() // 1_000)
                due += 1 / self._rate
            self._producer.poll(0)
            time.sleep(STEP_S)
        self._producer.flush()
        assert self._failed is None, self._failed

    def _send(self, at: int) -> None:
        moment = datetime.fromtimestamp(at // 1_000_000, UTC) + timedelta(microseconds=at % 1_000_000)
        contact = self._load.contact(moment)
        self.contacts[contact.employee] += 1
        if contact.employee in PROBED:
            for scores in self._watched.scores.values():
                scores.sent(contact.employee, at / 1e6)
        if contact.planned:
            self._watched.alerts.sent(f"{contact.customer} {iso(at)}", at / 1e6)
        self._producer.produce(
            self._topic, contact.line, contact.customer.encode(), timestamp=at // 1_000, on_delivery=self._done
        )

    def _done(self, error: KafkaError | None, _: Message) -> None:
        self._failed = self._failed or error


PROBED = frozenset(f"emp-{number}" for number in range(PROBES))


class Reader:
    """Reads what is committed, from now on."""

    def __init__(self, settings: Settings, watched: Watched) -> None:
        topics = Topics(settings)
        self._watched, self._scores, self._alerts = watched, topics.full("scores.employees"), topics.full("alerts")
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka,
                "group.id": "bench",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
            }
        )
        self._consumer.assign(
            [
                TopicPartition(topics.full(name), number)
                for name in ("scores.employees", "alerts")
                for number in range(topics.partitions(name))
            ]
        )

    def read(self) -> None:
        """What there is, waiting for it a little."""
        for message in self._consumer.consume(10_000, POLL_S):
            assert message.error() is None, message.error()
            key, value, topic = message.key(), message.value(), message.topic()
            if key is not None and value is not None:
                self._take(topic, key.decode(), value, time.time())

    def _take(self, topic: str | None, key: str, value: bytes, now: float) -> None:
        if topic == self._alerts:
            alert = orjson.loads(value)
            if alert["rule"] == "contact.due" and alert["status"] == "firing":
                self._watched.alerts.counted(f"{alert['customer_id']} {alert['started_at']}", 1, now)
        elif topic == self._scores:
            employee, _, period = key.partition("/")
            if employee in PROBED and period in self._watched.scores:
                lines: list[dict[str, Any]] = orjson.loads(value)["kpis"]
                count = next(line["count"] for line in lines if line["kpi"] == "contacts_connected")
                self._watched.scores[period].counted(employee, count, now)

    def close(self) -> None:
        self._consumer.close()


async def counted(installation: Installation, month: str) -> Counter[str]:
    """The contacts of every employee."""
    rows = await installation.newest("kpis.employees")
    return Counter(
        {
            row["employee_id"]: kpi["value"]
            for row in rows.values()
            for kpi in row["kpis"]
            if row["period"] == month and kpi["kpi"] == "contacts"
        }
    )


def measure(
    installation: Installation,
    workers: Sequence[subprocess.Popen[bytes]],
    thread: Executor,
    rate: int,
    seconds: int,
    load: Load,
) -> None:
    """Send, watch, and print what was found, once all of it has come out."""
    month = f"{datetime.now(UTC):%Y-%m}"
    watched = Watched({month: Waiting(), PERIOD: Waiting()}, Waiting())
    sender = Sender(installation.settings, load, rate, watched)
    reader = Reader(installation.settings, watched)
    begin = time.time() + WARM_UP_S
    end = begin + seconds
    cpu: list[tuple[float, float]] = []
    sending = thread.submit(sender.run, end)
    while not sending.done() or watched:
        reader.read()
        if len(cpu) < 2 and time.time() >= (begin, end)[len(cpu)]:
            cpu.append((time.time(), sum(cpu_seconds(worker.pid) for worker in workers)))
        for worker in workers:
            assert worker.poll() is None, installation.said(worker)
        assert time.time() < end + PATIENCE_S, f"not all came: {watched}"
    sending.result()
    reader.close()
    installation.until_judged()
    peaks = []
    for worker in workers:
        os.kill(worker.pid, signal.SIGTERM)  # not by its own method, which would reap one that has ended
        peaks.append(f"{ended(worker).peak / MIB:,.0f}")
        assert worker.returncode == 0, installation.said(worker)
    found = asyncio.run(counted(installation, month))
    assert found == sender.contacts, found - sender.contacts + (sender.contacts - found)
    print(f"{sender.contacts.total():,} contacts, warm-up included, at {rate:,.0f} a second: every one counted")
    print(f"{'seconds from event to':<24}{'p50':>8}{'p99':>8}{'max':>8}{'events':>12}")
    rows = {f"score of {period}": waiting for period, waiting in watched.scores.items()} | {"alert": watched.alerts}
    for name, waiting in rows.items():
        ordered = waiting.between(begin, end)
        p50, p99 = (quantile(ordered, share) for share in (0.5, 0.99))
        print(f"{name:<24}{p50:>8.2f}{p99:>8.2f}{ordered[-1]:>8.2f}{len(ordered):>12,}")
    (began, before), (over, after) = cpu
    print(f"workers: {(after - before) / (over - began):.1%} of one core, at most {' and '.join(peaks)} MiB")


def main() -> None:
    rate, seconds, load = whole("RATE", 2_000), whole("SECONDS", 300), Load(whole("SEED", 1))
    with (
        Broker() as broker,
        tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as home,
        Installation(
            broker.bootstrap,
            f"bench-{uuid.uuid4().hex[:8]}",
            Path(home),
            CRMPULSE_PARTITIONS=8,
            CRMPULSE_REFRESH_MS=whole("REFRESH_MS", 10_000),
        ) as installation,
        ThreadPoolExecutor(1) as thread,
    ):
        asyncio.run(installation.produce(load.ground(datetime.now(UTC) - timedelta(days=1))))
        workers = [installation.start() for _ in range(whole("WORKERS", 1))]
        installation.until_judged()
        measure(installation, workers, thread, rate, seconds, load)


if __name__ == "__main__":
    main()
