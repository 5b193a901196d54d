"""Who is told: an address with a name, read from what an operator wrote. An address may hold a secret and is hidden."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

HIDDEN: Final = "***"
API: Final = "/api/v2/alerts"
"""Where an Alertmanager takes alerts, below its address."""

_named: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,39})=(.+)", re.DOTALL).fullmatch


class TargetError(Exception):
    """An address or a choice is wrong; the message is one sentence without the secrets in it."""


class Kind(StrEnum):
    ALERTMANAGER = "alertmanager"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


class Tell(StrEnum):
    """What a target gets: each change of an alert at once, or what stands for each recipient when that may be told."""

    CHANGES = "changes"
    DIGESTS = "digests"


class Target(msgspec.Struct, frozen=True):
    """One address. `name` stands in its consumer group, in metrics and log; `shown` may be printed, `url` not."""

    kind: Kind
    name: str
    url: str
    shown: str

    def __repr__(self) -> str:
        return f"Target({self.name}, {self.shown})"


def read_target(kind: Kind, text: str) -> Target:
    """The target of `URL` or `NAME=URL`. Raises `TargetError`.

    Without a name it is called after a hash of its address, so that another address is another target; a named one
    keeps its place when the address changes, say with a new token.
    """
    named = _named(text)
    given, url = (named[1], named[2]) if named else (None, text)
    if any(char.isspace() or not char.isprintable() for char in url):
        raise TargetError(f"--{kind}: the address {_hidden(url)} holds blanks or control characters.")
    if kind is Kind.APPRISE:
        if not re.match(r"[A-Za-z0-9]+://.", url):
            raise TargetError("--apprise takes an address like scheme://..., and the one given has no scheme.")
        shown = _hidden(url)
    else:
        parts = _http(kind, url)
        shown = _shown(kind, parts)
        if kind is Kind.ALERTMANAGER:
            path = parts.path.rstrip("/").removesuffix(API) + API
            url = parts._replace(path=path, fragment="").geturl()
    return Target(kind, f"{kind}-{given or sha256(url.encode()).hexdigest()[:8]}", url, shown)


def digested(texts: Sequence[str], targets: Sequence[Target]) -> frozenset[str]:
    """The names of the targets that get digests: people, by way of apprise, and whoever `TARGET=digests` says; not whom
    `TARGET=changes` does. TARGET is a kind or a name, which goes before a kind. Raises `TargetError`."""
    told: dict[str, Tell] = {Kind.APPRISE.value: Tell.DIGESTS}
    known = {name for target in targets for name in (target.name, target.kind.value)}
    for text in texts:
        name, _, what = text.rpartition("=")
        if what not in list(Tell):
            raise TargetError(f"--tell {text!r} is none; write it like apprise=changes or webhook-NAME=digests.")
        if name not in known:
            raise TargetError(f"--tell names the target {name!r}; there are {', '.join(sorted(known)) or 'none'}.")
        told[name] = Tell(what)
    found = {one for one in targets if told.get(one.name, told.get(one.kind.value)) is Tell.DIGESTS}
    if any(one.kind is Kind.ALERTMANAGER for one in found):
        raise TargetError("--tell: an Alertmanager gets every change; it makes digests of its own (group_by).")
    return frozenset(one.name for one in found)


def distinct(targets: Sequence[Target]) -> None:
    """Raises `TargetError` where two have one name, as they would share a consumer group."""
    twice = [name for name, count in Counter(target.name for target in targets).items() if count > 1]
    if twice:
        raise TargetError(f"The target {twice[0]} is given twice.")


def _http(kind: Kind, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetError(f"--{kind}: the address {_hidden(url)} has no valid host and port.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise TargetError(f"--{kind} takes an address like https://host:port/path, not {_hidden(url)}.")
    return parts


def _shown(kind: Kind, parts: SplitResult) -> str:
    """Scheme, host and port; the path too of an Alertmanager, where it is no secret."""
    host = parts.netloc.rpartition("@")[2]
    if kind is Kind.ALERTMANAGER:
        return f"{parts.scheme}://{host}{parts.path.rstrip('/').removesuffix(API)}"
    return f"{parts.scheme}://{host}" + (f"/{HIDDEN}" if parts.path.strip("/") or parts.query else "")


def _hidden(url: str) -> str:
    scheme, found, _ = url.partition("://")
    return f"{scheme}://{HIDDEN}" if found and re.fullmatch(r"[A-Za-z0-9+.-]{1,20}", scheme) else HIDDEN
