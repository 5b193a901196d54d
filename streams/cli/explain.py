"""`crmpulse explain`."""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from streams.cli.common import terminal, wrong_use
from streams.cli.log import over_log, read_log
from streams.explain import Mistyped, check_kpi, check_period, explanation, scorecard, tell


@click.command()
@click.argument("employee")
@click.argument("period")
@click.argument("kpi", required=False)
@over_log
@click.option("--limit", type=click.IntRange(0), default=30, show_default=True, help="So many events; 0: all.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    employee: str, period: str, kpi: str | None, files: tuple[str, ...], policy_file: Path | None, as_of: int | None,
    limit: int, form: str,
) -> None:  # fmt: skip
    """Why a figure is what it is: EMPLOYEE's KPI of a PERIOD (2026, 2026-Q1, 2026-03, 7d, 30d, 90d), its formula, the
    events behind it, its line of the scorecard, and what would move the score by one point. Without KPI: the whole
    scorecard.

    Without --events it reads the crm.* topics at CRMPULSE_KAFKA, once, under the policy that is in force there. The
    same events and policy give the same score, byte for byte.
    """
    try:
        check_period(period)
        if kpi is not None:
            check_kpi(kpi)
        reading = read_log(files, policy_file, as_of, employee if kpi else None)
        told = explanation(reading, employee, period, kpi) if kpi else scorecard(reading, employee, period)
    except Mistyped as error:
        wrong_use(str(error))
    if form == "json":
        click.echo(orjson.dumps(told, option=orjson.OPT_INDENT_2))
    else:
        tell(told, terminal(), limit)
