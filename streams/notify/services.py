"""The edge to apprise, which knows a hundred services. It is synchronous: each call has a thread of its own.

A daemon thread, as a service that hangs must not hold up the end of the process.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import re
import threading
from collections.abc import Callable
from typing import Final, TypeVar

import apprise

from streams.notify.answer import Answer, Outcome, of_status
from streams.notify.messages import Message
from streams.notify.targets import Target, TargetError

T = TypeVar("T")

TIMEOUT_S: Final = 30
_status: Final = re.compile(r"error=(\d{3})\b").findall
"""How nearly all of apprise's services tell in their log what an HTTP server answered."""


class Service:
    """One apprise address. Raises `TargetError` where apprise does not know it."""

    def __init__(self, target: Target) -> None:
        _keep_to_itself(logging.getLogger("apprise"))
        self._apprise = apprise.Apprise()
        if not self._apprise.add(target.url):
            raise TargetError(
                f"--apprise: apprise cannot use the address {target.shown}; "
                "its documentation lists the services and how each is addressed."
            )

    async def tell(self, message: Message) -> Answer:
        """Sends the message. apprise only says that it failed; what it logs tells whether that is for good."""
        logged: list[str] = []

        def send() -> bool:
            return bool(
                self._apprise.notify(
                    body=message.text,
                    title=message.title,
                    notify_type=message.tone.value,
                    body_format="text",
                    timeout=TIMEOUT_S,
                    log_callback=lambda entry, _: logged.append(entry.message),
                )
            )

        return judge(await in_thread(send), logged)


def _keep_to_itself(logger: logging.Logger) -> None:
    """Its lines reach our callback alone: they may hold addresses with their secrets."""
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def judge(delivered: bool, logged: list[str]) -> Answer:
    """What a call comes to, by its result and the lines that apprise logged meanwhile."""
    if delivered:
        return Answer(Outcome.DELIVERED)
    statuses = [int(status) for line in logged for status in _status(line)]
    if not statuses:
        return Answer(Outcome.FAILED, "the service did not take it")
    return Answer(of_status(statuses[-1]), f"the service answered {statuses[-1]}")


async def in_thread(work: Callable[[], T]) -> T:
    """The result of what blocks, or what it raises. When this is cancelled, the thread goes on and nobody hears it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(worked: concurrent.futures.Future[T]) -> None:
        if done.cancelled():
            return
        if (error := worked.exception()) is not None:
            done.set_exception(error)
        else:
            done.set_result(worked.result())

    def run() -> None:
        worked: concurrent.futures.Future[T] = concurrent.futures.Future()
        try:
            worked.set_result(work())
        except Exception as error:
            worked.set_exception(error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, worked)

    threading.Thread(target=run, name="apprise", daemon=True).start()
    return await done
