"""`make bench EVENTS=n SEED=s ENGINES=a,b PROCESSES=n JSON=path`: crm-pulse and its peers at one job, one by one.

One real Kafka holds one log. From it each engine, in a process of its own, counts contacts, won opportunities and
payments and sums their money, by employee and day, and writes what changed to an output topic. crm-pulse does all else
that it does besides, in so many `--processes` (one for each core, as the README has it). Speed is from the start of the
process to its end, and tells something only where the result equals a recount; a second, nearly empty run shows how
much of it is the start.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from streams.settings import VARIABLES
from tests.bench import broker
from tests.bench.engines.job import Job
from tests.bench.log import TOPICS, UNTIL, Line, Log
from tests.bench.peers import NotInstalled, python_of
from tests.bench.recount import Recount, days_of, figures_of
from tests.bench.table import OURS, Failed, Result, Results, Took, as_object, as_text
from tests.kafka import Broker, BrokerError, missing

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = 4
FEW = 100
"""Events of the nearly empty run."""
START = "start."
"""What its topics begin with."""
SLOWEST = 500
"""Events a second below which an engine is taken for hung, two minutes for its start apart."""


class Engine(NamedTuple):
    """A peer: its script, and the locked environment that it needs, if not our own."""

    script: str
    peer: str | None = None


PEERS = {
    "faust": Engine("naive_faust"),
    "quixstreams": Engine("quix_streams", "quixstreams"),
    "bytewax": Engine("bytewax_flow", "bytewax"),
    "pathway": Engine("pathway_table", "pathway"),
    "pyflink": Engine("pyflink_table", "pyflink"),
    "aiokafka": Engine("bare_aiokafka"),
    "confluent-kafka": Engine("bare_confluent"),
}
ENGINES = (OURS, *PEERS)


class Order(NamedTuple):
    """What is asked for."""

    log: Log
    engines: tuple[str, ...]
    processes: int
    """Those of crm-pulse."""
    json: Path | None


class Task(NamedTuple):
    """A log on the broker: the prefix of its topics, and what an engine must come to."""

    prefix: str
    recount: Recount


class EngineError(Exception):
    """An engine did not come to its end; the message is what it said last."""


def order(environ: Mapping[str, str]) -> Order:
    """The run that the environment asks for. ValueError: one sentence."""
    events, seed = environ.get("EVENTS") or "1000000", environ.get("SEED") or "1"
    if not events.isdecimal() or int(events) < FEW:
        raise ValueError(f"EVENTS must be a whole number, at least {FEW}, not {events!r}.")
    if not seed.isdecimal():
        raise ValueError(f"SEED must be a whole number, not {seed!r}.")
    if not (processes := environ.get("PROCESSES") or str(os.cpu_count() or 1)).isdecimal() or int(processes) < 1:
        raise ValueError(f"PROCESSES must be a whole number, at least 1, not {processes!r}.")
    engines = tuple(environ.get("ENGINES", "").split(",")) if environ.get("ENGINES") else ENGINES
    if unknown := set(engines).difference(ENGINES):
        raise ValueError(f"ENGINES must be of {', '.join(ENGINES)}, not {', '.join(sorted(unknown))}.")
    return Order(
        Log(int(events), int(seed)), engines, int(processes), Path(environ["JSON"]) if environ.get("JSON") else None
    )


def settings(kafka: str, prefix: str) -> dict[str, str]:
    """The variables of crm-pulse; all others are empty, which gives them their defaults."""
    return dict.fromkeys((variable.name for variable in VARIABLES), "") | {
        "CRMPULSE_KAFKA": kafka, "CRMPULSE_APP": f"{prefix}bench", "CRMPULSE_TOPIC_PREFIX": prefix,
        "CRMPULSE_PARTITIONS": str(PARTITIONS), "CRMPULSE_WEB_PORT": "0",
    }  # fmt: skip


def fill(kafka: str, log: Log, prefix: str, events: int) -> Task:
    """The organisation and the first so many events, onto topics that are made for them."""
    command = [sys.executable, "-m", "streams", "topics"]
    subprocess.run(command, env=os.environ | settings(kafka, prefix), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    recount = Recount()

    def counted() -> Iterator[Line]:
        yield from log.organisation()
        for line in islice(log.lines(), events):
            recount.add(line.value)
            yield line

    broker.produce(kafka, counted(), prefix)
    return Task(prefix, recount)


def run(command: Iterable[object], environ: Mapping[str, str], limit: float, said: Path) -> Took:
    """Runs an engine to its end. Raises `EngineError`."""
    measure = [sys.executable, str(ROOT / "tests" / "bench" / "measure.py"), str(limit), str(said)]
    done = subprocess.run(
        [*measure, *map(str, command)], env=os.environ | environ, cwd=ROOT, check=True, capture_output=True
    )
    took = json.loads(done.stdout)
    if took["late"]:
        raise EngineError(f"not done after {limit:.0f} s")
    if took["code"]:
        lines = [line for line in said.read_text(errors="replace").splitlines() if line.strip()]
        raise EngineError(f"exit code {took['code']}: {lines[-1].strip()[:200] if lines else 'it said nothing'}")
    return Took(took["seconds"], took["cpu"], took["peak"])


class Bench:
    """Engines on one broker; in the folder stands what they write and what they say."""

    def __init__(self, kafka: str, folder: Path, processes: int) -> None:
        self._kafka, self._folder, self._processes = kafka, folder, processes

    def result(self, name: str, small: Task, whole: Task) -> Result | Failed:
        """An engine on both logs."""
        try:
            start, _ = self.run(name, small)
            took, equal = self.run(name, whole)
        except (NotInstalled, EngineError) as error:
            return Failed(str(error))
        return Result(took, start, equal)

    def run(self, name: str, task: Task) -> tuple[Took, bool]:
        """What an engine takes for a log, and whether the result is right. Raises `EngineError` and `NotInstalled`."""
        said, limit = self._folder / f"{task.prefix}{name}.log", 120 + task.recount.events / SLOWEST
        if name == OURS:
            command = [sys.executable, "-m", "streams", "worker", "--clock", "events", "--until", UNTIL.isoformat()]
            command += ["--processes", str(self._processes)]
            took = run(command, settings(self._kafka, task.prefix), limit, said)
            kpis = broker.newest(self._kafka, f"{task.prefix}kpis.employees")
            return took, figures_of(kpis) == task.recount.figures()
        script, peer = PEERS[name]
        python = python_of(peer) if peer else Path(sys.executable)
        output, home = f"{task.prefix}bench.{name}", self._folder / f"{task.prefix}{name}"
        home.mkdir()
        broker.create(self._kafka, output, PARTITIONS)
        job = Job(
            self._kafka, [task.prefix + topic for topic in TOPICS], PARTITIONS, output, task.recount.events,
            task.recount.counted, str(home),
        )  # fmt: skip
        took = run([python, "-m", f"tests.bench.engines.{script}"], job.given_as(), limit, said)
        return took, days_of(broker.newest(self._kafka, output)) == task.recount.days


def bench(kafka: str, order: Order, tell: Callable[[str], None]) -> Results:
    """Every engine that is asked for, each told as it is done."""
    log = order.log
    tell(f"making {log.events:,} events ...")
    small, whole = fill(kafka, log, START, FEW), fill(kafka, log, "", log.events)
    size = whole.recount.bytes / log.events
    tell(
        f"{log.events:,} events of {size:.0f} bytes, {whole.recount.counted:,} of them counted, seed {log.seed}; "
        f"{log.employees:,} employees, {log.customers:,} customers, {PARTITIONS} partitions; "
        f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores, "
        f"{OURS} in {order.processes} processes, all others as they are started"
    )
    results: dict[str, Result | Failed] = {}
    with tempfile.TemporaryDirectory(prefix="crm-pulse-bench-") as folder:
        for name in order.engines:
            results[name] = one = Bench(kafka, Path(folder), order.processes).result(name, small, whole)
            tell(f"{name}: {one.reason if isinstance(one, Failed) else f'{one.took.seconds:.1f} s'}")
    return results


def verdict(results: Results) -> int:
    """The exit code: 1 where crm-pulse failed or is wrong; peers may."""
    ours = results.get(OURS)
    return 0 if ours is None or (isinstance(ours, Result) and ours.equal) else 1


def main() -> int:
    try:
        asked = order(os.environ)
        if (reason := missing()) is not None:
            raise ValueError(f"No Kafka can run here: {reason}.")
        with Broker() as kafka:
            results = bench(kafka.bootstrap, asked, lambda line: print(line, flush=True))
    except (ValueError, BrokerError) as error:
        print(error, file=sys.stderr)
        return 1
    print(*("", *as_text(results, asked.log.events)), sep="\n")
    if isinstance(ours := results.get(OURS), Result):
        print(
            f"crm-pulse's start: {ours.start.seconds:.1f} s, {ours.start.cpu:.1f} s of CPU, for employees and targets"
        )
    if asked.json is not None:
        asked.json.write_text(json.dumps(as_object(results, asked.log.events), indent=2) + "\n")
    return verdict(results)


if __name__ == "__main__":
    sys.exit(main())
