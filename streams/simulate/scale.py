"""How large the simulated organisation is, and for how long it works."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """What to simulate. ValueError, in one sentence for a person, where it makes no sense.

    Without `events` everything that happens from `start` up to `end` (exclusive; None: for ever) comes at its natural
    pace. With `events` exactly so many come, and everybody is so busy that they fill about the time until `end`.
    `stages` are the pipeline's, in order (none: those of the default policy); amounts without a `currency` are in the
    reporting currency.
    """

    seed: int = 1
    teams: int = 5
    employees: int = 40
    customers: int = 3000
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    end: datetime | None = datetime(2027, 1, 1, tzinfo=UTC)
    events: int | None = None
    timezone: str = "Europe/Berlin"
    stages: tuple[str, ...] = ()
    currency: str | None = None

    def __post_init__(self) -> None:
        if self.teams < 1:
            raise ValueError("There must be at least one team.")
        if self.employees < self.teams:
            raise ValueError(f"{self.employees} employees cannot fill {self.teams} teams.")
        if self.customers < 1:
            raise ValueError("There must be at least one customer.")
        if self.start.tzinfo is None or (self.end is not None and self.end.tzinfo is None):
            raise ValueError("The start and the end need an offset from UTC.")
        if self.end is not None and self.end <= self.start:
            raise ValueError("The end must come after the start.")
        if self.events is not None and self.events < 1:
            raise ValueError("There must be at least one event.")
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{self.timezone!r} is no time zone.") from None
