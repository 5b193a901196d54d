"""`crmpulse policy`."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from streams.cli.common import load_policy, terminal, wrong_use
from streams.cli.log import as_of_option, events_option, read_files
from streams.comparison import compare, tell
from streams.core.customers import WATCHED
from streams.core.employees import WATCHED as OF_EMPLOYEES
from streams.core.kpis import list_kpis
from streams.explain import Mistyped, Reading, check_period
from streams.policy import describe, list_rules
from streams.policy.periods import month_key


@click.group()
def policy() -> None:
    """Check and compare what a company decides."""


@policy.command("check")
@click.argument("file", type=Path)
def policy_check(file: Path) -> None:
    """Say what is wrong with a policy, with the line, or print what it means."""
    click.echo(describe(load_policy(file)))


@policy.command("rules")
def policy_rules() -> None:
    """List the alert rules: what each watches, and what a policy can set."""
    click.echo(list_rules((*WATCHED, *OF_EMPLOYEES)))


@policy.command("kpis")
def policy_kpis() -> None:
    """List the KPIs that a scorecard can name: what each is a number of, and its definition."""
    click.echo(list_kpis())


@policy.command("diff")
@click.argument("old", type=Path)
@click.argument("new", type=Path)
@events_option
@as_of_option
@click.option("--period", help="Of this period, such as 2026-03 or 30d; else the month of the instant judged at.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def policy_diff(
    old: Path, new: Path, files: tuple[str, ...], as_of: int | None, period: str | None, form: str
) -> None:  # fmt: skip
    """Say what NEW would change in the place of OLD, and for whom: scores, ratings, KPIs, and which alerts fire.

    Both judge the same events, in one pass over the files.
    """
    if not files:
        wrong_use("give --events FILE: what a policy changes is seen on events")
    try:
        if period is not None:
            check_period(period)
        before, after = (Reading(load_policy(file), as_of) for file in (old, new))
        read_files(files, [before, after])
        chosen = period or month_key(after.policy.zone.month(after.today))
        if not any(chosen in one.periods for reading in (before, after) for one in reading.people().values()):
            raise Mistyped(f"There are no figures in {chosen}; --period chooses another, --as-of another instant.")
        told = compare(before, after, chosen)
    except Mistyped as error:
        wrong_use(str(error))
    if form == "json":
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        tell(told, terminal())
