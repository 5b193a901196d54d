"""The one way out when going on would be wrong: say why in one line and end the process at once.

Nothing is flushed, closed or awaited on the way: what the broker has committed is the truth, and the next owner of our
partitions goes on from there.
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import NoReturn


class Exit(IntEnum):
    """Exit codes of a worker that left in a hurry; 0, 1 and 2 belong to the command line."""

    FLUSH = 10  # a transaction failed, mostly because another worker has fenced us
    LOAD = 11  # a partition's state could not be read, or does not fit its input
    GAP = 12  # input records are missing between the last one and this
    BUG = 13  # our own code raised where it never should
    STALLED = 14  # there is work, and none of it gets done
    STOP = 15  # an orderly stop took too long
    FAUST = 16  # Faust ended by itself
    GENERATION = 17  # another generation takes over; a start finds it
    STORE = 18  # the store on this machine could not be used


def leave(code: Exit, why: str, who: str = "crmpulse worker") -> NoReturn:
    """End the process with `code` after one line on standard error. Never returns."""
    os.write(2, f"{who}: {why}; leaving with exit code {code}\n".encode())
    os._exit(code)
