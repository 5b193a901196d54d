"""`crmpulse rebuild`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.progress import MofNCompleteColumn, Progress

from streams.cli.common import failed, load_policy, policy_option, settings_of_environment, talking_to, wall_clock
from streams.cli.files import progress_bar
from streams.rebuild import RebuildError, delete_leftovers, leftovers, run_rebuild

LINE_S = 5.0
"""Seconds between two lines where there is no terminal to show a bar on."""


@click.command()
@policy_option
@click.option("--delete-old", is_flag=True, help="Build nothing; delete the topics of generations that serve no more.")
def rebuild(policy_file: Path | None, delete_old: bool) -> None:
    """Make everything anew from crm.*, as a new time zone, reporting currency or CRMPULSE_PARTITIONS needs it.

    The workers go on meanwhile. When the new generation has caught up they leave, and those that are started with the
    new settings serve in it. Run it again when it was stopped: it goes on where it was.
    """
    settings = settings_of_environment()
    if delete_old:
        with talking_to(settings):
            click.echo(f"Deleted: {_listed(asyncio.run(delete_leftovers(settings)))}.")
        return
    policy = load_policy(policy_file or settings.policy)
    try:
        with progress_bar("beginning", MofNCompleteColumn()) as bar:
            serving = run_rebuild(settings, policy, wall_clock, _teller(bar))
    except RebuildError as error:
        failed(str(error))
    with talking_to(settings):
        old = asyncio.run(leftovers(settings))
    click.echo(
        f"Generation {serving.number} serves: {serving.partitions} partitions, {serving.timezone}, {serving.currency}."
    )
    if old:
        click.echo(f"`crmpulse rebuild --delete-old` deletes what is not needed any more: {_listed(old)}.")


def _teller(bar: Progress) -> Callable[[str, int, int], None]:
    """Shows progress on the bar or, where there is no terminal for one, in a line now and then."""
    task = bar.task_ids[0]
    said: tuple[str, float] = ("", 0.0)

    def tell(what: str, done: int, total: int) -> None:
        nonlocal said
        bar.update(task, description=what, completed=done, total=total)
        if bar.disable and (what != said[0] or time.monotonic() >= said[1] + LINE_S):
            said = what, time.monotonic()
            click.echo(f"{what}: {done:,} of {total:,}", err=True)

    return tell


def _listed(topics: list[str]) -> str:
    return ", ".join(topics) or "nothing"
