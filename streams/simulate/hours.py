"""Office hours: when the simulated people work, in their own time zone."""

from streams.policy import Zone

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
OPENS = 9 * HOUR
SHIFT = 9 * HOUR
"""Working time of one workday, Monday to Friday."""

_PER_DAY = SHIFT * 5 / 7
_MONDAY = 3  # 1970-01-01, day 0, was a Thursday


class Office:
    """Walks along working time. Instants are us since the epoch and come out as whole seconds."""

    def __init__(self, timezone: str) -> None:
        self.zone = Zone(timezone)
        self._days: dict[int, tuple[int, int]] = {}  # local day -> when its shift begins; working time spent before it
        self._openings: dict[int, int] = {}  # workday, counted without weekends -> when its shift begins

    def later(self, us: int, days: float) -> int:
        """The working moment that lies so many calendar days (of 5/7 workdays each) after an instant."""
        return self.shift(us, int(days * _PER_DAY))

    def shift(self, us: int, working: int) -> int:
        """The instant after so much working time; time outside office hours does not count."""
        day = self.zone.day(us)
        begins, spent = self._days.get(day) or self._day(day)
        if us > begins:
            spent += min(us - begins, SHIFT)
        workday, within = divmod(spent + working, SHIFT)
        moment = (self._openings.get(workday) or self._opening(workday)) + within
        return -(-moment // SECOND) * SECOND

    def _day(self, day: int) -> tuple[int, int]:
        week, weekday = divmod(day + _MONDAY, 7)
        if weekday < 5:
            known = self.zone.midnight(day) + OPENS, (week * 5 + weekday) * SHIFT
        else:
            # The weekend ends where the next shift begins, so nothing of it counts.
            known = self.zone.midnight((week + 1) * 7 - _MONDAY) + OPENS, (week + 1) * 5 * SHIFT
        self._days[day] = known
        return known

    def _opening(self, workday: int) -> int:
        week, weekday = divmod(workday, 5)
        opening = self._openings[workday] = self.zone.midnight(week * 7 + weekday - _MONDAY) + OPENS
        return opening

    def month(self, us: int) -> tuple[int, int]:
        """The year and month (1 to 12) of an instant."""
        year, month = divmod(self.zone.month(self.zone.day(us)), 12)
        return year, month + 1

    def next_month(self, us: int) -> int:
        """The first local midnight of the next month."""
        day = self.zone.day(us)
        month = self.zone.month(day)
        while self.zone.month(day) == month:
            day += 1
        return self.zone.midnight(day)
