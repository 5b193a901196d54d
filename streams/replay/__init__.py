"""The same processing over event files, without a broker."""

from streams.replay.files import LineReader, Outputs, UnreadableFile
from streams.replay.run import Change, KpiValue, Line, Replay, ReplayResult, replay_lines

__all__ = [
    "Change",
    "KpiValue",
    "Line",
    "LineReader",
    "Outputs",
    "Replay",
    "ReplayResult",
    "UnreadableFile",
    "replay_lines",
]
