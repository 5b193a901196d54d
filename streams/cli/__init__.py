"""The command line: `crmpulse`. Thin: options in, one clear sentence out when they are wrong.

Exit codes: 0 done, 1 a run failed, 2 wrong use.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType

import click

from streams import __version__

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "demo": "demo",
        "worker": "worker",
        "rebuild": "rebuild",
        "replay": "files",
        "import": "files",
        "simulate": "files",
        "topics": "stream",
        "policy": "policy",
        "explain": "explain",
        "report": "report",
        "tail": "stream",
        "notify": "notify",
        "dead-letters": "dead_letters",
        "dashboard": "dashboard",
        "token": "dashboard",
    }
)
"""Every command, and which module here has it."""


class _Group(click.Group):
    """Loads a command as it is asked for, as some have a stream processor to load, which others have no use for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            if close := get_close_matches(cmd_name, COMMANDS, 1):
                ctx.fail(f"No such command '{cmd_name}'; did you mean '{close[0]}'?")
            return None
        found = vars(import_module(f"{__name__}.{COMMANDS[cmd_name]}")).values()
        return next(one for one in found if isinstance(one, click.Command) and one.name == cmd_name)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crmpulse")
def main() -> None:
    """From CRM events to live KPIs, scores and alerts for everyone who works with customers."""
