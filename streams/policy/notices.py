"""The notices section of a policy file: when people are told of what stands, and how often."""

from __future__ import annotations

import re

import msgspec

from streams.policy.calendar import Calendar
from streams.policy.durations import Duration, days
from streams.policy.reading import Fields, Report, Wrong, boolean, duration, some_time
from streams.policy.tree import Node

DAY_MINUTES = 1440
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_MOST_TIMES = 24
_MOST_COUNT = 1000


class Quiet(msgspec.Struct, frozen=True):
    """Nobody is told anything from `begins` to before `ends`, minutes of the local day; it may go over midnight."""

    begins: int
    ends: int

    def hushes(self, minute: float) -> bool:
        """Whether a minute of the local day lies in it."""
        if self.begins < self.ends:
            return self.begins <= minute < self.ends
        return minute >= self.begins or minute < self.ends

    def covers(self, opens: int, closes: int) -> bool:
        """Whether all of a part of the day lies in it."""
        if self.begins < self.ends:
            return self.begins <= opens and closes <= self.ends
        return opens >= self.begins or closes <= self.ends


class FlapPolicy(msgspec.Struct, frozen=True):
    """What fires for the `count`th time within so long is told once, and then not until it was quiet for as long."""

    count: int = 3
    within: Duration = days(1)


class NoticePolicy(msgspec.Struct, frozen=True):
    """How people are told of their alerts. Nobody is told anything outside of the calendar's working time."""

    digest: bool = True
    times: tuple[int, ...] = (9 * 60,)
    """When digests are made, minutes of the local day, ascending."""
    quiet: Quiet | None = None
    repeat: Duration = days(1)
    """What nobody has acknowledged is told again after so long, on the clock of its rule."""
    flap: FlapPolicy = FlapPolicy()


def read_notices(report: Report, node: Node, calendar: Calendar) -> NoticePolicy:
    """The notices section; null and what is left out is as is usual."""
    usual = NoticePolicy()
    fields = Fields(report, "notices", node, ("digest", "quiet", "repeat", "flap"))
    digest, times = _read_digest(report, fields, usual)
    quiet = fields.value("quiet", lambda text: _quiet(text, calendar), None)
    return NoticePolicy(
        digest,
        times,
        quiet,
        fields.value("repeat", lambda text: some_time(text), usual.repeat),
        _read_flap(report, fields, usual.flap),
    )


def _read_digest(report: Report, fields: Fields, usual: NoticePolicy) -> tuple[bool, tuple[int, ...]]:
    given = fields.node("digest")
    if given is None:
        return usual.digest, usual.times
    digest = Fields(report, "notices.digest", given, ("enabled", "at", "every"))
    at, every = digest.node("at"), digest.node("every")
    times = usual.times
    if at is not None and every is not None:
        report.add(every.line, "notices.digest has both at and every", "Keep one of them.")
    elif every is not None:
        times = report.read("notices.digest.every", every, _every, times)
    elif at is not None:
        items = report.items("notices.digest.at", at) if isinstance(at.value, list) else [("notices.digest.at", at)]
        if not items:
            report.add(at.line, "notices.digest.at names no time", 'Name at least one, as in ["09:00"].')
        times = tuple(sorted({report.read(place, item, _time, usual.times[0]) for place, item in items}))
    return digest.value("enabled", boolean, usual.digest), times or usual.times


def _read_flap(report: Report, fields: Fields, usual: FlapPolicy) -> FlapPolicy:
    given = fields.node("flap")
    if given is None:
        return usual
    flap = Fields(report, "notices.flap", given, ("count", "within"))
    within = flap.value("within", lambda text: some_time(text), usual.within)
    return FlapPolicy(flap.value("count", _count, usual.count), within)


def _time(text: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None or (minutes := int(match[1]) * 60 + int(match[2])) >= DAY_MINUTES:
        raise Wrong(f"'{text}' is no time of day", 'Write it as in "09:00".')
    return minutes


def _every(text: str) -> tuple[int, ...]:
    length = duration(text).us
    hours, rest = divmod(length, 3_600_000_000)
    if rest or not 1 <= hours <= _MOST_TIMES:
        raise Wrong(f"{text} is not 1 to {_MOST_TIMES} whole hours", "Write it as in 4h; it counts from midnight.")
    return tuple(range(0, DAY_MINUTES, hours * 60))


def _quiet(text: str, calendar: Calendar) -> Quiet:
    ends = [part.strip() for part in text.split("-")]
    if len(ends) != 2:
        raise Wrong(f"'{text}' are no quiet hours", 'Write them as in "20:00-07:00"; they may go over midnight.')
    quiet = Quiet(*(_time(part) for part in ends))
    if quiet.begins == quiet.ends:
        raise Wrong(f"'{text}' do not say when they end", "Leave quiet out where no hours are.")
    if quiet.covers(calendar.opens, calendar.closes):
        raise Wrong(f"'{text}' leave no working time to tell anybody anything", "Leave some of the calendar's hours.")
    return quiet


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 2 <= int(text) <= _MOST_COUNT:
        raise Wrong(f"'{text}' is no number of times", f"Write a whole number from 2 to {_MOST_COUNT}.")
    return int(text)


def times_in_words(notices: NoticePolicy) -> str:
    """`at 09:00 and 14:00`, `every 4 hours from midnight on`."""
    times = notices.times
    step = times[1] if len(times) > 1 else DAY_MINUTES
    if len(times) > 2 and times == tuple(range(0, DAY_MINUTES, step)):
        return "every hour" if step == 60 else f"every {step // 60} hours from midnight on"
    *others, last = [clock(time) for time in times]
    return f"at {', '.join(others)} and {last}" if others else f"at {last}"


def clock(minutes: int) -> str:
    """Minutes of the day as `09:00`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
