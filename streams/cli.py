"""The command line: `crmpulse`. Thin: options in, one clear sentence out when they are wrong."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams import __version__
from streams.core.kpis import is_known
from streams.events.instants import iso, parse_iso
from streams.policy import Policy, PolicyError, describe, load
from streams.replay import LineReader, Outputs, Replay, UnreadableFile

FAILED, WRONG_USE = 1, 2


class Instant(click.ParamType[int]):
    """An RFC 3339 instant, as microseconds."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return value if isinstance(value, int) else parse_iso(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it like 2026-03-31T00:00:00Z", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crmpulse")
def main() -> None:
    """From CRM events to live KPIs, scores and alerts for everyone who works with customers."""


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--policy", "policy_file", type=Path, help="The policy (YAML). Without it, the default policy.")
@click.option("--as-of", type=Instant(), help="Judge at this instant and leave out later events; else at the newest event.")
@click.option("--out", type=Path, required=True, help="The folder to write to; made where it is missing.")
def replay(files: tuple[str, ...], policy_file: Path | None, as_of: int | None, out: Path) -> None:
    """Process event files as a worker would: JSON lines, .gz too, - for standard input."""
    policy = load_policy(policy_file)
    for name in files:
        if name != "-" and not Path(name).exists():
            wrong_use(f"{name}: there is no such file")
        if Path(name).is_dir():
            wrong_use(f"{name}: a folder, not a file of events")
    if out.exists() and not out.is_dir():
        wrong_use(f"{out}: a file, not a folder to write to")
    try:
        with Outputs(out) as outputs, progress_of(files) as progress:
            reader = LineReader(files, lambda count: progress.advance(progress.task_ids[0], count))
            progress.update(progress.task_ids[0], total=reader.size())
            run = Replay(policy, outputs.write, as_of)
            lines = sum(1 for _ in run.feed(reader))
            progress.update(progress.task_ids[0], description="judging", completed=reader.size())
            at = run.finish()
            rows = outputs.write_kpis(run.figures())
    except UnreadableFile as error:
        failed(str(error))
    except OSError as error:
        failed(f"{out}: cannot be written: {error.strerror}")
    click.echo(f"{lines:,} lines as of {iso(at)}: {summary(run.outcomes)}; {rows:,} KPI values in {out}")


def summary(outcomes: Counter[str]) -> str:
    """What became of the events, in one line: what was used first, what was rejected last."""
    words = {
        "applied": "applied",
        "not_used": "of types not used yet",
        "duplicate": "duplicates",
        "after_as_of": "after the instant of the run",
    }
    taken = [f"{outcomes[key]:,} {word}" for key, word in words.items() if outcomes[key] or key == "applied"]
    rejected = {key: count for key, count in outcomes.items() if key not in words}
    if not rejected:
        return ", ".join([*taken, "none rejected"])
    reasons = ", ".join(f"{key} {count:,}" for key, count in sorted(rejected.items()))
    return ", ".join([*taken, f"{sum(rejected.values()):,} rejected ({reasons})"])


@main.group()
def policy() -> None:
    """Check what a company decides."""


@policy.command("check")
@click.argument("file", type=Path)
def policy_check(file: Path) -> None:
    """Say what is wrong with a policy, with the line, or print what it means."""
    click.echo(describe(load_policy(file)))


def load_policy(file: Path | None) -> Policy:
    """The policy of a file, or the default one; every problem with it, one a line, and out."""
    try:
        return load(file, is_known)
    except PolicyError as error:
        for problem in error.problems:
            click.echo(f"{file}:{problem}" if file else str(problem), err=True)
        sys.exit(WRONG_USE)


@contextmanager
def progress_of(files: tuple[str, ...]) -> Iterator[Progress]:
    """A progress bar on a terminal; nothing elsewhere."""
    console = Console(stderr=True)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with bar:
        bar.add_task("reading", total=None)
        yield bar


def wrong_use(sentence: str) -> NoReturn:
    """End with the exit code for wrong use, and one sentence."""
    raise click.UsageError(sentence)


def failed(sentence: str) -> NoReturn:
    """End with the exit code of a run that failed, and one sentence."""
    raise click.ClickException(sentence)


