"""`crmpulse dashboard` and `crmpulse token`."""

from __future__ import annotations

import logging
from pathlib import Path

import click
from msgspec import structs

from streams.cli.common import (
    failed,
    load_policy,
    policy_option,
    settings_of_environment,
    spare_the_collector,
    wall_clock,
    wrong_use,
)
from streams.dashboard.access import Role
from streams.dashboard.run import DashboardError, run_dashboard
from streams.dashboard.tokens import make_token
from streams.policy.durations import parse_duration
from streams.settings import SettingsError

US = 1_000_000


@click.command()
@click.option("--host", metavar="HOST", help="Address to listen on, in the place of CRMPULSE_DASHBOARD_HOST.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), metavar="PORT", help="Port, in the place of CRMPULSE_DASHBOARD_PORT."
)
@policy_option
def dashboard(host: str | None, port: int | None, policy_file: Path | None) -> None:
    """Serve what the output topics say: pages, an API and an event stream, on http://127.0.0.1:6060.

    On loopback it is open to whoever is on the machine. On any other address it demands tokens: signed ones of
    `crmpulse token` (CRMPULSE_DASHBOARD_SECRET), or those of an OpenID provider (CRMPULSE_DASHBOARD_OIDC_…). The policy
    is the one that the workers announce; --policy serves until they have.
    """
    settings = settings_of_environment()
    changes: dict[str, object] = {"dashboard_host": host, "dashboard_port": port}
    settings = structs.replace(settings, **{name: value for name, value in changes.items() if value is not None})
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        spare_the_collector()
        policy = load_policy(policy_file or settings.policy)
        run_dashboard(settings, policy, wall_clock, lambda address: click.echo(f"crm-pulse dashboard: {address}"))
    except SettingsError as error:
        wrong_use(str(error))
    except DashboardError as error:
        failed(str(error))


@click.command()
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--employee", metavar="ID", help="Whose token it is; needed for the roles employee and manager.")
@click.option("--expires", default="30d", show_default=True, metavar="DURATION", help="How long it is good for.")
def token(role: str, employee: str | None, expires: str) -> None:
    """Make a token for the dashboard, signed with CRMPULSE_DASHBOARD_SECRET; open /sign-in?token=… with it.

    \b
    employee     sees itself: scores, alerts, customers, recommendations
    manager      the same of all who report to it, over all levels
    operations   all alerts, customers and opportunities, and the health of the processing
    hr           all scores and recommendations
    admin        everything
    """
    settings = settings_of_environment()
    try:
        key = settings.dashboard_key()
        if key is None:
            wrong_use("set CRMPULSE_DASHBOARD_SECRET (or CRMPULSE_DASHBOARD_SECRET_FILE) as the dashboard has it")
        issued = wall_clock() // US
        click.echo(make_token(key, Role(role), employee, issued, issued + parse_duration(expires).us // US))
    except (SettingsError, ValueError) as error:
        wrong_use(str(error))
