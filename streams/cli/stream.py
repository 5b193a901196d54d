"""The commands that look at the topics: `topics` and `tail`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.table import Table

from streams import generations
from streams import topics as registry
from streams.cli.common import failed, settings_of_environment, talking_to, wrong_use
from streams.settings import Settings
from streams.tail import TailError, streams
from streams.tail import tail as follow
from streams.topics import acls as access


@click.command()
@click.option("--check", is_flag=True, help="Only check; create nothing.")
@click.option("--acls", is_flag=True, help="Print who may do what on the broker, as a script for kafka-acls.sh.")
@click.option("--apply", "applied", is_flag=True, help="With --acls: grant it; nothing is taken away.")
@click.option(
    "--principal", multiple=True, metavar="ROLE=USER",
    help="With --acls: who has a role, in the place of User:crmpulse-ROLE.",
)  # fmt: skip
def topics(check: bool, acls: bool, applied: bool, principal: Sequence[str]) -> None:
    """Create the topics that are missing, and check the others: partitions, compaction, retention."""
    if (applied or principal) and not acls:
        wrong_use("--apply and --principal go with --acls")
    settings = settings_of_environment()
    if acls:
        _acls(settings, principal, applied)
        return
    with talking_to(settings):
        report = asyncio.run(_report(settings, check))
    table = Table("topic", "state", "what to do", box=None)
    for finding in report.findings:
        table.add_row(finding.topic, finding.status, finding.advice)
    Console(highlight=False).print(table)
    if report.wrong:
        sys.exit(1)


def _acls(settings: Settings, given: Sequence[str], applied: bool) -> None:
    try:
        users = access.principals(given)
    except access.AclError as error:
        wrong_use(str(error))
    if not applied:
        click.echo("\n".join(access.script(settings, users)))
        return
    with talking_to(settings):
        click.echo(f"{asyncio.run(access.apply(settings, users))} rights of {len(users)} roles are granted.")


async def _report(settings: Settings, check: bool) -> registry.Report:
    """On the topics of the generation that serves."""
    named = generations.current(settings, await generations.read(settings))
    return await (registry.check(named) if check else registry.create(named))


@click.command()
@click.argument("stream", type=click.Choice(streams(), case_sensitive=True), metavar="STREAM")
@click.option("--from-beginning", is_flag=True, help="Everything that is kept, not only what comes.")
def tail(stream: str, from_beginning: bool) -> None:
    """Follow an output stream in the terminal: alerts, scores, teams, kpis, dead-letters, or any output topic."""
    settings = settings_of_environment()
    try:
        with talking_to(settings):
            asyncio.run(follow(settings, stream, Console(highlight=False), from_beginning=from_beginning))
    except (TailError, registry.MissingTopic) as error:
        failed(str(error))
    except KeyboardInterrupt:
        sys.exit(0)
