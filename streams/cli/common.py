"""What several commands share: reading options, and ending with one clear sentence."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
from aiokafka.errors import KafkaConnectionError, KafkaError
from rich.console import Console

from streams.clients import quiet, refusal
from streams.core.kpis import NAMES
from streams.events.instants import parse_iso
from streams.policy import Policy, PolicyError, load
from streams.settings import Settings, SettingsError

WRONG_USE = 2
PIPED_WIDTH = 120
"""Characters of a line where no terminal says how many it has."""


class Instant(click.ParamType):
    """An RFC 3339 instant, as microseconds."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read `2026-03-31T00:00:00Z`."""
        try:
            return value if isinstance(value, int) else parse_iso(value)
        except ValueError:
            self.fail(f"{value!r} is not an instant; write it like 2026-03-31T00:00:00Z", param, ctx)


class PolicyAt(click.ParamType):
    """A change of policy, as (microseconds, policy)."""

    name = "instant=file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, Policy]:
        """Read `2026-03-31T00:00:00Z=policy.yaml`."""
        instant, _, file = value.partition("=")
        if not file:
            self.fail(f"{value!r} is no instant and file; write it like 2026-03-31T00:00:00Z=policy.yaml", param, ctx)
        return Instant().convert(instant, param, ctx), load_policy(Path(file))


policy_option = click.option(
    "--policy", "policy_file", type=Path, metavar="FILE", help="The policy (YAML). Without it, the default policy."
)


def spare_the_collector() -> None:
    """For a process that keeps much state for long: the state has no cycles, so looking for some finds little."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def settings_of_environment() -> Settings:
    """The settings that the environment gives, else one sentence about the variable that is wrong."""
    try:
        return Settings.from_env(os.environ)
    except SettingsError as error:
        wrong_use(str(error))


def wall_clock() -> int:
    """Microseconds since the epoch, now."""
    return time.time_ns() // 1000


def load_policy(file: Path | None) -> Policy:
    """The policy of a file, or the default one; else every problem with it, one a line, and out."""
    try:
        return load(file, NAMES)
    except PolicyError as error:
        for problem in error.problems:
            click.echo(f"{file}: {problem}", err=True)
        sys.exit(WRONG_USE)


def terminal() -> Console:
    """Where tables go; a pipe or a file has no width of its own, and gets one that tables fit into."""
    out = Console(highlight=False)
    return out if out.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


@contextmanager
def talking_to(settings: Settings) -> Iterator[None]:
    """Says in one sentence what went wrong between us and the broker, in the place of the client's own log."""
    try:
        with quiet():
            yield
    except KafkaConnectionError:
        failed(asyncio.run(refusal(settings)))
    except KafkaError as error:
        failed(f"Kafka at {settings.kafka}: {error}")


def wrong_use(sentence: str) -> NoReturn:
    """End with the exit code for wrong use, and one sentence."""
    raise click.UsageError(sentence)


def failed(sentence: str) -> NoReturn:
    """End with the exit code of a run that failed, and one sentence."""
    raise click.ClickException(sentence)
