"""An installation on a real Kafka: topics of its own, what is produced there, workers as processes, what they left."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.structs import ConsumerRecord

from streams.events import Rejected, decode, subject_of
from streams.intake import progress
from streams.settings import Settings
from streams.topics import INBOX, ROLLUP, Topics
from tests.acceptance.commands import PATIENCE_S

STRAY = "crm.contacts"
"""Where a line goes that is no event."""
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT00:00:00Z")
"""An instant to judge at for those who have judged by the wall clock before."""
RECORD = 4 << 20
"""Bytes: a line that is too large must reach the broker all the same."""


def addressed(line: bytes) -> tuple[str, bytes]:
    """The plain name of the topic of a line and its key there; `STRAY` for what is no event."""
    event = decode(line)
    return (STRAY, b"?") if isinstance(event, Rejected) else (event.data.TOPIC, subject_of(event).id.encode())


class Installation:
    """The workers end with it; the topics stay with the broker. `variables` are those of the environment."""

    def __init__(self, kafka: str, app: str, home: Path, **variables: object) -> None:
        self.environ = {
            "CRMPULSE_KAFKA": kafka,
            "CRMPULSE_APP": app,
            "CRMPULSE_TOPIC_PREFIX": f"{app}.",
            "CRMPULSE_PARTITIONS": "4",
            "CRMPULSE_WEB_PORT": "0",
            "CRMPULSE_REFRESH_MS": "250",
        } | {name: str(value) for name, value in variables.items()}
        self.settings = Settings.from_env(self.environ)
        self.topics = Topics(self.settings)
        self._home = home
        self._workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        done = subprocess.run(
            [sys.executable, "-m", "streams", "topics"],
            env=os.environ | self.environ, capture_output=True, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Another worker; `said` tells what it writes."""
        with (self._home / f"worker-{len(self._workers)}.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker", *arguments],
                env=os.environ | self.environ, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._workers.append(worker)
        return worker

    def said(self, worker: subprocess.Popen[bytes]) -> str:
        """What a worker has written to standard output and standard error so far."""
        return (self._home / f"worker-{self._workers.index(worker)}.log").read_text(errors="replace")

    def backfill(
        self, until: str, workers: int, *, processes: int = 1, killed: int = 0, patience: float = PATIENCE_S
    ) -> None:
        """So many workers, started together, take in everything up to an instant; each ends by itself and well.

        Each is a crew of so many `processes`. So many others before them are killed at their work. The workers have
        `patience`, s.
        """
        for _ in range(killed):
            victim = self.start("--clock", "events", "--until", until)
            self.until_at_work(victim)
            assert victim.poll() is None, self.said(victim)
            victim.kill()
            victim.wait()
        deadline = time.monotonic() + patience
        crew = () if processes == 1 else ("--processes", str(processes))
        running = [self.start("--clock", "events", "--until", until, *crew) for _ in range(workers)]
        for worker in running:
            worker.wait(deadline - time.monotonic())
            assert worker.returncode == 0, self.said(worker)
            assert "Traceback" not in self.said(worker), self.said(worker)

    def until_at_work(self, worker: subprocess.Popen[bytes]) -> None:
        """Until the first stage has written something for good, which the worker is in the middle of then."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.handled():
            assert worker.poll() is None, self.said(worker)
            assert time.monotonic() < deadline, self.said(worker)
            time.sleep(0.05)

    def handled(self) -> int:
        """How many inbox records the first stage has written the outcome of, for good."""
        return asyncio.run(self._handled())

    def until_judged(self) -> None:
        """Until workers that go by the wall clock have made everything of what is on the broker now."""
        waiting = 2 * self.settings.refresh_ms * 1000  # of employees, and then of their teams
        until, deadline = time.time_ns() // 1000 + waiting, time.monotonic() + PATIENCE_S
        while asyncio.run(self._clock()) < until:
            for worker in self._workers:
                assert worker.poll() is None, self.said(worker)
            assert time.monotonic() < deadline
            time.sleep(0.1)

    async def _clock(self) -> int:
        """The instant up to which the last stage has judged, us."""
        admin = AIOKafkaAdminClient(**self.settings.client_options())
        await admin.start()
        try:
            last = (await progress(admin, self.settings))[ROLLUP].get(0)
        finally:
            await admin.close()
        return last.clock or 0 if last is not None else 0

    async def _handled(self) -> int:
        admin = AIOKafkaAdminClient(**self.settings.client_options())
        await admin.start()
        try:
            return sum(done.offset for done in (await progress(admin, self.settings))[INBOX].values())
        finally:
            await admin.close()

    async def produce(self, lines: Iterable[bytes]) -> None:
        """Every line to the topic of its type, keyed by its subject; what is no event to `STRAY`."""
        producer = AIOKafkaProducer(
            **self.settings.client_options(), acks="all", linger_ms=20, max_batch_size=1 << 18, max_request_size=RECORD
        )
        await producer.start()
        try:
            sent = []
            for line in lines:
                topic, key = addressed(line)
                sent.append(await producer.send(self.topics.full(topic), line, key))
            await producer.flush()
            for one in sent:
                one.result()
        finally:
            await producer.stop()

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """Everything committed in a topic, from its beginning, partition by partition."""
        return [record async for record in self.read(topic)]

    async def read(self, topic: str) -> AsyncIterator[ConsumerRecord]:
        """The same, one by one, for a topic that is too large to be held."""
        consumer = AIOKafkaConsumer(
            **self.settings.client_options(),
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=RECORD,
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(self.topics.full(topic), n) for n in range(self.topics.partitions(topic))]
            consumer.assign(partitions)
            for partition, end in (await consumer.end_offsets(partitions)).items():
                while await consumer.position(partition) < end:
                    for records in (await consumer.getmany(partition, timeout_ms=200)).values():
                        for record in records:
                            yield record
        finally:
            await consumer.stop()

    async def newest(self, topic: str) -> dict[str, dict[str, Any]]:
        """The last record of every key of an output topic; deleted ones are not there."""
        newest = {record.key.decode(): record.value async for record in self.read(topic)}
        return {key: orjson.loads(value) for key, value in newest.items() if value is not None}
