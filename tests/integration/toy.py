"""A toy of three counting stages, to be run as a worker of its own: `python -m tests.integration.toy`.

It counts words: each inbox record is a JSON list of words. `customers` counts every word of its partition and says so
in facts, `employees` adds up what the partitions say of a word, `company` adds up everything. So a word that is lost,
or counted twice, shows at the end of the chain. Its totals stand in `scores.teams` under the key "all".
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections import Counter

from streams.agents.partition import Job
from streams.core.stage import TICK, Changes, Send, Shelf
from streams.metrics import Metrics
from streams.settings import Settings
from streams.topics import COMPANY_STATE, CUSTOMERS_STATE, EMPLOYEES_STATE, FACTS, INBOX, ROLLUP
from streams.worker import serve


class Toy:
    """What the three have in common: figures by key, those that changed, and a clock moved by ticks."""

    policy_version = "toy"

    def __init__(self, origin: int, shelf: Shelf | None = None) -> None:
        self.origin = origin
        self.clock = 0
        self.figures: dict[str, int] = {}
        self.changed: set[str] = set()
        self.counts: Counter[tuple[str, ...]] = Counter()

    def restore(self, key: bytes, value: bytes) -> None:
        self.figures[key.decode()] = int(value)

    def restored(self) -> None:
        pass

    def apply(self, key: bytes, value: bytes, offset: int) -> None:
        if key == TICK:
            self.clock = max(self.clock, json.loads(value)["at"])
        else:
            self.take(key, value)

    def take(self, key: bytes, value: bytes) -> None:
        """Of a later stage: an absolute figure."""
        self.set(key.decode(), int(value))

    def set(self, key: str, figure: int) -> None:
        self.figures[key] = figure
        self.changed.add(key)

    def sends(self) -> list[Send]:
        raise NotImplementedError

    def flush(self) -> Changes:
        states: list[tuple[bytes, bytes | None]] = [(k.encode(), b"%d" % self.figures[k]) for k in sorted(self.changed)]
        changes = Changes(states, self.sends(), dict(self.counts))
        self.changed.clear()
        self.counts.clear()
        return changes

    def pending(self) -> int:
        return len(self.changed)

    def entries(self) -> dict[str, int]:
        return {"words": len(self.figures)}

    def alerts(self) -> dict[tuple[str, str, str], int]:
        return {}


class Customers(Toy):
    def take(self, key: bytes, value: bytes) -> None:
        for word in json.loads(value):
            self.set(word, self.figures.get(word, 0) + 1)
            self.counts["event", "crm.contacts", "contact.logged", "accepted"] += 1

    def sends(self) -> list[Send]:
        return [Send(FACTS, f"{w}|{self.origin}".encode(), b"%d" % self.figures[w], w) for w in sorted(self.changed)]


class Employees(Toy):
    def sends(self) -> list[Send]:
        words = {key.partition("|")[0] for key in self.changed}
        totals = {word: sum(n for key, n in self.figures.items() if key.startswith(f"{word}|")) for word in words}
        rows = [Send("kpis.employees", word.encode(), {"word": word, "n": n}) for word, n in sorted(totals.items())]
        return [*rows, Send(ROLLUP, b"%d" % self.origin, b"%d" % sum(self.figures.values()), 0)]


class Company(Toy):
    def sends(self) -> list[Send]:
        return [Send("scores.teams", b"all", {"n": sum(self.figures.values())})]


JOBS = [
    Job("customers", INBOX, CUSTOMERS_STATE, Customers),
    Job("employees", FACTS, EMPLOYEES_STATE, Employees),
    Job("company", ROLLUP, COMPANY_STATE, Company),
]


async def main(settings: Settings) -> None:
    stop = asyncio.Event()

    async def feed(stop: asyncio.Event) -> None:
        await stop.wait()

    def now() -> int:
        return time.time_ns() // 1000

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await serve(settings, JOBS, Metrics(now, "0", "toy"), now, feed, stop)


if __name__ == "__main__":
    logging.basicConfig(
        level=os.environ.get("TOY_LOG", "WARNING"),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(Settings.from_env(os.environ)))
