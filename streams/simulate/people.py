"""Who works in the simulated organisation, and how: everybody has a character that shows in the figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from streams.simulate.dice import Dice
from streams.simulate.scale import Scale

GRADES: Final = {"A": 15.0, "B": 35.0, "C": 50.0}
REGIONS: Final = ("North", "South", "East", "West")
SEGMENTS: Final = ("machinery", "retail", "health", "logistics", "energy", "software", "food", "finance")
# (name, role, share of the people) of the five kinds of team; more teams than five begin again from the first.
_TEAMS: Final = (
    ("Sales North", "sales", 3),
    ("Sales South", "sales", 3),
    ("Service", "service", 2),
    ("Marketing", "marketing", 1),
    ("Support", "support", 1),
)
_FIRST: Final = (
    "Ada", "Ben", "Chen", "Dora", "Emil", "Fatima", "Goran", "Hana", "Igor", "Jana", "Kofi", "Lena", "Mei", "Nils",
    "Olga", "Pavel", "Rosa", "Sofia", "Tariq", "Uma", "Viktor", "Wei", "Xenia", "Yusuf", "Zoe",
)  # fmt: skip
_LAST: Final = (
    "Arnold", "Becker", "Costa", "Diaz", "Eriksen", "Fischer", "Gruber", "Haddad", "Ito", "Jansen", "Kim", "Lindqvist",
    "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Weber", "Yilmaz", "Zhang",
)  # fmt: skip
_COMPANY: Final = (
    "Alder", "Beacon", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Harbor", "Indigo", "Juniper", "Krypton",
    "Lumen", "Meridian", "Nimbus", "Orchid", "Pioneer", "Quartz", "Raven", "Summit", "Tundra", "Umbra", "Vertex",
)  # fmt: skip
_TRADE: Final = (
    "Works",
    "Foods",
    "Systems",
    "Logistics",
    "Partners",
    "Medical",
    "Energy",
    "Textiles",
    "Labs",
    "Trading",
)


@dataclass(slots=True, eq=False)
class Person:
    """An employee.

    skill: 1 is usual at closing and helping; diligence: how likely what is due gets done; pace: 1 is usual speed.
    """

    id: str
    name: str
    role: str
    team: str
    region: str
    manager_id: str | None
    lead: bool
    skill: float
    diligence: float
    pace: float
    salary: int
    """Base salary a month, in whole units of money."""
    away_until: int = 0
    """Absent until that instant, us."""


@dataclass(slots=True, eq=False)
class Customer:
    """A customer and whoever looks after it now; gone once it is merged or erased."""

    id: str
    name: str
    grade: str
    segment: str
    region: str
    owner: Person
    gone: bool = False


@dataclass(slots=True)
class Staff:
    """Everybody, and everybody by role. A role that nobody has is filled by everybody."""

    people: list[Person]
    _roles: dict[str, list[Person]] = field(default_factory=dict)

    def of(self, role: str) -> Sequence[Person]:
        members = self._roles.get(role)
        if members is None:
            members = self._roles[role] = [one for one in self.people if one.role == role] or self.people
        return members


def hire(scale: Scale, dice: Dice) -> Staff:
    """The people of all teams, each team's lead first.

    The first three sellers who are no leads are a star, a bad closer, and one who neglects customers.
    """
    people: list[Person] = []
    for index, size in enumerate(_sizes(scale)):
        name, role, _ = _TEAMS[index % len(_TEAMS)]
        if index >= len(_TEAMS):
            name = f"{name} {index // len(_TEAMS) + 1}"
        lead: Person | None = None
        for _ in range(size):
            person = _person(dice, len(people) + 1, role, name, REGIONS[index % len(REGIONS)])
            if lead is None:
                person.lead, person.manager_id = True, people[0].id if people else None
                lead = person
            else:
                person.manager_id = lead.id
            people.append(person)
    sellers = [one for one in people if one.role == "sales" and not one.lead]
    for person, skill, diligence in zip(sellers, (1.6, 0.3, 1.0), (0.98, 0.9, 0.08), strict=False):
        person.skill, person.diligence = skill, diligence
    return Staff(people)


def acquire(dice: Dice, number: int, grade: str, owner: Person) -> Customer:
    """A new customer."""
    name = f"{dice.pick(_COMPANY)} {dice.pick(_TRADE)} {number}"
    return Customer(f"cus-{number:06d}", name, grade, dice.pick(SEGMENTS), dice.pick(REGIONS), owner)


def _sizes(scale: Scale) -> list[int]:
    """Members of each team: one at least, the rest shared out by weight."""
    weights = [_TEAMS[index % len(_TEAMS)][2] for index in range(scale.teams)]
    spare, total = scale.employees - scale.teams, sum(weights)
    bounds = [0]
    for weight in weights:
        bounds.append(bounds[-1] + weight)
    # Cut at rounded running sums, so that the sizes add up to exactly everybody.
    cuts = [round(spare * bound / total) for bound in bounds]
    return [1 + high - low for low, high in pairwise(cuts)]


def _person(dice: Dice, number: int, role: str, team: str, region: str) -> Person:
    return Person(
        id=f"emp-{number:03d}",
        name=f"{dice.pick(_FIRST)} {dice.pick(_LAST)}",
        role=role,
        team=team,
        region=region,
        manager_id=None,
        lead=False,
        skill=min(max(dice.lognormal(1.0, 0.2), 0.6), 1.35),
        diligence=dice.between(0.82, 0.97),
        pace=dice.between(0.8, 1.3),
        salary=100 * dice.below(40) + 3000,
    )
