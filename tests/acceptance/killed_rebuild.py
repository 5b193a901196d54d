"""`crmpulse rebuild` that kills itself: `python -m tests.acceptance.killed_rebuild WHAT DONE`.

With SIGKILL, as soon as the rebuild tells that of WHAT at least DONE is done.
"""

import os
import signal
import sys
from pathlib import Path

from streams.cli.common import load_policy, wall_clock
from streams.rebuild import run_rebuild
from streams.settings import Settings


def main(what: str, done: int) -> None:
    def tell(told: str, so_far: int, total: int) -> None:
        if told == what and so_far >= done:
            os.kill(os.getpid(), signal.SIGKILL)

    settings = Settings.from_env(os.environ)
    run_rebuild(settings, load_policy(Path(os.environ["CRMPULSE_POLICY"])), wall_clock, tell)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
