"""Where requests may come from: what a site of somebody else's could make a browser send is refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from streams.dashboard.access import Forbidden

REQUESTED_WITH: Final = "crmpulse"
LOCALHOST: Final = "localhost"


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == LOCALHOST


def check_host(host: str) -> None:
    """Of a dashboard that is open on loopback: another name that leads here is how a foreign site would reach it.

    Raises `Forbidden`.
    """
    name = urlsplit(f"//{host}").hostname or ""
    if not is_loopback(name):
        raise Forbidden("The dashboard is open on this machine alone: use localhost or 127.0.0.1 in the address.")


def check_command(headers: Mapping[str, str], scheme: str, host: str, origin: str | None) -> None:
    """A command comes from the dashboard's own pages: `origin` where that is given, else whatever host was asked.

    Raises `Forbidden`.
    """
    if headers.get("X-Requested-With") != REQUESTED_WITH:
        raise Forbidden(f"A command needs the header X-Requested-With: {REQUESTED_WITH}.")
    own = origin or f"{scheme}://{host}"
    if headers.get("Origin") != own:
        raise Forbidden(f"A command needs the header Origin: {own}.")
