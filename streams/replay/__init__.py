"""The same processing over event files, without a broker."""

from streams.replay.files import LineReader, Outputs, UnreadableFile
from streams.replay.foresight import looks_like_void
from streams.replay.run import Change, KpiValue, Line, Person, Replay, ReplayResult, replay_lines

__all__ = [
    "Change",
    "KpiValue",
    "Line",
    "LineReader",
    "Outputs",
    "Person",
    "Replay",
    "ReplayResult",
    "UnreadableFile",
    "looks_like_void",
    "replay_lines",
]
