"""The commands that work on the stream: `worker`, `topics`, `tail` and `demo`."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import structs
from rich.console import Console
from rich.table import Table

from streams import generations
from streams import topics as registry
from streams.cli.common import Instant, failed, load_policy, policy_option, spare_the_collector, talking_to, wrong_use
from streams.crew import member, run_crew
from streams.events.instants import iso
from streams.settings import VARIABLES, Settings, SettingsError
from streams.tail import TailError, streams
from streams.tail import tail as follow
from streams.topics import acls as access
from streams.worker import WorkerError, run_worker

VARIABLE_HELP = "\b\nThe environment:\n" + "\n".join(
    f"  {variable.name:<28} {variable.what}" + (f" (default {variable.default})" if variable.default else "")
    for variable in VARIABLES
)


def settings_of_environment() -> Settings:
    """The settings that the environment gives, else one sentence about the variable that is wrong."""
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        wrong_use(str(error))


def wall_clock() -> int:
    """Microseconds since the epoch, now."""
    return time.time_ns() // 1000


@click.command(epilog=VARIABLE_HELP)
@click.option("--clock", type=click.Choice(["wall", "events"]), default="wall", show_default=True)
@click.option("--until", type=Instant(), help="With --clock events: drain the topics, judge at this instant, and end.")
@click.option(
    "--processes", type=click.IntRange(1, 64), default=1, show_default=True, metavar="N",
    help="So many workers on this machine, one for each core to use; their web ports follow one another.",
)  # fmt: skip
@policy_option
def worker(clock: str, until: int | None, processes: int, policy_file: Path | None) -> None:
    """Run the stream processor against CRMPULSE_KAFKA; --policy goes before CRMPULSE_POLICY.

    A change of that file comes into force while the worker runs, and for all workers at one point of the stream.
    """
    if (clock == "events") != (until is not None):
        wrong_use("--clock events and --until go together: the clock of the events needs an instant to end at")
    settings = settings_of_environment()
    settings = structs.replace(settings, policy=policy_file or settings.policy)
    policy = load_policy(settings.policy)
    if processes > 1:
        options = ["--clock", clock, *(("--until", iso(until)) if until is not None else ())]
        if policy_file is not None:
            options += ["--policy", str(policy_file)]
        command = [sys.executable, "-m", "streams", "worker", *options]
        sys.exit(run_crew(command, [{**os.environ, **member(settings, number)} for number in range(processes)]))
    try:
        spare_the_collector()
        run_worker(settings, policy, wall_clock, until)
    except WorkerError as error:
        failed(str(error))


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


@click.command()
@click.option("--seconds", type=float, help="End after so many seconds; else at Ctrl-C.")
@click.option("--plain", is_flag=True, help="Lines instead of a live view; so too where there is no terminal.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another organisation.")
def demo(seconds: float | None, plain: bool, seed: int) -> None:
    """An embedded broker, a simulated organisation, the worker and a live view: nothing else is needed."""
    from streams.demo import run

    sys.exit(run(seconds, plain, seed, Console()))
