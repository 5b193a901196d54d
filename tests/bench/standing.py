"""The standard customer of the benchmarks, as its partition stores it: ten contacts behind it, one opportunity open.

Its last contact was on the day before `NEXT_DAY`, and none of its deadlines comes within the three weeks after that.
"""

from collections.abc import Iterator
from functools import cache

from streams.core.customers import Customers
from streams.core.customers.storage import read_measures, write_measures
from streams.core.records import packed, parts_of
from streams.core.stage import EVENTS
from streams.policy import default_policy
from tests.unit.core.kit import contact, created, customer, deal, inbox, money, parsed

State = tuple[bytes, bytes]
OWNERS = 1_000
"""Employees among whom the customers are shared out."""
NEXT_DAY = "2026-04-01T00:00:00Z"
_DAYS = ("02-12", "02-17", "02-21", "02-24", "02-27", "03-05", "03-11", "03-18", "03-25", "03-31")


def name(number: int) -> str:
    """The customer's id."""
    return f"cus-{number:07}"


def owner(number: int) -> str:
    """Who looks after that customer."""
    return f"emp-{number % OWNERS:04}"


def opportunity(number: int) -> str:
    """The id of what is open with that customer."""
    return f"opp-{name(number)}"


@cache
def templates() -> list[tuple[list[State], list[State]]]:
    """Of every owner: the records of one of its customers, called `<id>`, and those of what it is credited with."""
    policy = default_policy()
    return [_template(Customers(policy, 0, follow=True), owner(number)) for number in range(OWNERS)]


def _template(stage: Customers, who: str) -> tuple[list[State], list[State]]:
    of = {"customer_id": "<id>"}
    lines = [customer("2026-02-10T08:00:00Z", owner_id=who, grade="A", **of)]
    lines += [contact(f"2026-{day}T09:30:00Z", employee_id=who, **of) for day in _DAYS]
    lines.append(
        created("2026-03-24T15:00:00Z", "Prospecting", amount=money("12500"), owner_id=who, opportunity_id="opp-<id>",
                **of)
    )  # fmt: skip
    lines.append(deal("2026-03-24T15:00:00Z", "updated", next_step="send the offer", opportunity_id="opp-<id>", **of))
    stage.apply(EVENTS, inbox(sorted(lines, key=lambda line: parsed(line).time)), 0)
    states = [(key, value) for key, value in stage.flush().states if value]
    return (
        [(key, value) for key, value in states if b"<id>" in key],
        [(key, value) for key, value in states if parts_of(key)[0] == "measures"],
    )


def customers(count: int) -> Iterator[State]:
    """The records of so many customers."""
    made = [pieces for pieces, _ in templates()]
    for number in range(count):
        id = name(number).encode()
        for key, value in made[number % OWNERS]:
            yield key.replace(b"<id>", id), bytes(bytearray(value))  # an object of its own, as one from a broker is


def ledger(count: int) -> Iterator[State]:
    """The records of what their owners are credited with for so many customers."""
    for number, (_, measures) in enumerate(templates()):
        own = len(range(number, count, OWNERS))
        for key, value in measures if own else ():
            sums = {measure: own * sum_ for measure, sum_ in read_measures(value).items()}
            yield key, write_measures(packed(sums))
