"""Generations: what makes stored offsets and figures comparable, and which of them serves.

Time zone, reporting currency, number of partitions and the inbox itself cannot change under a stored state. Changing
one of them makes a new generation, with topics, groups and transactions of its own; a small compacted topic says which
one serves and which one is being built.
"""

from streams.generations.admission import Refused, admit, consult, current, untouched
from streams.generations.control import Pen, read, stay, until_over
from streams.generations.record import Control, Generation, Next, Step, misfit, proposed

__all__ = [
    "Control",
    "Generation",
    "Next",
    "Pen",
    "Refused",
    "Step",
    "admit",
    "consult",
    "current",
    "misfit",
    "proposed",
    "read",
    "stay",
    "until_over",
    "untouched",
]
