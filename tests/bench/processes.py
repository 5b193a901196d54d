"""What a process has cost: CPU time while it runs and at its end, and the memory that it had at most."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

LOOK_S = 0.1


class Usage(NamedTuple):
    """Of a process from its start to its end: CPU seconds, user's and system's, and peak memory in bytes."""

    cpu: float
    peak: int


def cpu_seconds(pid: int) -> float:
    """What a running process and its threads have used so far. Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def ended(process: subprocess.Popen[bytes]) -> Usage:
    """Waits for a child to end, by itself or by a signal that it was sent; its exit code is in `returncode` then."""
    peak = 0
    while True:
        peak = _high_water(process.pid) or peak
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return Usage(usage.ru_utime + usage.ru_stime, peak or usage.ru_maxrss)
        time.sleep(LOOK_S)


def _high_water(pid: int) -> int:
    """Bytes. Not the ru_maxrss of Linux, in which a child starts from what its parent had when it was forked."""
    if sys.platform != "linux":
        return 0
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0  # not there any more when it has ended
