"""Options and reading that the commands have in common that run over a whole log: files, or the topics of a Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import click
from rich.progress import DownloadColumn, MofNCompleteColumn

from streams.cli.common import (
    Instant,
    failed,
    load_policy,
    policy_option,
    settings_of_environment,
    talking_to,
    wall_clock,
    wrong_use,
)
from streams.cli.files import passes, progress_bar
from streams.explain import Reading, read
from streams.replay import Line, LineReader, UnreadableFile
from streams.topics import MissingTopic

Command = Callable[..., None]


class Files(click.Option):
    """`--events`: the words after its file that are, or look like, files are files too, so that `--events 2026-*.jsonl`
    does what it says."""

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the option take what follows it."""
        super().add_to_parser(parser, ctx)
        for name in self.opts:
            option = parser._long_opt.get(name)
            if option is None:
                continue
            take = option.process

            def process(value: Any, state: Any, take: Callable[[Any, Any], None] = take) -> None:
                take(value, state)
                while state.rargs and _is_file(state.rargs[0]):
                    take(state.rargs.pop(0), state)

            option.process = process


def _is_file(word: str) -> bool:
    if word == "-" or word.startswith("-"):
        return word == "-"
    return "." in word or "/" in word or Path(word).exists()


events_option = click.option(
    "--events", "files", cls=Files, multiple=True, metavar="FILE…",
    help="Event files: JSON lines, .gz too, - for standard input.",
)  # fmt: skip


def as_of_option(command: Command) -> Command:
    """`--as-of`."""
    return click.option(
        "--as-of", type=Instant(), help="Judge at this instant; later events are left out. Else at the newest."
    )(command)


def over_log(command: Command) -> Command:
    """The options that say which log, under which policy, judged when."""
    return events_option(policy_option(as_of_option(command)))


def check_files(files: Sequence[str]) -> None:
    """End with one sentence where a file is not there."""
    for name in files:
        if name != "-" and not Path(name).exists():
            wrong_use(f"{name}: there is no such file")
        if Path(name).is_dir():
            wrong_use(f"{name}: a folder, not a file of events")


def read_files(files: Sequence[str], readings: Sequence[Reading]) -> None:
    """Two passes over the files for all readings, as an event may be taken back; each judges everything at the end."""
    check_files(files)
    try:
        with progress_bar("reading", DownloadColumn()) as bar:
            task = bar.task_ids[0]
            reader = LineReader(files, lambda count: bar.advance(task, count))
            bar.update(task, total=passes(reader, 2))
            for take in (Reading.foresee, Reading.feed):
                lines: Iterable[Line] = reader
                for reading in readings:
                    lines = take(reading, lines)
                for _ in lines:
                    pass
            for reading in readings:
                reading.finish()
    except UnreadableFile as error:
        failed(str(error))


def read_log(
    files: Sequence[str], policy_file: Path | None, as_of: int | None, traced: str | None
) -> Reading:  # fmt: skip
    """A reading of the files or, without any, of the topics of CRMPULSE_KAFKA under the policy in force there, as of
    now."""
    if files:
        reading = Reading(load_policy(policy_file), as_of, traced)
        read_files(files, [reading])
        return reading
    settings = settings_of_environment()
    if settings.embedded:
        wrong_use("give --events FILE, or set CRMPULSE_KAFKA to the Kafka whose crm.* topics are to be read")
    try:
        with talking_to(settings):
            policy = load_policy(policy_file) if policy_file is not None else None
            with progress_bar("reading", MofNCompleteColumn()) as bar:
                task = bar.task_ids[0]
                at = wall_clock() if as_of is None else as_of
                return asyncio.run(read(settings, policy, at, traced, lambda count: bar.advance(task, count)))
    except MissingTopic as error:
        failed(str(error))
