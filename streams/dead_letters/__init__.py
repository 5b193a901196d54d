"""The dead letters: read them, sum them up, and send again what would be taken now."""

from streams.dead_letters.letters import Chosen, UnreadableLetters, place_of
from streams.dead_letters.reading import Kept, Reading
from streams.dead_letters.retry import Found, Retried, from_file, from_topic, judge, retry
from streams.dead_letters.summary import Summary, summarise

__all__ = [
    "Chosen",
    "Found",
    "Kept",
    "Reading",
    "Retried",
    "Summary",
    "UnreadableLetters",
    "from_file",
    "from_topic",
    "judge",
    "place_of",
    "retry",
    "summarise",
]
