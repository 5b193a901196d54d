"""The whole simulation: the world made ready, and its events one after the other."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from streams.events import Event, instants
from streams.simulate import contacts, marketing, office, selling, service
from streams.simulate.hours import DAY
from streams.simulate.scale import Scale
from streams.simulate.world import Story, World

# Counted in simulated years of organisations of several sizes: what a day of a customer or an employee causes at the
# natural pace, and what an employee's month causes however busy people are.
PER_CUSTOMER_DAY: Final = 0.145
PER_EMPLOYEE_DAY: Final = 4.1
PER_EMPLOYEE_MONTH: Final = 5


def simulate(scale: Scale) -> Iterator[Event]:
    """The events of the organisation, strictly in the order of their times; the same for the same scale, everywhere.

    See Scale for where they end.
    """
    world = World(scale, _busy(scale))
    world.begin(_opening(world))
    events = world.run()
    if scale.events is not None:
        yield from islice(events, scale.events)
    elif scale.end is None:
        yield from events
    else:
        for event in events:
            if event.time >= scale.end:
                return
            yield event


def _opening(world: World) -> Story:
    """The first day: people and customers are entered, targets set, and everything begins."""
    dice = world.dice
    for person in world.staff.people:
        office.introduce(world, person)
    world.begin(office.months(world))
    sellers = world.staff.of("sales")
    for _ in range(world.scale.customers):
        contacts.join(world, world.welcome(dice.pick(sellers)), 100 + dice.below(2000))
    for person in world.staff.people:
        for story in office.lives(world, person):
            world.begin(story)
    for person in world.staff.of("marketing"):
        world.begin(marketing.campaigns(world, person))
    for story in (
        contacts.changes(world),
        selling.chances(world),
        marketing.leads(world),
        service.tickets(world),
        service.opinions(world),
    ):
        world.begin(story)
    yield from ()


def _busy(scale: Scale) -> float:
    """How many times busier than usual everybody has to be for the events that are wanted; 1 where none are."""
    if scale.events is None or scale.end is None:
        return 1.0
    days = (instants.to_us(scale.end) - instants.to_us(scale.start)) / DAY
    daily = PER_CUSTOMER_DAY * scale.customers + PER_EMPLOYEE_DAY * scale.employees
    once = scale.customers + scale.employees * (1 + PER_EMPLOYEE_MONTH * days / 30)
    return max((scale.events - once) / (daily * days), 0.01)
