"""What customers need after the sale: tickets, and what they think of how these were handled."""

from decimal import Decimal
from typing import Final, Literal, TypeAlias

from streams.events import (
    FeedbackReceived,
    TicketAssigned,
    TicketClosed,
    TicketOpened,
    TicketPaused,
    TicketReopened,
    TicketReplied,
    TicketResolved,
    TicketResumed,
)
from streams.simulate.contacts import log
from streams.simulate.dice import Urn
from streams.simulate.people import Customer, Person
from streams.simulate.world import Story, World

TICKETS: Final = 1.5
"""Tickets of a customer in a year."""
Kind: TypeAlias = Literal["request", "incident", "complaint", "consultation"]
_KINDS: Final[Urn[Kind]] = Urn({"request": 45.0, "incident": 30.0, "complaint": 10.0, "consultation": 15.0})
_PRIORITIES: Final = Urn({"low": 25.0, "normal": 55.0, "high": 15.0, "urgent": 5.0})
_HOUR: Final = 1 / 15
"""A working hour in calendar days: 7 days hold 45."""
_COMMENTS: Final = ("Quick and friendly", "Took too long", "Solved at the first try", "Had to ask twice")


def tickets(world: World) -> Story:
    """New tickets from customers, handled by service and support."""
    while True:
        yield world.soon(365 / (TICKETS * len(world.customers)))
        who = world.dice.pick(world.staff.of("service" if world.dice.chance(0.7) else "support"))
        world.begin(_ticket(world, world.somebody(), who, world.number("tic")))


def opinions(world: World) -> Story:
    """Now and then a customer is asked whether it would recommend its seller."""
    dice = world.dice
    while True:
        yield world.soon(365 / (0.25 * len(world.customers)))
        customer = world.somebody()
        score = min(max(round(dice.lognormal(7.5 * customer.owner.skill**0.3, 0.25)), 0), 10)
        world.emit(
            FeedbackReceived(employee_id=customer.owner.id, customer_id=customer.id, kind="nps", score=Decimal(score))
        )


def _ticket(world: World, customer: Customer, who: Person, ticket: str) -> Story:
    dice, kind = world.dice, _KINDS.draw(world.dice)
    known = dice.chance(0.4)
    world.emit(
        TicketOpened(
            ticket_id=ticket,
            customer_id=customer.id,
            kind=kind,
            priority=_PRIORITIES.draw(dice),
            employee_id=who.id if known else None,
        )
    )
    if not known:
        yield world.after(dice.exponential(_HOUR / 2))
        visit = dice.chance(0.08)
        world.emit(
            TicketAssigned(
                ticket_id=ticket,
                employee_id=who.id,
                dispatch="on site" if visit else None,
                scheduled_at=world.day(2) if visit else None,
            )
        )
    if dice.chance(0.3):
        world.emit(TicketReplied(ticket_id=ticket, employee_id=who.id, automatic=True))
    yield world.after(dice.lognormal(_HOUR, 0.9) / who.pace)
    world.emit(TicketReplied(ticket_id=ticket, employee_id=who.id))
    if dice.chance(0.4) and not customer.gone:
        log(world, customer, who)
    if dice.chance(0.2):
        yield world.after(dice.lognormal(_HOUR, 0.5))
        world.emit(TicketPaused(ticket_id=ticket, employee_id=who.id))
        yield world.after(dice.lognormal(1.5, 0.7))
        world.emit(TicketResumed(ticket_id=ticket, employee_id=who.id))
    yield world.after(dice.lognormal(8 * _HOUR, 0.9) / who.pace)
    if dice.chance(1 - who.diligence):
        return
    world.emit(TicketResolved(ticket_id=ticket, employee_id=who.id))
    if dice.chance(0.06):
        yield world.after(dice.between(0.5, 3))
        world.emit(TicketReopened(ticket_id=ticket, employee_id=who.id))
        yield world.after(dice.lognormal(8 * _HOUR, 0.9))
        world.emit(TicketResolved(ticket_id=ticket, employee_id=who.id))
    if dice.chance(0.35):
        yield world.after(dice.between(0.1, 2))
        _rate(world, customer, who, ticket, kind)
    yield world.after(dice.between(1, 4))
    world.emit(TicketClosed(ticket_id=ticket, employee_id=who.id))


def _rate(world: World, customer: Customer, who: Person, ticket: str, kind: Kind) -> None:
    dice = world.dice
    content = dice.chance(min(0.8 * who.skill**0.5, 0.97)) and kind != "complaint"
    score = 4 + dice.below(2) if content else 1 + dice.below(3)
    comment = dice.pick(_COMMENTS) if dice.chance(0.3) else None
    if dice.chance(0.85):
        world.emit(
            FeedbackReceived(
                employee_id=who.id,
                customer_id=customer.id,
                kind="csat",
                score=Decimal(score),
                aspect="service",
                ticket_id=ticket,
                comment=comment,
            )
        )
    if score == 5 and dice.chance(0.3):
        world.emit(FeedbackReceived(employee_id=who.id, customer_id=customer.id, kind="praise", ticket_id=ticket))
    elif score == 1 and dice.chance(0.3):
        world.emit(FeedbackReceived(employee_id=who.id, customer_id=customer.id, kind="complaint", ticket_id=ticket))
