"""`crmpulse demo`: an embedded broker, a simulated sales organisation, the worker, and a live view of what it makes."""

from __future__ import annotations

import signal
import time

from rich.console import Console


def run(seconds: float | None, plain: bool, seed: int, console: Console) -> int:
    """Until `seconds` have passed, Ctrl-C, SIGTERM or SIGHUP; answers the exit code.

    `plain`, and a console that is no terminal, get lines instead of the live view.
    """
    began = time.monotonic()
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        console.print("crm-pulse demo: the embedded broker is starting …", highlight=False)
        # Faust and Kafka take their time to be imported: by then somebody should know what is going on.
        from streams.demo.session import demo

        return demo(None if seconds is None else began + seconds, plain or not console.is_terminal, seed, console)
    except KeyboardInterrupt:
        return 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
