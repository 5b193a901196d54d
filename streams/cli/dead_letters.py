"""`crmpulse dead-letters`: list what was not taken, and send it again."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import click

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
from streams.dead_letters import (
    Chosen,
    Reading,
    UnreadableLetters,
    from_file,
    from_topic,
    place_of,
    retry,
    summarise,
)
from streams.events import TOPICS, Reason, Rejected
from streams.events.instants import iso
from streams.settings import Settings
from streams.tail import printable
from streams.topics import MissingTopic

T = TypeVar("T")
US = 1_000_000


def choosing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose letters of the topic."""
    for option in (
        click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many."),
        click.option("--since", type=Instant(), help="Refused at this instant or later."),
        click.option("--topic", type=click.Choice(sorted(TOPICS)), metavar="TOPIC", help="From this crm.* topic."),
        click.option("--reason", type=click.Choice([str(one) for one in Reason]), help="Refused for this reason."),
    ):
        command = option(command)
    return command


@click.group("dead-letters")
def dead_letters() -> None:
    """Read what was not taken, and send mended records again."""


@dead_letters.command("list")
@choosing
@click.option("--json", "as_json", is_flag=True, help="The letters as JSON lines, to be mended and retried.")
@click.option("--summary", is_flag=True, help="Only how many of which topic and reason.")
def list_(
    reason: str | None, topic: str | None, since: int | None, limit: int | None, as_json: bool, summary: bool
) -> None:
    """What was not taken and why, the oldest of a topic first."""
    if as_json and summary:
        wrong_use("--json prints the letters and --summary counts them; give one of the two")
    settings = settings_of_environment()
    reading = Reading(settings, _chosen(reason, topic, since), limit)
    told = _run(settings, _summary(reading) if summary else _letters(reading, as_json))
    if not told:
        click.echo("No dead letters.", err=True)
    _foreign(reading)


@dead_letters.command("retry")
@click.argument("file", required=False, metavar="[FILE]")
@choosing
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@policy_option
def retry_(
    file: str | None, reason: str | None, topic: str | None, since: int | None, limit: int | None, dry_run: bool,
    policy_file: Path | None,
) -> None:  # fmt: skip
    """Send letters again, as they stand in the topic, or mended ones of a FILE (lines of `list --json`; - for standard
    input), each to the topic of its type. What the policy would refuse again is listed and not sent; then the exit
    code is 1. An event that comes twice changes nothing.
    """
    settings = settings_of_environment()
    policy = load_policy(policy_file or settings.policy)
    if file is not None:
        if reason or topic or since is not None or limit:
            wrong_use("a FILE is sent as it is; --reason, --topic, --since and --limit choose from the topic")
        if file != "-" and not Path(file).exists():
            wrong_use(f"{file}: there is no such file")
        if Path(file).is_dir():
            wrong_use(f"{file}: a folder, not a file of dead letters")
    reading = Reading(settings, _chosen(reason, topic, since), limit)
    found = from_file(file) if file else from_topic(reading)
    done = _run(settings, retry(settings, policy, found, wall_clock(), _left, dry=dry_run))
    _foreign(reading)
    refused = ", ".join(f"{key} {count:,}" for key, count in sorted(done.left.items()))
    left = f"{done.left.total():,} not, as they would be refused again ({refused})" if refused else "none left"
    click.echo(f"{done.sent:,} {'would be sent' if dry_run else 'sent'}, {left}")
    if refused:
        sys.exit(1)


def _chosen(reason: str | None, topic: str | None, since: int | None) -> Chosen:
    return Chosen(Reason(reason) if reason else None, topic, since)


def _run(settings: Settings, work: Coroutine[Any, Any, T]) -> T:
    """The result of what talks to the broker, else one sentence."""
    try:
        with talking_to(settings):
            return asyncio.run(work)
    except (MissingTopic, UnreadableLetters) as error:
        failed(str(error))


def _foreign(reading: Reading) -> None:
    if reading.foreign:
        click.echo(f"{reading.foreign:,} records in the topic are no dead letters and were left out.", err=True)


def _left(place: str, why: Rejected) -> None:
    click.echo(printable(f"{place}  {why.reason}  {why.detail}"), err=True)


async def _letters(reading: Reading, as_json: bool) -> int:
    """Prints a line for each and answers how many."""
    count = 0
    async for kept in reading:
        letter = kept.letter
        if as_json:
            click.echo(kept.value.replace(b"\n", b" "))
        else:
            if not count:
                _head(_row("refused", "reason", "where", "why"))
            _say(_row(_when(kept.written), letter.reason, place_of(letter), letter.detail))
        count += 1
    return count


async def _summary(reading: Reading) -> int:
    """Prints a line for each topic and reason and answers how many."""
    rows = await summarise(reading)
    if rows:
        _head(_sum("topic", "reason", "letters", "oldest", "newest", "the newest says"))
    for topic, reason, letters, oldest, newest, example in rows:
        _say(_sum(topic, reason, f"{letters:,}", _when(oldest), _when(newest), example))
    return len(rows)


def _row(when: str, reason: str, where: str, why: str) -> str:
    return f"{when:<20}  {reason:<13}  {where:<28}  {why}"


def _sum(topic: str, reason: str, letters: str, oldest: str, newest: str, example: str) -> str:
    return f"{topic:<18}  {reason:<13}  {letters:>9}  {oldest:<20}  {newest:<20}  {example}"


def _when(instant: int) -> str:
    return iso(instant // US * US)


def _head(text: str) -> None:
    """The names of the columns, for a person alone."""
    if sys.stdout.isatty():
        click.secho(text, bold=True)


def _say(text: str) -> None:
    """One line, which a terminal may wrap: of a detail the end matters as much as the beginning."""
    click.echo(printable(text))
