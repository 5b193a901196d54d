"""What a process has cost: CPU time while it runs and at its end, and the memory that it had at most."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

LOOK_S = 0.1
UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes of a unit of ru_maxrss."""


class Usage(NamedTuple):
    """Of a process from its start to its end: CPU seconds, user's and system's, and peak memory in bytes."""

    cpu: float
    peak: int


def cpu_seconds(pid: int) -> float:
    """What a running process and its threads have used so far. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


class Watched:
    """A child process whose peak is looked at while it lives: of one that has ended Linux tells less."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self._peak = process, 0
        self._usage: Usage | None = None

    def until(self, deadline: float) -> Usage | None:
        """Watches it until it ends, which is told by what it cost, or until an instant of the monotonic clock.

        It may end by itself or by a signal that it was sent; its exit code is in `returncode` then.
        """
        while self._usage is None and time.monotonic() < deadline:
            self._peak = _high_water(self._process.pid) or self._peak
            pid, status, usage = os.wait4(self._process.pid, os.WNOHANG)
            if pid:
                self._process.returncode = os.waitstatus_to_exitcode(status)
                self._usage = Usage(usage.ru_utime + usage.ru_stime, self._peak or usage.ru_maxrss * UNIT)
            else:
                time.sleep(LOOK_S)
        return self._usage

    def ended(self) -> Usage:
        """Watches it until it ends."""
        usage = self.until(float("inf"))
        assert usage is not None
        return usage


def ended(process: subprocess.Popen[bytes]) -> Usage:
    """Watches a child until it ends."""
    return Watched(process).ended()


def _high_water(pid: int) -> int:
    """Bytes. Not the ru_maxrss of Linux, in which a child starts from what its parent had when it was forked."""
    if sys.platform != "linux":
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0  # not there any more when it has ended
