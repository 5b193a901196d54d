"""`python measure.py SECONDS LOG COMMAND ...`: runs a command and prints what it took as one line of JSON.

CPU is that of all processes that it started, the peak that of the largest. A program of its own and a small one, as
what a process had at most starts with what the process that forked it has.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time

PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    limit, log, *command = sys.argv[1:]
    if sys.platform == "linux":  # orphans become our children, to be counted too
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        late = threading.Timer(float(limit), os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        code = process.wait()
        seconds = time.monotonic() - started
        late.cancel()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = {
        "code": code,
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "late": seconds >= float(limit),
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main()
