"""`crmpulse policy`."""

from __future__ import annotations

from pathlib import Path

import click

from streams.cli.common import load_policy
from streams.core.customers import WATCHED
from streams.policy import describe, list_rules


@click.group()
def policy() -> None:
    """Check what a company decides."""


@policy.command("check")
@click.argument("file", type=Path)
def policy_check(file: Path) -> None:
    """Say what is wrong with a policy, with the line, or print what it means."""
    click.echo(describe(load_policy(file)))


@policy.command("rules")
def policy_rules() -> None:
    """List the alert rules: what each watches, and what a policy can set."""
    click.echo(list_rules(WATCHED))
