"""Several workers on one machine as one command: `crmpulse worker --processes N`.

A worker is one process and uses one core. The members of a crew are workers like any others, which share nothing but
the broker; what is here starts them, hands signals on, and ends with them.
"""

from __future__ import annotations

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Iterable, Mapping, Sequence

from streams.settings import Settings

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def member(settings: Settings, number: int) -> dict[str, str]:
    """What the environment of one of a crew has of its own: a port for the web server, a folder for the store."""
    own = {"CRMPULSE_WEB_PORT": str(settings.web_port + number if settings.web_port else 0)}
    if settings.store_dir is not None:
        own["CRMPULSE_STORE_DIR"] = str(settings.store_dir / str(number))
    return own


def run_crew(command: Sequence[str], environments: Sequence[Mapping[str, str]]) -> int:
    """Run a command once in each of some environments until all have ended.

    SIGINT and SIGTERM end all in order, and so does one that ends with an exit code above 0: the first such code is
    the answer, and 128 + n for a death by signal n; else 0.
    """
    return asyncio.run(_run(command, environments))


async def _run(command: Sequence[str], environments: Sequence[Mapping[str, str]]) -> int:
    asked = asyncio.Event()
    for number in SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    running = [await asyncio.create_subprocess_exec(*command, env=environment) for environment in environments]
    stopping = asyncio.create_task(_stop(asked, running))
    code = 0
    for ended in asyncio.as_completed([process.wait() for process in running]):
        found = await ended
        if found == -signal.SIGTERM and asked.is_set():  # while it started, before it could listen
            found = 0
        code = code or (128 - found if found < 0 else found)
        if code:
            asked.set()
    stopping.cancel()
    return code


async def _stop(asked: asyncio.Event, running: Iterable[Process]) -> None:
    await asked.wait()
    for process in running:
        if process.returncode is None:
            process.terminate()
