"""The simulated world: one clock, one pair of dice, and the stories that unfold in it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from heapq import heappop, heappush, heapreplace
from typing import Final, TypeAlias

from streams.events import Data, Event, Money, instants, make_event
from streams.policy import default_policy
from streams.simulate.dice import Dice, Urn
from streams.simulate.hours import Office
from streams.simulate.people import GRADES, Customer, Person, acquire, hire
from streams.simulate.scale import Scale

Story: TypeAlias = Iterator[int]
"""Something that goes on: a generator that yields the instant (us) at which it wants to go on.

Whatever it emits in between happens at the instant it was woken for. It lets go of the world by returning.
"""

# How lively business is, January to December: quarters end with a push, summer and the turn of the year are quiet.
SEASON: Final = (0.75, 0.9, 1.3, 0.85, 0.95, 1.35, 0.75, 0.65, 1.3, 1.0, 1.15, 1.05)
LIVELIEST: Final = max(SEASON)


class World:
    """Everything that stories share. Instants are us since the epoch."""

    def __init__(self, scale: Scale, busy: float) -> None:
        self.scale = scale
        self.busy = busy
        self.dice = Dice(scale.seed)
        self.office = Office(scale.timezone)
        self.now = instants.to_us(scale.start)
        self.stages = scale.stages or tuple(stage.name for stage in default_policy().stages)
        self.staff = hire(scale, self.dice)
        self.customers: list[Customer] = []
        self.source = f"/crm-pulse/simulate/{scale.seed}"
        self._grades = Urn(GRADES)
        self._numbers: Counter[str] = Counter()
        self._emitted = 0
        self._out: list[Event] = []
        self._stories: list[tuple[int, int, Story]] = []
        self._started = 0

    def run(self) -> Iterator[Event]:
        """The events of all stories in the order of time, until nothing goes on any more."""
        out, stories = self._out, self._stories
        while stories:
            now, order, story = stories[0]
            self.now = now
            at = next(story, None)
            # Stories that began meanwhile have a higher order, so this one is still the first.
            if at is None:
                heappop(stories)
            else:
                heapreplace(stories, (at if at > now else now, order, story))
            if out:
                yield from out
                out.clear()

    def begin(self, story: Story) -> None:
        """Lets a story begin at this very instant."""
        self._started += 1
        heappush(self._stories, (self.now, self._started, story))

    def emit(self, data: Data, subject: str | None = None) -> str:
        """Lets it happen now, and answers the event's id."""
        self._emitted += 1
        name = f"sim-{self._emitted:09d}"
        self._out.append(make_event(data, name, self.source, instants.from_us(self.now), subject))
        return name

    def number(self, kind: str) -> str:
        """The next id of a kind: opp-000001, opp-000002 …"""
        self._numbers[kind] += 1
        return f"{kind}-{self._numbers[kind]:06d}"

    def after(self, days: float) -> int:
        """The working moment so many calendar days from now."""
        return self.office.later(self.now, days)

    def soon(self, mean: float) -> int:
        """A working moment by chance, on average so many calendar days from now; sooner where everybody is busier."""
        return self.office.later(self.now, self.dice.exponential(mean / self.busy))

    def day(self, days: float) -> date:
        """The local date so many days from now."""
        zone = self.office.zone
        return zone.date(zone.day(self.now)) + timedelta(days=int(days))

    def in_season(self) -> bool:
        """Whether something that comes in waves over the year comes now."""
        _, month = self.office.month(self.now)
        return self.dice.chance(SEASON[month - 1] / LIVELIEST)

    def money(self, cents: int) -> Money:
        return Money(Decimal(cents).scaleb(-2), self.scale.currency)

    def welcome(self, owner: Person) -> Customer:
        """A new customer, whom nobody knows of until an event says so."""
        customer = acquire(self.dice, len(self.customers) + 1, self._grades.draw(self.dice), owner)
        self.customers.append(customer)
        return customer

    def somebody(self) -> Customer:
        """Any customer that is still there; good ones more often."""
        while True:
            customer = self.dice.pick(self.customers)
            if not customer.gone and (customer.grade == "A" or self.dice.chance(0.5 if customer.grade == "B" else 0.3)):
                return customer
