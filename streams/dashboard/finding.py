"""`python -m streams.dashboard.finding` takes an `Order` by standard input and gives its `Outcome` to standard output.

A process of its own, as reading the log takes a processor for as long as a replay of it. `streams.dashboard.explainer`
starts it.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from typing import Final

import msgspec

from streams.dashboard.behind import Order, outcome

NICE: Final = 10


def main() -> None:
    """One order, one outcome."""
    os.nice(NICE)
    order: Order = pickle.load(sys.stdin.buffer)  # of the process that started this one, and of nobody else
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(outcome(order))))


if __name__ == "__main__":
    main()
