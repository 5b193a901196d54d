"""The command `demo`."""

from __future__ import annotations

import sys

import click
from rich.console import Console

from streams.demo import run


@click.command()
@click.option("--seconds", type=float, help="End after so many seconds; else at Ctrl-C.")
@click.option("--plain", is_flag=True, help="Lines instead of a live view; so too where there is no terminal.")
@click.option("--seed", default=1, show_default=True, help="Another seed, another organisation.")
def demo(seconds: float | None, plain: bool, seed: int) -> None:
    """An embedded broker, a simulated organisation, the worker and a live view: nothing else is needed."""
    sys.exit(run(seconds, plain, seed, Console()))
