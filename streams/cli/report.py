"""`crmpulse report`."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli.common import failed, wrong_use
from streams.cli.log import over_log, read_log
from streams.explain import Mistyped, check_period
from streams.report import FORMATS, LANGUAGES, render, sheet


@click.command()
@click.argument("name", metavar="EMPLOYEE|TEAM")
@click.argument("period")
@over_log
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="html", show_default=True)
@click.option("--language", type=click.Choice(list(LANGUAGES)), default="en", show_default=True, help="Of the page.")
@click.option("--out", type=Path, metavar="FILE", help="Where to; else to standard output.")
def report(
    name: str, period: str, files: tuple[str, ...], policy_file: Path | None, as_of: int | None, form: str,
    language: str, out: Path | None,
) -> None:  # fmt: skip
    """A printable appraisal of an employee, or the sheet of a team: the scorecard line by line, the trend, what is
    overdue, ranking and funnel. The page needs nothing beside itself and can be printed or sent.

    Without --events it reads the crm.* topics at CRMPULSE_KAFKA, as `crmpulse explain` does.
    """
    try:
        check_period(period)
        if out is not None and out.is_dir():
            wrong_use(f"{out}: a folder, not a file to write to")
        reading = read_log(files, policy_file, as_of, None)
        written = render(sheet(reading, name, period), reading, form, language)
    except Mistyped as error:
        wrong_use(str(error))
    if out is None:
        click.get_binary_stream("stdout").write(written)
        return
    try:
        out.write_bytes(written)
    except OSError as error:
        failed(f"{out}: cannot be written: {error.strerror}")
