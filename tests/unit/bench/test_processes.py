import os
import subprocess
import sys
import time

import pytest

from tests.bench.processes import Watched, cpu_seconds, ended

MIB = 1 << 20
BUSY = """
import sys, time
held = b"x" * {size}
while time.process_time() < 0.3:
    pass
time.sleep(0.3)
sys.exit({code})
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc here")


def process(size: int, code: int) -> subprocess.Popen[bytes]:
    """Holds so many bytes, works for 0.3 s, and ends with the code."""
    return subprocess.Popen([sys.executable, "-c", BUSY.format(size=size, code=code)])


def test_a_process_that_has_ended_tells_its_code_and_what_it_took() -> None:
    child = process(100 * MIB, 3)
    usage = ended(child)
    assert child.returncode == 3
    assert 0.3 <= usage.cpu < 3
    assert 100 * MIB <= usage.peak < 200 * MIB


@LINUX
def test_its_peak_is_its_own_and_not_that_of_the_process_that_started_it() -> None:
    held = b"x" * (300 * MIB)
    usage = ended(process(0, 0))
    assert usage.peak < 100 * MIB < len(held)


def test_a_process_that_was_killed_tells_the_signal() -> None:
    child = process(0, 0)
    child.kill()
    ended(child)
    assert child.returncode == -9


@LINUX
def test_the_cpu_time_so_far_is_what_a_process_says_of_itself() -> None:
    assert cpu_seconds(os.getpid()) == pytest.approx(time.process_time(), abs=0.1)


def test_one_that_goes_on_past_the_instant_is_told_apart_from_one_that_has_ended() -> None:
    child = process(0, 0)
    watched = Watched(child)
    assert watched.until(time.monotonic() + 0.05) is None
    usage = watched.ended()
    assert watched.until(time.monotonic()) == usage


def test_of_one_that_ended_unwatched_the_peak_is_told_in_bytes_all_the_same() -> None:
    child = process(0, 0)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert ended(child).peak > MIB
