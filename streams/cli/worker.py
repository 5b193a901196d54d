"""The command `worker`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from msgspec import structs

from streams.cli.common import (
    Instant,
    failed,
    load_policy,
    policy_option,
    settings_of_environment,
    spare_the_collector,
    wall_clock,
    wrong_use,
)
from streams.crew import member, run_crew
from streams.events.instants import iso
from streams.settings import VARIABLES
from streams.worker import WorkerError, run_worker

VARIABLE_HELP = "\b\nThe environment:\n" + "\n".join(
    f"  {variable.name:<28} {variable.what}" + (f" (default {variable.default})" if variable.default else "")
    for variable in VARIABLES
)


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
