"""The commands that work on files: `replay`, `import` and `simulate`."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

from streams.cli.common import (
    Instant,
    PolicyAt,
    failed,
    load_policy,
    policy_option,
    spare_the_collector,
    talking_to,
    wrong_use,
)
from streams.events import encode
from streams.events.instants import from_us, iso
from streams.policy import unfit
from streams.replay import Change, LineReader, Outputs, Replay, UnreadableFile
from streams.settings import Settings, SettingsError
from streams.simulate import Scale, messy, produce
from streams.simulate import simulate as simulated
from streams.sources import SOURCES, SourceError, write_events, write_lines


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@policy_option
@click.option(
    "--policy-at", "changes", type=PolicyAt(), multiple=True, metavar="INSTANT=FILE",
    help="Another policy from that instant on, as on a running worker; repeatable.",
)  # fmt: skip
@click.option("--as-of", type=Instant(), help="Judge at this instant; later events are left out. Else at the newest.")
@click.option("--out", type=Path, required=True, metavar="DIR", help="The folder to write to; made where missing.")
def replay(
    files: tuple[str, ...], policy_file: Path | None, changes: tuple[Change, ...], as_of: int | None, out: Path
) -> None:
    """Process event files as a worker would: JSON lines, .gz too, - for standard input."""
    policy = load_policy(policy_file)
    for _, following in changes:
        if why := unfit(following, policy):
            wrong_use(why)
    for name in files:
        if name != "-" and not Path(name).exists():
            wrong_use(f"{name}: there is no such file")
        if Path(name).is_dir():
            wrong_use(f"{name}: a folder, not a file of events")
    if out.exists() and not out.is_dir():
        wrong_use(f"{out}: a file, not a folder to write to")
    spare_the_collector()
    try:
        with Outputs(out) as outputs, progress_bar("reading", DownloadColumn()) as bar:
            task = bar.task_ids[0]
            reader = LineReader(files, lambda count: bar.advance(task, count))
            bar.update(task, total=passes(reader, 2))
            run = Replay(policy, outputs.write, as_of, changes)
            for _ in run.foresee(reader):
                pass
            lines = sum(1 for _ in run.feed(reader))
            bar.update(task, description="judging", completed=passes(reader, 2) or 0)
            at = run.finish()
            if run.erases:
                outputs.sift("alerts", run.may_tell)
            rows = outputs.write_kpis(run.figures())
    except UnreadableFile as error:
        failed(str(error))
    except OSError as error:
        failed(f"{out}: cannot be written: {error.strerror}")
    click.echo(f"{lines:,} lines as of {iso(at)}: {summary(run.outcomes)}; {rows:,} KPI values in {out}")
    ahead = from_us(at) - datetime.now(UTC)
    if as_of is None and ahead > timedelta(microseconds=policy.max_future):
        click.echo(f"The newest event lies {ahead.days:,} days ahead of now; --as-of leaves such events out.", err=True)


def passes(reader: LineReader, number: int) -> int | None:
    """The bytes that are read when files are read so often; None where that is not known."""
    size = reader.size()
    return None if size is None else number * size


def summary(outcomes: Counter[str]) -> str:
    """What became of the events, in one line: what was used first, what was rejected last."""
    words = {
        "applied": "applied",
        "not_used": "of types not used yet",
        "duplicate": "duplicates",
        "after_as_of": "after the instant of the run",
        "erased": "of customers who were erased",
        "voided": "voided",
        "void_of_nothing": "voids of events that never were",
    }
    taken = [f"{outcomes[key]:,} {word}" for key, word in words.items() if outcomes[key] or key == "applied"]
    rejected = {key: count for key, count in outcomes.items() if key not in words}
    if not rejected:
        return ", ".join([*taken, "none rejected"])
    reasons = ", ".join(f"{key} {count:,}" for key, count in sorted(rejected.items()))
    return ", ".join([*taken, f"{sum(rejected.values()):,} rejected ({reasons})"])


@click.command("import")
@click.argument("source", type=click.Choice(sorted(SOURCES)))
@click.argument("path", type=Path)
@click.option("-o", "--out", default="-", metavar="FILE", help="Where to; .gz compresses, - is standard output.")
def import_(source: str, path: Path, out: str) -> None:
    """Turn a data set (a zip file or a folder) into event files."""
    if not path.exists():
        wrong_use(f"{path}: there is no such file or folder")
    try:
        with progress_bar("importing", MofNCompleteColumn()) as bar:
            written = write_events(SOURCES[source](path), out, lambda count: bar.advance(bar.task_ids[0], count))
    except SourceError as error:
        failed(str(error))
    except OSError as error:
        failed(f"{out}: cannot be written: {error.strerror}")
    click.echo(str(written), err=True)


SHARE = click.FloatRange(0, 1, max_open=True)


@click.command()
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same events.")
@click.option("--teams", default=5, show_default=True)
@click.option("--employees", default=40, show_default=True)
@click.option("--customers", default=3000, show_default=True)
@click.option("--start", type=Instant(), default="2026-01-01T00:00:00Z", show_default=True)
@click.option("--days", default=365, show_default=True)
@click.option("--events", type=int, help="So many events, instead of as many as come naturally.")
@click.option("--duplicates", type=SHARE, default=0.0, help="Share of events that come twice.")
@click.option("--late", type=SHARE, default=0.0, help="Share of events that come late.")
@click.option("--malformed", type=SHARE, default=0.0, help="Share of malformed lines in between.")
@click.option("-o", "--out", default="-", metavar="FILE", help="Where to; .gz compresses, - is standard output.")
@click.option("--kafka", metavar="HOST:PORT", help="Onto Kafka's crm.* topics instead of into a file.")
@click.option(
    "--rate",
    type=click.FloatRange(0, min_open=True),
    help="Events a second onto Kafka; else as fast as it goes.",
)
def simulate(
    seed: int,
    teams: int,
    employees: int,
    customers: int,
    start: int,
    days: int,
    events: int | None,
    duplicates: float,
    late: float,
    malformed: float,
    out: str,
    kafka: str | None,
    rate: float | None,
) -> None:
    """A seeded, realistic organisation as events, in the order of their times."""
    begin = from_us(start)
    try:
        scale = Scale(seed, teams, employees, customers, begin, begin + timedelta(days=days), events)
    except (ValueError, OverflowError) as error:
        wrong_use(str(error))
    if kafka is not None:
        if duplicates or late or malformed or out != "-":
            wrong_use("--kafka takes neither --out nor a mess; write a file and send that")
        try:
            settings = Settings.from_env({**os.environ, "CRMPULSE_KAFKA": kafka})
        except SettingsError as error:
            wrong_use(str(error))
        with talking_to(settings):
            sent = asyncio.run(produce(settings, simulated(scale), rate, time.monotonic))
        click.echo(f"{sent:,} events sent to {kafka}", err=True)
        return
    if rate is not None:
        wrong_use("--rate is for --kafka; a file has no pace")
    lines: Iterator[bytes] = map(encode, simulated(scale))
    if duplicates or late or malformed:
        lines = messy(lines, seed, duplicates=duplicates, late=late, malformed=malformed)
    try:
        with progress_bar("simulating", MofNCompleteColumn(), total=events) as bar:
            count = write_lines(lines, out, lambda step: bar.advance(bar.task_ids[0], step))
    except OSError as error:
        failed(f"{out}: cannot be written: {error.strerror}")
    click.echo(f"{count:,} lines", err=True)


@contextmanager
def progress_bar(what: str, measure: ProgressColumn, total: int | None = None) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), measure, TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(what, total=total)
        yield bar
