"""One input partition of one stage: its state in memory, what it has applied, and when that is written.

A flush takes a snapshot of what changed, without any await, and then writes it in one transaction while records go on
being applied. That is safe because a flush that fails ends the process: the next owner starts from the last checkpoint,
and nothing that came after the snapshot was ever seen outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, NoReturn, Protocol

from streams.agents.checkpoint import NOTHING, Checkpoint, Known, misfit
from streams.agents.leave import Exit, leave
from streams.agents.log import Loaded, Log, Outputs
from streams.agents.persistence import persistently
from streams.agents.records import Record, place
from streams.core.formats import NewerFormat
from streams.core.stage import POLICY, TICK, Send, Shelf, ShelfError, Stage
from streams.metrics import US, Metrics, Score
from streams.points import Point, reach
from streams.store import Store
from streams.topics import INTERNAL, Topics

ANEW = "`crmpulse rebuild` makes everything anew from crm.*"
SLICE = 0.01
"""Seconds of applying after which the other tasks get their turn."""
BEHIND_S = 5.0
"""What was written so long before it is applied, with more behind it, is part of a backlog."""
LATEST_S = 10.0
"""For how long a backlog puts off a flush."""
TOGETHER_S = 0.02
"""How long what comes first waits for what comes with it."""
REST, LONGEST_REST_S = 40, 2.0
"""There is so many times as long between two flushes as the first one kept the others from their work, but no longer
than that."""


class Job(NamedTuple):
    """One stage as the shell knows it: its name, its topics' plain names, and how to make one partition of it.

    `make` is given the partition's number and the shelf of its store; one that is `shelved` has records back from it.
    Where the clock follows the events, nothing comes after a tick until it is written: so the flush is `prompt`.
    """

    name: str
    source: str
    state: str
    make: Callable[[int, Shelf | None], Stage]
    shelved: bool = False
    prompt: bool = False


class Limits(NamedTuple):
    """The time between two flushes (s), how many changes make one come early, how long one may take (s)."""

    interval: float
    pending: int
    patience: float


class Incoming(Protocol):
    """What is used of a consumer's record; `timestamp` in ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Batch(NamedTuple):
    """What one flush writes and what is told to the metrics once it is written."""

    outputs: Outputs
    states: list[Record]
    at: Checkpoint
    since: int | None  # ms: the oldest input record in it
    read_at: list[int]  # ms: when its events were read; none where nothing of it is public
    counts: dict[tuple[str, ...], int]
    scores: dict[str, Score | None]  # by employee; empty unless the metrics are to tell them


class Partition:
    """Load it, feed it records in order, suspend it while it may belong to another, close it when it does.

    `now` is the wall clock in microseconds since the epoch. The offsets of a `gapless` input have no holes, such as
    transactions and compaction leave. `waiting` says how many input records the broker has that were not given yet.
    """

    def __init__(
        self,
        job: Job,
        number: int,
        log: Log,
        store: Store,
        topics: Topics,
        metrics: Metrics,
        limits: Limits,
        now: Callable[[], int],
        gapless: bool = False,
        waiting: Callable[[], int] = int,
        quit: Callable[[Exit, str], NoReturn] = leave,
    ) -> None:
        self.job, self.number = job, number
        self.offset = NOTHING
        self.written = NOTHING
        self.loaded = asyncio.Event()
        self._log, self._store = log, store
        self._topics, self._metrics, self._limits = topics, metrics, limits
        self._now, self._gapless, self._waiting, self._quit = now, gapless, waiting, quit
        self._stage = job.make(number, store.shelf)
        self._topic = ""
        self._read_at: set[int] = set()
        self._since: int | None = None
        self._newest = 0  # ms: when the record that was applied last was written
        self._told = 0  # ms: what the outputs of the last flush are dated
        self._dirty, self._due, self._owned = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._owned.set()
        self._taken = asyncio.Condition()
        self._writing = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None
        self._taken_at = 0.0  # s of the loop: when the last flush was taken,
        self._cost = 0.0  # and how long that took
        self._closed = False

    def __str__(self) -> str:
        return f"{self.job.name}[{self.number}]"

    @property
    def clock(self) -> int:
        """The stage's, in microseconds since the epoch."""
        return self._stage.clock

    @property
    def behind(self) -> bool:
        """Something was applied that is not yet written."""
        return self.offset > self.written

    async def load(self, known: Known) -> None:
        """Shut out the former owner, restore the state, and begin to flush. A broker that is away is waited for;
        whatever else is wrong ends the process."""
        started = time.monotonic()
        try:
            try:
                found = await self._read(known)
            except ShelfError as error:
                await self._store.wipe(str(error))
                self._stage = self.job.make(self.number, self._store.shelf)
                found = await self._read(known)
        except ShelfError as error:
            self._quit(Exit.STORE, f"{self} could not be loaded: {error}")
        self._topic = known.topic
        if found.at is not None:
            self.offset = self.written = found.at.offset
            self._told = found.at.since
        self._metrics.recovery_duration.observe(time.monotonic() - started)
        self._tell()
        self._taken_at = asyncio.get_running_loop().time()
        self._flusher = asyncio.create_task(self._flush_regularly(), name=f"flush {self}")
        self.loaded.set()

    async def _read(self, known: Known) -> Loaded:
        """The state into the store, and from there into the stage. Raises `ShelfError` where the store is spoilt."""
        try:
            found = await persistently(str(self), lambda: self._log.load(self._store, known.state))
        except ShelfError:
            raise
        except Exception as error:
            self._quit(Exit.LOAD, f"{self} could not be loaded: {_told(error)}")
        reach(Point.LOAD_READ, self.job.name)
        if why := misfit(found.at, known, found.begin, found.end):
            self._quit(Exit.LOAD, f"{self} cannot go on: {why}; {ANEW}")
        try:
            await self._restore()
        except ShelfError:
            raise
        except NewerFormat as error:
            self._quit(Exit.LOAD, f"{self} cannot go on: {error}")
        except Exception as error:
            self._quit(Exit.BUG, f"{self} could not be restored: {_told(error)}")
        reach(Point.LOAD_RESTORED, self.job.name)
        return found

    async def _restore(self) -> None:
        until = time.monotonic() + SLICE
        for key, value in self._store.records():
            self._stage.restore(key, value)
            if time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + SLICE
        self._stage.restored()

    async def feed(self, records: Sequence[Incoming]) -> None:
        """Apply records, oldest first; those of the checkpoint are passed over. Waits while too much is unwritten."""
        until = time.monotonic() + SLICE
        for record in records:
            if self._closed:
                return
            if record.offset <= self.offset:
                continue
            if self._gapless and record.offset != self.offset + 1:
                self._quit(Exit.GAP, f"{self} has applied offset {self.offset} and was given {record.offset}")
            self._apply(record)
            if self._stage.pending() >= self._limits.pending:
                await self._relief()
            elif time.monotonic() > until:
                await asyncio.sleep(0)
                until = time.monotonic() + SLICE

    def _apply(self, record: Incoming) -> None:
        try:
            self._stage.apply(record.key or b"", record.value or b"", record.offset)
        except ShelfError as error:
            self._quit(Exit.STORE, f"{self} stopped at offset {record.offset}: {error}")
        except NewerFormat as error:
            self._quit(Exit.LOAD, f"{self} stopped at offset {record.offset}: {error}")
        except Exception as error:
            self._quit(Exit.BUG, f"{self} failed at offset {record.offset}: {_told(error)}")
        if record.value is not None and record.key not in (TICK, POLICY):
            self._read_at.add(record.timestamp)
        self._newest = record.timestamp
        if self._since is None or record.timestamp < self._since:
            self._since = record.timestamp
        self.offset = record.offset
        self._dirty.set()
        if self.job.prompt and record.key == TICK:
            self._due.set()

    async def _relief(self) -> None:
        """Until a flush has taken what is pending. It starts when the one before is through: a slow broker slows us."""
        self._due.set()
        async with self._taken:
            await self._taken.wait_for(lambda: self._closed or self._stage.pending() < self._limits.pending)

    async def _flush_regularly(self) -> None:
        try:
            while True:
                await self._dirty.wait()
                await self._gather()
                await self._owned.wait()
                await self.flush()
        except Exception as error:
            self._quit(Exit.BUG, f"{self} flushes no more: {_told(error)}")

    async def _gather(self) -> None:
        """Lets changes gather for a flush: what comes after a quiet time for a moment, more time in a backlog.

        A flush costs a stage what it has to judge and to write, not what it was told, so the more expensive they are
        the fewer there are.
        """
        clock = asyncio.get_running_loop().time
        interval = max(self._limits.interval, min(self._cost * REST, LONGEST_REST_S))
        wait, latest = max(self._taken_at + interval - clock(), TOGETHER_S), clock() + LATEST_S
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._due.wait()
            if self._due.is_set() or not self._in_backlog() or clock() >= latest:
                return
            wait = interval

    def _in_backlog(self) -> bool:
        return self._waiting() > 0 and self._now() / US - self._newest / 1000 > BEHIND_S

    async def flush(self, last: bool = False) -> None:
        """Write what is unwritten, if it is still ours to write; `last` is for the moment before it no longer is."""
        async with self._writing:
            if self._dirty.is_set() and (last or self._owned.is_set()):
                clock = asyncio.get_running_loop().time
                self._taken_at = clock()
                batch = self._take()
                self._cost = clock() - self._taken_at
                reach(Point.FLUSH_TAKEN, self.job.name)
                async with self._taken:
                    self._taken.notify_all()
                await self._write(batch)

    def _take(self) -> Batch:
        since = None
        if self._since is not None:  # several intakes write the input, and one that was held up writes what is older
            since = self._told = max(self._told, self._since)
        try:
            changes = self._stage.flush()
            batch = Batch(
                outputs=place(changes.sends, self._topics),
                states=[Record(*state) for state in changes.states],
                at=Checkpoint(
                    self.offset, self._stage.clock, self._topic, self._stage.policy_version, since=self._told
                ),
                since=since,
                read_at=sorted(self._read_at) if any(_public(send) for send in changes.sends) else [],
                counts=changes.counts,
                scores=_scores(changes.sends) if self._metrics.scores else {},
            )
        except ShelfError as error:
            self._quit(Exit.STORE, f"{self} could not be flushed at offset {self.offset}: {error}")
        except Exception as error:
            self._quit(Exit.BUG, f"{self} could not be flushed at offset {self.offset}: {_told(error)}")
        self._since = None
        self._read_at.clear()
        self._dirty.clear()
        self._due.clear()
        return batch

    async def _write(self, batch: Batch) -> None:
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._limits.patience):
                mark = await self._log.write(batch.outputs, batch.states, batch.at, batch.since)
        except Exception as error:
            self._quit(Exit.FLUSH, f"{self} could not be written at offset {batch.at.offset}: {_told(error)}")
        self.written = batch.at.offset
        try:
            await self._store.put(batch.states, mark)
        except ShelfError as error:
            self._quit(Exit.STORE, f"{self} could not be kept at offset {batch.at.offset}: {error}")
        self._metrics.flush_duration.observe(time.monotonic() - started)
        self._metrics.count(batch.counts)
        self._metrics.scored(self.job.name, self.number, batch.scores)
        now = self._now()
        for timestamp in batch.read_at:
            self._metrics.latency.observe(max(0, now - timestamp * 1000) / US)
        self._tell()

    def _tell(self) -> None:
        self._metrics.holds(self.job.name, self.number, self._stage.entries(), self._stage.alerts(), self.clock)

    async def suspend(self) -> None:
        """A rebalance has begun: write what there is, then nothing until `resume`, as it may go to another worker."""
        self._owned.clear()
        if self.loaded.is_set():
            await self.flush(last=True)

    def resume(self) -> None:
        """It stayed ours, and nobody else had it in between."""
        self._owned.set()

    async def close(self) -> None:
        """Drop the state; what was not written will be read again by the next owner."""
        self._closed = True
        async with self._taken:
            self._taken.notify_all()
        async with self._writing:
            if self._flusher is not None:
                self._flusher.cancel()
                await asyncio.gather(self._flusher, return_exceptions=True)
            await self._log.close()
            await self._store.close()
        self._metrics.forget(self.job.name, self.number)


VIEWS = ("customers", "opportunities")
SCORES, LAST = "scores.employees", "/30d"
"""Where scorecards go, and how the keys of those end that the metrics tell."""


def _scores(sends: Iterable[Send]) -> dict[str, Score | None]:
    found: dict[str, Score | None] = {}
    for send in sends:
        if send.topic == SCORES and (key := send.key.decode()).endswith(LAST):
            record = send.value if isinstance(send.value, dict) else {}
            score = record.get("score")
            found[key.removesuffix(LAST)] = None if score is None else Score(record["team"] or "", score)
    return found


def _public(send: Send) -> bool:
    """Whether it is what the latency is measured to: a score, a KPI or an alert, not a view made on the way there."""
    return not send.topic.startswith(INTERNAL) and send.topic not in VIEWS


def _told(error: BaseException) -> str:
    """The error, or the first of a group, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(repr(error).split())
