"""How owners keep in touch with their customers, and what changes about a customer."""

from typing import Final, Literal, TypeAlias

from msgspec import UNSET

from streams.events import (
    ContactLogged,
    ContactPlanned,
    CustomerErased,
    CustomerMerged,
    CustomerOwnerChanged,
    CustomerUpserted,
    EventVoided,
    instants,
)
from streams.simulate.dice import Urn
from streams.simulate.people import Customer, Person
from streams.simulate.world import Story, World

RHYTHM: Final = {"A": 7.0, "B": 13.0, "C": 26.0}
"""Days between two contacts, by grade."""
Channel: TypeAlias = Literal["call", "email", "meeting", "visit", "chat", "message", "other"]
_CHANNELS: Final[Urn[Channel]] = Urn(
    {"call": 40.0, "email": 30.0, "meeting": 10.0, "visit": 6.0, "chat": 7.0, "message": 5.0, "other": 2.0}
)
_LENGTHS: Final = {"call": 360.0, "meeting": 2400.0, "visit": 4200.0, "chat": 500.0}
"""Median seconds of the channels that take time."""
_CONTENTS: Final = (
    "Asked for a new quotation", "Discussed delivery times", "Wants references from the same trade",
    "Budget is decided next month", "Happy with the last delivery", "Talked to a competitor", "Needs a demonstration",
)  # fmt: skip
_STEPS: Final = ("Send the quotation", "Call back", "Prepare a demonstration", "Visit on site", "Agree on a contract")


def join(world: World, customer: Customer, days_known: int) -> None:
    """The customer enters the CRM, and its owner begins to keep in touch."""
    world.emit(
        CustomerUpserted(
            customer_id=customer.id,
            owner_id=customer.owner.id,
            grade=customer.grade,
            segment=customer.segment,
            region=customer.region,
            status="active",
            name=customer.name,
            acquired_at=world.day(-days_known),
        )
    )
    world.begin(keep_in_touch(world, customer))


def keep_in_touch(world: World, customer: Customer) -> Story:
    """Contacts and plans, again and again. Who is diligent keeps the plan; who is not moves it, or lets it pass."""
    dice = world.dice
    yield world.after(dice.between(0, RHYTHM[customer.grade] / world.busy))
    while not customer.gone:
        owner = customer.owner
        if owner.away_until > world.now:
            yield world.office.later(owner.away_until, dice.between(0, 1))
            continue
        days = RHYTHM[customer.grade] / world.busy * dice.between(0.7, 1.3)
        if dice.chance(owner.diligence):
            connected = dice.chance(0.8)
            if not connected:
                days = dice.between(0.5, 2) / world.busy
            log(world, customer, owner, connected=connected, plan=world.after(days) if dice.chance(0.75) else None)
            # Most come a little before the plan, some a good while after it.
            late = dice.exponential(4) if dice.chance(1 - owner.diligence) else dice.between(-0.6, 0.4)
            days = max(days + late / world.busy, 0.05)
        elif dice.chance(0.6):
            world.emit(
                ContactPlanned(
                    employee_id=owner.id,
                    customer_id=customer.id,
                    next_contact_at=None if dice.chance(0.05) else instants.from_us(world.after(days)),
                    next_step=dice.pick(_STEPS),
                )
            )
        yield world.after(days)


def log(
    world: World,
    customer: Customer,
    who: Person,
    *,
    connected: bool = True,
    opportunity: str | None = None,
    plan: int | None = None,
) -> None:
    """One contact, sometimes with a remark, an opportunity, a plan (us) for the next; and now and then by mistake."""
    dice = world.dice
    channel = _CHANNELS.draw(dice)
    inbound = connected and dice.chance(0.3)
    length = _LENGTHS.get(channel) if connected else None
    data = ContactLogged(
        employee_id=who.id,
        customer_id=customer.id,
        channel=channel,
        direction="inbound" if inbound else "outbound",
        connected=connected,
        duration_s=float(int(dice.lognormal(length, 0.6))) if length else None,
        content=dice.pick(_CONTENTS) if dice.chance(0.3) else None,
        opportunity_id=opportunity,
        next_contact_at=UNSET if plan is None else instants.from_us(plan),
        next_step=None if plan is None else dice.pick(_STEPS),
    )
    name = world.emit(data)
    if dice.chance(0.002):
        world.begin(_take_back(world, customer, name))


def _take_back(world: World, customer: Customer, event: str) -> Story:
    yield world.office.shift(world.now, int(world.dice.between(60, 3600)) * 1_000_000)
    world.emit(EventVoided(source=world.source, event_id=event), subject=customer.id)


def changes(world: World) -> Story:
    """What happens to customers as such: another owner, another grade, a double entry, a wish to be forgotten."""
    dice, customers = world.dice, world.customers
    kinds = Urn({"owner": 50.0, "grade": 80.0, "merged": 6.0, "erased": 4.0})
    gone = 0
    while True:
        yield world.soon(365 / (0.14 * len(customers)))
        customer, kind = dice.pick(customers), kinds.draw(dice)
        if customer.gone:
            continue
        if kind == "owner":
            new = dice.pick(world.staff.of("sales"))
            if new is not customer.owner:
                world.emit(CustomerOwnerChanged(customer_id=customer.id, to=new.id, from_=customer.owner.id))
                customer.owner = new
        elif kind == "grade":
            customer.grade = dice.pick("ABBCCC")
            world.emit(CustomerUpserted(customer_id=customer.id, grade=customer.grade))
        elif gone < len(customers) // 10:
            into = dice.pick(customers)
            if kind == "erased":
                world.emit(CustomerErased(customer_id=customer.id))
            elif not into.gone and into is not customer:
                world.emit(CustomerMerged(customer_id=customer.id, into=into.id))
            else:
                continue
            customer.gone = True
            gone += 1
