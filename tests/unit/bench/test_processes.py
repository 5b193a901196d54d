import os
import subprocess
import sys
import time

import pytest

from tests.bench.processes import cpu_seconds, ended

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
