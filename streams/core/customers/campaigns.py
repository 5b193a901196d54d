"""What campaigns and lead sources come to: a ledger of their own, kept beside that of the employees.

Its sums are kept under `campaign:<id>` and `source:<name>`, in these measures, each on a local day:

- `participants` and `participants:<status>`: customers and leads that joined the campaign, on the day of the first
  time, by the newest status that was said;
- `leads` and `converted`: leads whose creation names it, on the day of that, and those that were converted since;
- `cost` (atoms) and `spendings`: what was spent on the campaign;
- `won` and `won_amount` (atoms): opportunities won whose creation names it.

Who launched a campaign is credited with what it comes to. Every partition is told of launches, as each may have sums of
any campaign: what it tells the next stage under the campaign, it tells under who launched it newest as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.core.customers import leads
from streams.core.customers.crediting import atoms
from streams.core.customers.entries import WON, Origin, View
from streams.core.customers.facts import Facts
from streams.core.customers.state import Customer, Joined, Lead
from streams.core.formats import reader, tagged
from streams.core.ledger import Ledger, Measures, Place
from streams.core.records import key_of
from streams.events import CampaignJoined, CampaignLaunched, CampaignSpent, Event
from streams.policy import Policy
from streams.policy.zone import Zone

KIND = "campaigns"
"""The kind of the state records of the ledger, and how the names of its buckets begin among the facts."""
LAUNCHED = "launched"
"""How the names of the buckets begin under which a campaign's sums are told of who launched it; the id ends them."""
LAUNCHER = "launcher"
"""The kind of the state records of launches."""
CAMPAIGN = "campaign"
_CAMPAIGN = f"{CAMPAIGN}:"
CREDITED = {
    "participants": "campaign_participants",
    "won": "campaign_won",
    "won_amount": "campaign_won_amount",
    "cost": "campaign_spent",
    "spendings": "campaign_spendings",
}
"""What the measures are called to the credit of who launched a campaign."""


class Launch(NamedTuple):
    """The newest launch of a campaign."""

    time: int
    source: str
    id: str
    employee: str


_read = reader(Launch)


def keys(origin: Origin | None) -> Iterator[str]:
    """The names under which something counts that came from there."""
    if origin is not None and origin.campaign is not None:
        yield _CAMPAIGN + origin.campaign
    if origin is not None and origin.source is not None:
        yield f"source:{origin.source}"


def origin_of(data: object) -> Origin | None:
    """Where a creation says that something came from; None where it says nothing of that."""
    found = Origin(getattr(data, "campaign_id", None), getattr(data, "lead_source", None))
    return found if any(found) else None


def post_deal(view: View | None, zone: Zone, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) an opportunity that was won."""
    if view is not None and view.outcome == WON:
        for key in keys(view.origin):
            page = ledger.page(key, zone.day(view.closed_at))
            page["won"] += sign
            page["won_amount"] += sign * view.closed_amount


def post_lead(lead: Lead, zone: Zone, ledger: Ledger, sign: int) -> None:
    """Credit or take back a lead, by its first creation."""
    created = next((entry for entry in lead.log if entry.kind == leads.CREATED), None)
    if created is not None and created.origin is not None:
        for key in keys(created.origin):
            page = ledger.page(key, zone.day(created.time))
            page["leads"] += sign
            page["converted"] += sign * (leads.status(lead) == leads.CLOSED[leads.CONVERTED])


def post_spending(data: CampaignSpent, day: int, policy: Policy, ledger: Ledger) -> None:
    """Credit what was spent on a campaign."""
    page = ledger.page(_CAMPAIGN + data.campaign_id, day)
    page["spendings"] += 1
    page["cost"] += atoms(data.amount, day, policy)


def joined(known: Joined | None, said: Joined) -> Joined:
    """What is known of how somebody came into touch with a campaign, and what was said of it besides."""
    if known is None:
        return said
    newer = said.status is not None and (known.status is None or known[1:4] < said[1:4])
    return (said if newer else known)._replace(first=min(said.first, known.first))


class Campaigns:
    """The campaigns as one partition knows them; their sums are those of the ledger."""

    def __init__(self, policy: Policy, pseudonyms: Mapping[str, str], ledger: Ledger) -> None:
        self._pseudonyms = pseudonyms
        self.ledger = ledger
        self._launches: dict[str, Launch] = {}
        self._moved: dict[str, str | None] = {}  # by campaign launched anew, who had been told of as its launcher
        self.adopt(policy)

    def adopt(self, policy: Policy) -> None:
        """Count by another policy from now on."""
        self._policy = policy

    def launch(self, event: Event, data: CampaignLaunched, time: int) -> None:
        """A campaign was launched; it may be told of twice."""
        who = self._pseudonyms.get(data.employee_id, data.employee_id)
        known, found = self._launches.get(data.campaign_id), Launch(time, event.source, event.id, who)
        if known is None or known[:3] < found[:3]:
            self._launches[data.campaign_id] = found
            self._moved.setdefault(data.campaign_id, None if known is None else known.employee)

    def launched_by(self, employee: str) -> set[str]:
        """The campaigns that are to an employee's credit."""
        return {campaign for campaign, launch in self._launches.items() if launch.employee == employee}

    def rename(self, employee: str, name: str) -> None:
        """Let the campaigns that an employee launched be to another name's credit."""
        for campaign, launch in self._launches.items():
            if launch.employee == employee:
                self._launches[campaign] = launch._replace(employee=name)
                self._moved.setdefault(campaign, employee)

    def spend(self, data: CampaignSpent, time: int) -> None:
        """Money went into a campaign."""
        post_spending(data, self._policy.zone.day(time), self._policy, self.ledger)

    def join(self, dossier: Customer, event: Event, data: CampaignJoined, time: int) -> None:
        """A customer or a lead came into touch with a campaign."""
        said = Joined(time, time, event.source, event.id, data.status)
        self.post_joined(dossier, data.campaign_id, -1)
        dossier.joined[data.campaign_id] = joined(dossier.joined.get(data.campaign_id), said)
        self.post_joined(dossier, data.campaign_id, 1)
        dossier.dirty = True

    def post_joined(self, dossier: Customer, campaign: str, sign: int) -> None:
        """Credit (sign 1) or take back (sign -1) that somebody is in touch with a campaign."""
        known = dossier.joined.get(campaign)
        if known is None:
            return
        page = self.ledger.page(_CAMPAIGN + campaign, self._policy.zone.day(known.first))
        page["participants"] += sign
        if known.status is not None:
            page[f"participants:{known.status}"] += sign

    def restore(self, campaign: str, value: bytes) -> None:
        """Put back the launch of a campaign."""
        self._launches[campaign] = _read(value)

    def tell(self, facts: Facts, clock: int) -> None:
        """What changed: the sums, as states and facts, and what of them is to somebody's credit."""
        changed, dropped = facts.of_ledger(self.ledger, KIND, f"{KIND} ", clock)
        for place in sorted(changed | dropped):
            if place.employee.startswith(_CAMPAIGN):
                campaign = place.employee.removeprefix(_CAMPAIGN)
                launch = self._launches.get(campaign)
                if launch is not None and campaign not in self._moved:
                    self._credit(facts, launch.employee, campaign, place)
        for campaign, former in sorted(self._moved.items()):
            launch, name = self._launches[campaign], _CAMPAIGN + campaign
            facts.states.append((key_of(LAUNCHER, campaign), tagged(launch)))
            if former == launch.employee:
                places = {place for place in changed | dropped if place.employee == name}
            else:
                places = {Place(name, bucket) for bucket in self.ledger.totals.get(name, {})}
                places |= {place for place in dropped if place.employee == name}
            for place in sorted(places):
                self._credit(facts, launch.employee, campaign, place)
                if former is not None and former != launch.employee:
                    facts.contribute(former, _bucket(place, campaign), {})
        self._moved.clear()

    def _credit(self, facts: Facts, employee: str, campaign: str, place: Place) -> None:
        sums = self.ledger.totals.get(place.employee, {}).get(place.bucket)
        facts.contribute(employee, _bucket(place, campaign), None if sums is None else _credited(sums))


def _bucket(place: Place, campaign: str) -> str:
    return f"{LAUNCHED} {place.bucket} {campaign}"


def _credited(sums: Mapping[str, int]) -> Measures:
    return {CREDITED[measure]: value for measure, value in sums.items() if measure in CREDITED}
