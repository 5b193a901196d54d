"""Asking a broker that is away until it is there again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError, KafkaTimeoutError

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PATIENCE_S = 600.0
"""Seconds after which a broker that was asked all the time is not asked any more."""
PAUSE_S = 1.0
"""Seconds between two tries."""


async def persistently(
    what: str, ask: Callable[[], Awaitable[Answer]], patience: float = PATIENCE_S, pause: float = PAUSE_S
) -> Answer:
    """The answer of `ask`, which is called again while the broker cannot be reached, or not answer yet.

    Raises what is wrong for good, such as a refusal, and whatever is wrong after `patience` s. `what` is for the log.
    """
    started = time.monotonic()
    told = False
    while True:
        try:
            return await ask()
        except (KafkaError, TimeoutError) as error:
            if not _passing(error) or time.monotonic() > started + patience:
                raise
            if not told:  # once: the watchdog goes on about a broker that is away
                log.warning("%s waits for Kafka: %r", what, error)
                told = True
        await asyncio.sleep(pause)


def _passing(error: KafkaError | TimeoutError) -> bool:
    # A KafkaError without a kind of its own is how the admin client says that no broker answered it.
    return isinstance(error, TimeoutError | KafkaTimeoutError) or type(error) is KafkaError or error.retriable
