"""`make chaos ROUNDS=n SEED=s EVENTS=n`: play rounds, one line each, a table in the end; 1 when anything differs."""

from __future__ import annotations

import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.acceptance.comparing import TOLD
from tests.chaos.plan import LEAST_ACTS, Act
from tests.chaos.round import Order, Result, play
from tests.kafka import Broker, BrokerError, missing

EVENTS, RATE, ACTS = 200_000, 2_500, 16


def orders(environ: dict[str, str]) -> list[Order]:
    """The rounds that the environment asks for; the seeds follow each other. ValueError: one sentence."""
    rounds = _number(environ, "ROUNDS", 1, 1)
    seed = _number(environ, "SEED", random.SystemRandom().randrange(1, 1_000_000), 0)
    events = _number(environ, "EVENTS", EVENTS, 1_000)
    rate, acts = _number(environ, "RATE", RATE, 1), _number(environ, "ACTS", ACTS, LEAST_ACTS)
    day = environ.get("DAY") or datetime.now(UTC).date().isoformat()
    try:
        ends = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"DAY must be a date like 2026-03-31, not {day!r}.") from None
    return [Order(seed + number, events, ends, acts, rate) for number in range(rounds)]


def _number(environ: dict[str, str], name: str, default: int, least: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"{name} must be a whole number, at least {least:,}, not {text!r}.")
    return int(text)


def line(result: Result) -> str:
    """One round in one line."""
    verdict = "equal" if not result.differences else f"{result.differences} DIFFERENCES"
    exits = ", ".join(f"{code}: {count}" for code, count in sorted(result.exits.items())) or "none"
    return (
        f"{verdict}: {result.lines:,} lines, {result.under_fire:.0%} handled under fire, {result.kpis:,} KPIs and "
        f"{result.alerts:,} alerts compared; exit codes of workers: {exits}; "
        f"{result.seconds:.0f} s"
    )


def table(results: Sequence[Result]) -> Table:
    """All rounds, and their sum."""
    columns: dict[str, Callable[[Result], int]] = {
        "kills": lambda one: one.acts[Act.KILL],
        "terms": lambda one: one.acts[Act.TERM],
        "pauses": lambda one: one.acts[Act.PAUSE],
        "scalings": lambda one: one.acts[Act.SCALE],
        "broker restarts": lambda one: one.acts[Act.BROKER_KILL] + one.acts[Act.BROKER_STOP],
        "joins": lambda one: one.joins,
        "leaves": lambda one: one.leaves,
        "lines": lambda one: one.lines,
        "duplicates": lambda one: one.repeated,
        "read again": lambda one: one.reread,
        "KPIs compared": lambda one: one.kpis,
        "differences": lambda one: one.differences,
    }
    shown = Table(box=None)
    for name in ("seed", *columns):
        shown.add_column(name, justify="right")
    for result in results:
        shown.add_row(str(result.order.seed), *(f"{count(result):,}" for count in columns.values()))
    shown.add_row("all", *(f"{sum(map(count, results)):,}" for count in columns.values()), style="bold")
    return shown


def _played(order: Order) -> Result:
    home = Path(tempfile.mkdtemp(prefix=f"crm-pulse-chaos-{order.seed}-"))
    equal = False
    try:
        with Broker() as broker:
            try:
                result = play(order, broker, home, lambda text: say(f"  {text}"))
                equal = not result.differences
            finally:
                if not equal:
                    shutil.copy(broker.home / "broker.log", home)
    finally:
        if equal:
            shutil.rmtree(home)
        else:
            say(f"  everything of this round is kept in {home}")
    return result


def say(text: str) -> None:
    """A line on standard output, at once."""
    print(text, flush=True)


def main() -> int:
    reason = missing()
    if reason is not None:
        print(f"no Kafka here: {reason}", file=sys.stderr)
        return 1
    try:
        wanted = orders(dict(os.environ))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # to it a broker that is away is an error, many a second
    results, broken = [], 0
    for order in wanted:
        say(f"round {order.seed} ({order} ROUNDS=1 plays it again)")
        try:
            results.append(_played(order))
        except (AssertionError, BrokerError, subprocess.TimeoutExpired) as error:
            broken += 1
            say(f"  BROKEN OFF: {type(error).__name__}: {error}")
            continue
        say(f"  {line(results[-1])}")
        for check, wrong in results[-1].wrong.items():
            if wrong:
                say(f"  {check}: {len(wrong)} differ\n    " + "\n    ".join(wrong[:TOLD]))
    Console(width=160).print(table(results))
    takeovers = sorted(seconds for result in results for seconds in result.takeovers)
    if takeovers:
        middle = takeovers[len(takeovers) // 2]
        say(
            f"From SIGKILL of one of several workers to the first flush of a partition of its: {takeovers[0]:.1f} to "
            f"{takeovers[-1]:.1f} s, the middle one {middle:.1f} s ({len(takeovers)} times; to 0.2 s)."
        )
    if broken:
        say(f"{broken} rounds were broken off, which is as bad as a difference.")
    return 1 if broken or any(result.differences for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
