"""Where new customers come from: campaigns, and the leads of campaigns and of everything else."""

from typing import Final, Literal, TypeAlias

from streams.events import (
    CampaignJoined,
    CampaignLaunched,
    CampaignSpent,
    ContactLogged,
    LeadAssigned,
    LeadConverted,
    LeadCreated,
    LeadDisqualified,
)
from streams.simulate.contacts import join
from streams.simulate.dice import Urn
from streams.simulate.people import Person
from streams.simulate.selling import deal
from streams.simulate.world import LIVELIEST, Story, World

LEADS: Final = 0.25
"""Leads that come by themselves in a year, for each customer that is there."""
Status: TypeAlias = Literal["invited", "opened", "clicked", "attended"]
_STATUS: Final[Urn[Status]] = Urn({"invited": 50.0, "opened": 28.0, "clicked": 15.0, "attended": 7.0})
_SOURCES: Final = ("web", "referral", "fair", "partner")
_REASONS: Final = ("no need", "no budget", "not reachable", "double entry")


def campaigns(world: World, who: Person) -> Story:
    """One after the other, each some weeks long."""
    dice = world.dice
    yield world.after(dice.between(0, 30) / world.busy)
    while True:
        campaign = world.number("cam")
        budget = 100_000 * (5 + dice.below(40))
        world.emit(CampaignLaunched(campaign_id=campaign, employee_id=who.id, budget=world.money(budget)))
        for _ in range(8):
            yield world.after(dice.between(2, 6))
            world.emit(
                CampaignSpent(campaign_id=campaign, amount=world.money(int(budget / 8 * dice.between(0.7, 1.2))))
            )
            for _ in range(3 + dice.below(8)):
                world.emit(
                    CampaignJoined(campaign_id=campaign, customer_id=world.somebody().id, status=_STATUS.draw(dice))
                )
            for _ in range(1 + dice.below(5)):
                world.begin(_lead(world, world.number("lead"), campaign))
        yield world.soon(20)


def leads(world: World) -> Story:
    """Leads that no campaign brought."""
    while True:
        yield world.soon(365 / (LEADS * LIVELIEST * len(world.customers)))
        if world.in_season():
            world.begin(_lead(world, world.number("lead"), None))


def _lead(world: World, lead: str, campaign: str | None) -> Story:
    """From the first sign of interest to a customer, to a refusal, or to nobody caring."""
    dice, owner = world.dice, world.dice.pick(world.staff.of("sales"))
    source = "campaign" if campaign else dice.pick(_SOURCES)
    given = dice.chance(0.5)
    world.emit(
        LeadCreated(lead_id=lead, lead_source=source, owner_id=owner.id if given else None, campaign_id=campaign)
    )
    if campaign:
        world.emit(CampaignJoined(campaign_id=campaign, lead_id=lead, status="clicked"))
    if not given:
        yield world.after(dice.exponential(0.5))
        world.emit(LeadAssigned(lead_id=lead, owner_id=owner.id))
    if not dice.chance(owner.diligence):
        return
    for _ in range(1 + dice.below(3)):
        yield world.after(dice.lognormal(0.6, 1.0) / owner.pace)
        reached = dice.chance(0.7)
        world.emit(
            ContactLogged(employee_id=owner.id, lead_id=lead, channel="call", direction="outbound", connected=reached)
        )
    yield world.after(dice.between(1, 10))
    if not dice.chance(0.3 * owner.skill):
        world.emit(LeadDisqualified(lead_id=lead, reason=dice.pick(_REASONS)))
        return
    customer = world.welcome(owner)
    join(world, customer, 0)
    opportunity = world.number("opp") if dice.chance(0.8) else None
    world.emit(LeadConverted(lead_id=lead, customer_id=customer.id, opportunity_id=opportunity))
    if opportunity:
        world.begin(deal(world, customer, opportunity, campaign, source))
