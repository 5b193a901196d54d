"""`crmpulse notify`."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import click

from streams.cli.common import failed, settings_of_environment, wall_clock, wrong_use
from streams.notify import (
    KEYS,
    Kind,
    NotifyError,
    TargetError,
    Wanted,
    digested,
    distinct,
    read_target,
    run_notify,
    selections,
)
from streams.settings import SettingsError

URL = "[NAME=]URL"


@click.command()
@click.option(
    "--alertmanager", multiple=True, metavar=URL, envvar="CRMPULSE_NOTIFY_ALERTMANAGER", show_envvar=True,
    help="An Alertmanager, as http://host:9093; name every one of a cluster.",
)  # fmt: skip
@click.option(
    "--webhook", multiple=True, metavar=URL, envvar="CRMPULSE_NOTIFY_WEBHOOK", show_envvar=True,
    help="POST every change there as JSON.",
)  # fmt: skip
@click.option(
    "--apprise", multiple=True, metavar=URL, envvar="CRMPULSE_NOTIFY_APPRISE", show_envvar=True,
    help="Tell people by way of apprise: chat, mail, text messages.",
)  # fmt: skip
@click.option(
    "--select", multiple=True, metavar="[TARGET:]KEY=GLOB[,GLOB]", envvar="CRMPULSE_NOTIFY_SELECT", show_envvar=True,
    help=f"Tell only of such alerts, by {', '.join(KEYS)}; TARGET is a kind or a name, as webhook or webhook-NAME.",
)  # fmt: skip
@click.option(
    "--tell", multiple=True, metavar="TARGET=changes|digests", envvar="CRMPULSE_NOTIFY_TELL", show_envvar=True,
    help="What a target gets: every change at once, as webhooks do, or what stands for each recipient when that may be "
    "told by the policy's notices, as apprise does.",
)  # fmt: skip
@click.option(
    "--digest-over", type=click.IntRange(0), default=10, show_default=True, metavar="N",
    envvar="CRMPULSE_NOTIFY_DIGEST_OVER", show_envvar=True,
    help="Of those who get changes: more than N of them without a pause of a second are one message. 0: never.",
)  # fmt: skip
@click.option(
    "--from-beginning", is_flag=True,
    help="Tell a webhook or apprise that is new of what stands already, too.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=6065, show_default=True, metavar="PORT",
    envvar="CRMPULSE_NOTIFY_PORT", show_envvar=True,
    help="Of /metrics, /healthz and /readyz, on CRMPULSE_WEB_HOST.",
)  # fmt: skip
def notify(
    alertmanager: Sequence[str], webhook: Sequence[str], apprise: Sequence[str], select: Sequence[str],
    tell: Sequence[str], digest_over: int, from_beginning: bool, port: int,
) -> None:  # fmt: skip
    """Send alerts on: to an Alertmanager, to webhooks, and to people.

    Every option but --from-beginning may stand in the environment instead, several URLs separated by blanks; a URL with
    a secret should, as others on the machine see a command line. Each target is told of every change of an alert, or
    of every digest, at least once, in order and at its own pace; which it was told of is kept in Kafka, under its NAME
    or, without one, a hash of its URL. Run it once: a second one tells everything a second time.
    """
    settings = settings_of_environment()
    given = {Kind.ALERTMANAGER: alertmanager, Kind.WEBHOOK: webhook, Kind.APPRISE: apprise}
    try:
        targets = [read_target(kind, text) for kind, texts in given.items() for text in texts]
        if not targets:
            wrong_use("nobody to tell: give at least one of --alertmanager, --webhook and --apprise")
        distinct(targets)
        digests = digested(tell, targets)
        chosen = selections(select, targets, digests)
        wanted = Wanted(targets, chosen, digest_over, from_beginning, port, digests)
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        run_notify(settings, wanted, wall_clock)
    except (TargetError, SettingsError) as error:
        wrong_use(str(error))
    except NotifyError as error:
        failed(str(error))
