"""`python measure.py SECONDS LOG COMMAND ...`: runs a command and prints what it took as one line of JSON.

A program of its own and a small one: what a process had at most starts with what the process that forked it has.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time


def main() -> None:
    limit, log, *command = sys.argv[1:]
    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
        late = threading.Timer(float(limit), os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - started
        late.cancel()
    took = {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "peak": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        "late": seconds >= float(limit),
    }
    print(json.dumps(took))


if __name__ == "__main__":
    main()
