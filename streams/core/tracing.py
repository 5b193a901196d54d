"""Which event credited somebody with what: a ledger that takes notes.

Whatever can change later is taken back and posted again, so what an event posts, all together, is what it changed. A
KPI is made of sums of measures, so the notes of the events add up to it, whichever KPI it is.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from streams.core.ledger import Ledger, Measures
from streams.core.records import case_of
from streams.events import Event, subject_of
from streams.policy import Zone

Nets = dict[tuple[int, str], int]
"""(local day or `NOW`, measure) to what is added to it."""


class Posting(msgspec.Struct):
    """What one event came to for the employee who is traced. `time` in microseconds; without an id it was no event, but
    time itself, as when a deadline passes."""

    id: str
    source: str
    time: int
    type: str
    subject: str
    customer: str | None
    case: str
    """What it is about, of that subject: an opportunity, a ticket, ...; empty for the subject itself."""
    nets: Nets


class Trace(Ledger):
    """A ledger that notes what is posted to one employee, event by event, in the order of arrival."""

    def __init__(self, zone: Zone, employee: str) -> None:
        super().__init__(zone)
        self._employee = employee
        self._event: tuple[Event, int] | None = None
        self._newest = 0
        self._nets: Nets = {}
        self._done: list[Posting] = []

    def begin(self, event: Event, time: int) -> None:
        """From here on it is this event, that happened at `time`."""
        self._close()
        self._event = (event, time)
        self._newest = max(self._newest, time)

    def end(self) -> None:
        """The event is dealt with; what comes before the next one is of no event."""
        self._close()
        self._event = None

    def postings(self) -> Iterator[Posting]:
        """What every event came to; those that came to nothing are not there."""
        self._close()
        yield from self._done

    def post(self, employee: str | None, day: int, measure: str, value: int) -> None:
        """As a ledger does."""
        super().post(employee, day, measure, value)
        if employee == self._employee:
            self.note(day, measure, value)

    def page(self, employee: str, day: int) -> Measures:
        """As a ledger does."""
        page = super().page(employee, day)
        return _Page(page, self, day) if employee == self._employee else page

    def note(self, day: int, measure: str, value: int) -> None:
        """So much was posted."""
        self._nets[day, measure] = self._nets.get((day, measure), 0) + value

    def _close(self) -> None:
        if not self._nets:
            return
        nets = {place: value for place, value in self._nets.items() if value}
        self._nets = {}
        if not nets:
            return
        if self._event is None:
            self._done.append(Posting("", "", self._newest, "", "", None, "", nets))
            return
        event, time = self._event
        subject, data = subject_of(event), event.data
        case, deal = case_of(event), getattr(data, "opportunity_id", None)
        about = ":".join(case) if case is not None else f"opportunity:{deal}" if deal else ""
        customer = getattr(data, "customer_id", None)
        self._done.append(Posting(event.id, event.source, time, event.type, subject.id, customer or None, about, nets))


class _Page(Measures):
    """A page of the ledger that notes what is added to it."""

    def __init__(self, page: Measures, trace: Trace, day: int) -> None:
        super().__init__()
        self._page, self._trace, self._day = page, trace, day

    def __getitem__(self, measure: str) -> int:
        return self._page[measure]

    def __setitem__(self, measure: str, value: int) -> None:
        self._trace.note(self._day, measure, value - self._page[measure])
        self._page[measure] = value
