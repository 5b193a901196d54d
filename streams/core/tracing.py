"""Which event credited somebody with what: a ledger that takes notes.

Whatever can change later is taken back and posted again, so what an event posts, all together, is what it changed. A
KPI is made of sums of measures, so the notes of the events add up to it, whichever KPI it is. What a campaign comes to
is to the credit of who launched it newest, so it is noted of every campaign, and told of those that are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from streams.core.customers.campaigns import CAMPAIGN, CREDITED
from streams.core.ledger import Ledger, Measures
from streams.core.records import case_of
from streams.events import Event, subject_of
from streams.policy import Zone

Nets = dict[tuple[int, str], int]
"""(local day or `NOW`, measure) to what is added to it."""


class Posting(msgspec.Struct):
    """What one event came to for the employee who is traced, or for one campaign. `time` in microseconds; without an id
    it was no event, but time itself, as when a deadline passes."""

    id: str
    source: str
    time: int
    type: str
    subject: str
    customer: str | None
    case: str
    """What it is about, of that subject: an opportunity, a ticket, ...; empty for the subject itself."""
    nets: Nets
    campaign: str | None = None


class Trace(Ledger):
    """A ledger that notes what is posted to one employee, event by event, in the order of arrival; `campaigns` is one
    that notes with it what is posted to campaigns."""

    def __init__(self, zone: Zone, employee: str) -> None:
        super().__init__(zone)
        self.employee = employee
        self.campaigns = CampaignTrace(zone, self)
        self._event: tuple[Event, int] | None = None
        self._newest = 0
        self._nets: dict[str | None, Nets] = {}  # by campaign, None for the employee
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

    def postings(self, campaigns: Collection[str]) -> Iterator[Posting]:
        """What every event came to for the employee, and for some campaigns; of those that came to something."""
        self._close()
        for posting in self._done:
            if posting.campaign is None or posting.campaign in campaigns:
                yield posting

    def post(self, employee: str | None, day: int, measure: str, value: int) -> None:
        """As a ledger does."""
        super().post(employee, day, measure, value)
        if employee == self.employee:
            self.note(None, day, measure, value)

    def page(self, employee: str, day: int) -> Measures:
        """As a ledger does."""
        page = super().page(employee, day)
        return _Page(page, self, None, day) if employee == self.employee else page

    def note(self, campaign: str | None, day: int, measure: str, value: int) -> None:
        """So much was posted."""
        nets = self._nets.setdefault(campaign, {})
        nets[day, measure] = nets.get((day, measure), 0) + value

    def _close(self) -> None:
        for campaign, nets in self._nets.items():
            found = {place: value for place, value in nets.items() if value}
            if found:
                self._done.append(self._posting(campaign, found))
        self._nets = {}

    def _posting(self, campaign: str | None, nets: Nets) -> Posting:
        if self._event is None:
            return Posting("", "", self._newest, "", "", None, "", nets, campaign)
        event, time = self._event
        subject, data = subject_of(event), event.data
        case, deal = case_of(event), getattr(data, "opportunity_id", None)
        about = ":".join(case) if case is not None else f"opportunity:{deal}" if deal else ""
        customer = getattr(data, "customer_id", None) or None
        return Posting(event.id, event.source, time, event.type, subject.id, customer, about, nets, campaign)


class CampaignTrace(Ledger):
    """A ledger of campaigns and lead sources whose campaigns are noted, as who launched them is credited with them."""

    def __init__(self, zone: Zone, trace: Trace) -> None:
        super().__init__(zone)
        self._trace = trace

    def page(self, employee: str, day: int) -> Measures:
        """As a ledger does."""
        page = super().page(employee, day)
        kind, _, campaign = employee.partition(":")
        return _Page(page, self._trace, campaign, day) if kind == CAMPAIGN else page


class _Page(Measures):
    """A page of a ledger that notes what is added to it."""

    def __init__(self, page: Measures, trace: Trace, campaign: str | None, day: int) -> None:
        super().__init__()
        self._page, self._trace, self._campaign, self._day = page, trace, campaign, day

    def __getitem__(self, measure: str) -> int:
        return self._page[measure]

    def __setitem__(self, measure: str, value: int) -> None:
        added = value - self._page[measure]
        self._page[measure] = value
        credit = measure if self._campaign is None else CREDITED.get(measure)
        if credit is not None:
            self._trace.note(self._campaign, self._day, credit, added)
