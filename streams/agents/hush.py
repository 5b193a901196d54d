"""One line now and then about a broker that is away, where aiokafka writes some twenty a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

EVERY_S = 5.0


class Hush(logging.Filter):
    """Lets the same line of aiokafka's pass once in a while. For handlers: a logger does not filter its children's."""

    def __init__(self, seconds: float = EVERY_S, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._seconds, self._clock = seconds, clock
        self._passed: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        line, now = (record.name, str(record.msg)), self._clock()
        if now < self._passed.get(line, float("-inf")) + self._seconds:
            return False
        self._passed[line] = now
        return True


def hush() -> None:
    """Of everything that the root logger's handlers write, from now on."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(Hush())
