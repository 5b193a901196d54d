"""The command line: `crmpulse`. Thin: options in, one clear sentence out when they are wrong.

Exit codes: 0 done, 1 a run failed, 2 wrong use.
"""

from __future__ import annotations

import click

from streams import __version__
from streams.cli.dashboard import dashboard, token
from streams.cli.dead_letters import dead_letters
from streams.cli.explain import explain
from streams.cli.files import import_, replay, simulate
from streams.cli.notify import notify
from streams.cli.policy import policy
from streams.cli.rebuild import rebuild
from streams.cli.report import report
from streams.cli.stream import demo, tail, topics, worker


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="crmpulse")
def main() -> None:
    """From CRM events to live KPIs, scores and alerts for everyone who works with customers."""


for command in (
    demo, worker, rebuild, replay, import_, simulate, topics, policy, explain, report, tail, notify, dead_letters,
    dashboard, token,
):  # fmt: skip
    main.add_command(command)
