"""The least that must be done with an event file: read its lines, decode each. `python -m tests.bench.bare FILE`."""

import sys
from pathlib import Path

from streams.events import Event, decode

if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb") as file:
        print(sum(isinstance(decode(line), Event) for line in file))
