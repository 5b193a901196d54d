"""The worker's life as a process, without a broker."""

import subprocess
import sys

from streams.agents.leave import Exit

STUCK = """
import asyncio, os, signal
from streams import worker
from streams.policy import default_policy
from streams.settings import Settings

async def stuck(*_):
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

worker.work, worker.STOP_S = stuck, 0.5
worker.run_worker(Settings.from_env({}), default_policy(), lambda: 0)
"""


def test_a_worker_that_cannot_stop_in_order_ends_all_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30)
    assert done.returncode == Exit.STOP
    assert "an orderly stop took more than" in done.stderr
