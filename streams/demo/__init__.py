"""`crmpulse demo`: an embedded broker, a simulated sales organisation, the worker, and a live view of what it makes."""

from __future__ import annotations

import signal
import time
from types import FrameType
from typing import Final

from rich.console import Console

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(seconds: float | None, plain: bool, seed: int, console: Console) -> int:
    """Until `seconds` have passed, Ctrl-C, SIGTERM or SIGHUP; answers the exit code.

    `plain`, and a console that is no terminal, get lines instead of the live view.
    """
    began = time.monotonic()
    told: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        told.append(number)  # whoever is interrupted may swallow it: some libraries do while they are imported
        raise KeyboardInterrupt

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        console.print("crm-pulse demo: the embedded broker is starting …", highlight=False)
        # Faust and Kafka take their time to be imported: by then somebody should know what is going on.
        from streams.demo.session import demo

        until = None if seconds is None else began + seconds
        return demo(until, plain or not console.is_terminal, seed, console, lambda: bool(told))
    except KeyboardInterrupt:
        return 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
