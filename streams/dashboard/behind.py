"""The events behind an employee's figures, read from the crm.* topics."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec
from aiokafka.errors import KafkaConnectionError, KafkaError

from streams.clients import refusal
from streams.explain import Mistyped, Reading, check_figures, contributions, read
from streams.settings import Settings
from streams.topics import MissingTopic

MOST: Final = 500
"""So many events of a figure are kept, the newest."""


class Order(NamedTuple):
    """Whose figures, of which period, judged at which instant, us."""

    settings: Settings
    employee: str
    period: str
    as_of: int


class Contribution(msgspec.Struct, kw_only=True):
    """An event, and what it adds: to the numerator and the denominator, in the unit of the figure, and to the count."""

    time: str
    source: str | None
    id: str | None
    type: str | None
    customer_id: str | None
    about: str | None
    adds: int | float
    to_denominator: int | float | None
    counts: int


class Behind(msgspec.Struct, kw_only=True):
    """The events behind a figure, the newest first; whether they come to it, null where it is made of other figures."""

    traced: bool | None
    total: int
    events: list[Contribution]


class Outcome(msgspec.Struct, kw_only=True):
    """What is behind each KPI as of an instant; else one sentence: there are no such figures, or it failed."""

    as_of: str = ""
    kpis: dict[str, Behind] = {}
    missing: str | None = None
    failed: str | None = None


def find(reading: Reading, employee: str, period: str) -> Outcome:
    """What is behind each of an employee's figures, and of the lines of the scorecard. Raises `Mistyped`."""
    check_figures(reading, employee, period)
    record, score = reading.kpis(employee, period), reading.score(employee, period)
    if record is None:
        raise Mistyped(f"{employee} has no figures in {period}.")
    values = reading.values(employee, period)
    names = dict.fromkeys([*values, *(line["kpi"] for line in score["kpis"])] if score else values)
    return Outcome(
        as_of=record["as_of"],
        kpis={name: _behind(contributions(reading, period, name, values.get(name))) for name in names},
    )


def _behind(found: dict[str, Any]) -> Behind:
    events = found.get("events", [])
    newest = msgspec.convert(events[: -MOST - 1 : -1], list[Contribution])
    return Behind(traced=found.get("traced"), total=len(events), events=newest)


async def outcome(order: Order) -> Outcome:
    """Reads, and tells what went wrong as a sentence."""
    settings = order.settings
    try:
        reading = await read(settings, None, order.as_of, order.employee, lambda count: None)
        return find(reading, order.employee, order.period)
    except Mistyped as error:
        return Outcome(missing=str(error))
    except MissingTopic as error:
        return Outcome(failed=str(error))
    except KafkaConnectionError:
        return Outcome(failed=await refusal(settings))
    except KafkaError as error:
        return Outcome(failed=f"Kafka at {settings.kafka}: {error}")
