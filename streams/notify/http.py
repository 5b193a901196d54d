"""The HTTP edge: one POST of JSON, and what its answer comes to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Final

import aiohttp

from streams import __version__
from streams.notify.answer import Answer, Outcome, of_status, retry_after

TIMEOUT: Final = aiohttp.ClientTimeout(total=10, sock_connect=5)
HEADERS: Final = {"Content-Type": "application/json", "User-Agent": f"crm-pulse/{__version__}"}
SAID: Final = 200
"""Characters of what a target says to its refusal that are kept for the log."""


def session() -> aiohttp.ClientSession:
    """A client that obeys HTTP_PROXY, HTTPS_PROXY and NO_PROXY; for the running loop."""
    return aiohttp.ClientSession(timeout=TIMEOUT, headers=HEADERS, trust_env=True, cookie_jar=aiohttp.DummyCookieJar())


async def post(
    client: aiohttp.ClientSession,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    now: Callable[[], int],
    *,
    quote: bool = False,
) -> Answer:
    """Sends the body. Never raises for what the network or the target does. `now` is the wall clock, us.

    `quote`: a refusal's text goes into the detail; not for targets that might repeat a secret of their address.
    """
    try:
        async with client.post(url, data=body, headers=headers, allow_redirects=False) as response:
            outcome = of_status(response.status)
            if outcome is Outcome.DELIVERED:
                return Answer(outcome)
            detail = f"{response.status} {response.reason or ''}".strip()
            if quote and outcome is Outcome.REFUSED:
                detail += ": " + "".join(c if c.isprintable() else " " for c in (await response.text())[:SAID])
            return Answer(outcome, detail, retry_after(response.headers.get("Retry-After"), now()))
    except TimeoutError:
        return Answer(Outcome.FAILED, "no answer in time")
    except aiohttp.ClientConnectorError as error:
        return Answer(Outcome.FAILED, f"no connection: {_why(error.os_error)}")
    except (aiohttp.ClientError, OSError) as error:  # their texts may hold the whole address
        return Answer(Outcome.FAILED, f"no answer: {type(error).__name__}")
    except ValueError as error:
        return Answer(Outcome.REFUSED, f"it cannot be sent: {type(error).__name__}")


def _why(error: OSError) -> str:
    """What the system says; asyncio's own text has the address instead. Of a name that is not found there is no errno
    of the system's."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__
