"""Toy workers as processes of their own, words for them to count, and what the broker holds of their counting."""

import asyncio
import contextlib
import json
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import aiohttp
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.core.stage import EVENTS, TICK, partition_of
from streams.generations import Generation
from streams.generations.control import begin
from streams.settings import Settings
from streams.topics import INBOX, TOPICS, Topics

PARTITIONS = 4
SESSION_S = 6.0
WORDS = [f"word-{n:03}" for n in range(200)]


class Swarm:
    """Everything of one test: topics of its own, a producer, and the workers, which end with it."""

    def __init__(self, bootstrap: str, app: str, home: Path, **variables: str) -> None:
        self.environ = {
            "CRMPULSE_KAFKA": bootstrap,
            "CRMPULSE_APP": app,
            "CRMPULSE_TOPIC_PREFIX": f"{app}.",
            "CRMPULSE_PARTITIONS": str(PARTITIONS),
            "CRMPULSE_SESSION_MS": str(int(SESSION_S * 1000)),
            "CRMPULSE_FLUSH_MS": "100",
        } | variables
        self.settings = Settings.from_env(self.environ)
        self.topics = Topics(self.settings)
        self.expected: Counter[str] = Counter()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.ports: list[int] = []
        self._home = home
        self._random = random.Random(7)

    async def __aenter__(self) -> Self:
        embedded = self.settings.embedded
        self.producer = AIOKafkaProducer(**self.settings.client_options(), acks="all", enable_idempotence=not embedded)
        await self.producer.start()
        if embedded:  # a topic is there as soon as somebody asks about it
            for topic in TOPICS:
                await self.producer.partitions_for(self.topics.full(topic.name))
        else:
            await self.create_topics()
            await begin(self.settings, Generation(1, "UTC", "USD", PARTITIONS, "", 0))
        return self

    async def __aexit__(self, *_: object) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
        with contextlib.suppress(TimeoutError):  # it waits for a broker that a failed test has left away
            async with asyncio.timeout(10):
                await self.producer.stop()

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(**self.settings.client_options())
        await admin.start()
        try:
            yield admin
        finally:
            await admin.close()

    async def create_topics(self, *names: str) -> None:
        wanted = [
            NewTopic(
                self.topics.full(topic.name),
                self.topics.partitions(topic.name),
                1,
                topic_configs=self.topics.config(topic.name),
            )
            for topic in TOPICS
            if not names or topic.name in names
        ]
        async with self.admin() as admin:
            response = await admin.create_topics(wanted)
        assert not [error for error in response.topic_errors if error[1]], response

    def start(self) -> subprocess.Popen[bytes]:
        """Another worker; what it says on standard error can be read with `said`."""
        said = self._home / f"worker-{len(self.workers)}.err"
        self.ports.append(_free_port())
        with said.open("wb") as stderr:
            worker = subprocess.Popen(
                [sys.executable, "-m", "tests.integration.toy"],
                env=os.environ | self.environ | {"CRMPULSE_WEB_PORT": str(self.ports[-1])},
                stdout=subprocess.DEVNULL,
                stderr=stderr,
            )
        self.workers.append(worker)
        return worker

    def said(self, worker: subprocess.Popen[bytes]) -> str:
        return (self._home / f"worker-{self.workers.index(worker)}.err").read_text()

    def report(self) -> str:
        """How every worker is and what it said: what a failure is understood from."""
        return "\n".join(
            f"worker {number}: exit code {worker.poll()}\n{self.said(worker)}"
            for number, worker in enumerate(self.workers)
        )

    async def get(self, worker: subprocess.Popen[bytes], path: str) -> tuple[int, str]:
        """Status and text of a path of the worker's web server; status 0 while it does not answer."""
        port = self.ports[self.workers.index(worker)]
        try:
            async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}{path}") as answer:
                return answer.status, await answer.text()
        except aiohttp.ClientError as error:
            return 0, str(error)

    async def ready(self, worker: subprocess.Popen[bytes], within: float = 60.0) -> None:
        deadline = time.monotonic() + within
        while (answer := await self.get(worker, "/readyz"))[0] != 200:
            assert worker.poll() is None, self.said(worker)
            assert time.monotonic() < deadline, f"not ready: {answer}"
            await asyncio.sleep(0.1)

    async def write(self, records: int, seconds: float = 0.0) -> None:
        """So many inbox records of a few words each, spread over a time."""
        sent = []
        for _ in range(records):
            words = self._random.choices(WORDS, k=self._random.randrange(1, 6))
            self.expected.update(words)
            for partition in range(PARTITIONS):
                mine = [word for word in words if partition_of(word, PARTITIONS) == partition]
                if mine:
                    value = json.dumps(mine).encode()
                    sent.append(await self.producer.send(self.topics.full(INBOX), value, EVENTS, partition=partition))
            await asyncio.sleep(seconds / records if seconds else 0)
        await asyncio.gather(*sent)

    async def tick(self, at: int) -> None:
        value = json.dumps({"at": at, "final": False}).encode()
        for partition in range(PARTITIONS):
            await self.producer.send_and_wait(self.topics.full(INBOX), value, TICK, partition=partition)

    @asynccontextmanager
    async def consumer(self, *tps: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
        """A reader of what was committed, from the beginning of the partitions."""
        consumer = AIOKafkaConsumer(
            **self.settings.client_options(), isolation_level="read_committed", auto_offset_reset="earliest"
        )
        await consumer.start()
        try:
            consumer.assign(tps)
            yield consumer
        finally:
            await consumer.stop()

    def partitions(self, name: str) -> list[TopicPartition]:
        return [TopicPartition(self.topics.full(name), n) for n in range(self.topics.partitions(name))]

    async def ends(self, name: str) -> dict[int, int]:
        """The next offset of every partition of a topic."""
        async with self.consumer(*self.partitions(name)) as consumer:
            return {tp.partition: end for tp, end in (await consumer.end_offsets(self.partitions(name))).items()}

    async def table(self, name: str) -> dict[bytes, bytes]:
        """The newest committed value of every key of a topic."""
        newest: dict[bytes, bytes] = {}
        async with self.consumer(*self.partitions(name)) as consumer:
            for tp, end in (await consumer.end_offsets(self.partitions(name))).items():
                while await consumer.position(tp) < end:
                    for records in (await consumer.getmany(tp, timeout_ms=100)).values():
                        newest |= {record.key: record.value for record in records}
        return newest

    async def total(self) -> int:
        return int(json.loads((await self.table("scores.teams")).get(b"all", b'{"n":0}'))["n"])

    async def counted(self) -> dict[str, int]:
        rows = (json.loads(value) for value in (await self.table("kpis.employees")).values())
        return {row["word"]: row["n"] for row in rows}

    async def all_counted(self, within: float = 60.0) -> None:
        """Until the total is what was written; then every single figure has to be. It may never be more."""
        due = self.expected.total()
        deadline = time.monotonic() + within
        while (total := await self.total()) < due:
            assert time.monotonic() < deadline, f"{total} of {due} words were counted\n{self.report()}"
            await asyncio.sleep(0.2)
        assert total == due, self.report()
        assert await self.counted() == dict(self.expected)


async def until(condition: Callable[[], bool], within: float, what: str) -> None:
    """Poll a condition up to a deadline, s."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}, which did not happen within {within:.0f} s"
        await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
