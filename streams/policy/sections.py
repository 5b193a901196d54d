"""The sections of a policy file but for the calendar, each read and checked by itself."""

from __future__ import annotations

from decimal import Decimal

from streams.policy.currency import ALWAYS, Currency
from streams.policy.durations import Duration
from streams.policy.model import ContactPolicy, CustomersPolicy, Rating, Stage, StallBasis
from streams.policy.reading import (
    Fields,
    Report,
    Wrong,
    boolean,
    calendar_date,
    currency_code,
    duration,
    name,
    not_negative,
    one_of,
    positive,
    share,
    some_time,
)
from streams.policy.rulebook import read_bounds, read_words
from streams.policy.rules import Bounds
from streams.policy.segments import read_segments
from streams.policy.tree import Node
from streams.policy.zone import day_of

RATES_HINT = "Write {USD: 7.1}, or [{from: 2026-01-01, USD: 7.1}, {from: 2026-07-01, USD: 7.2}]."


def read_currency(report: Report, node: Node) -> Currency:
    """The currency section. Rates are a mapping for all days, or a list by date in any order.

    On a local day a currency has the rate of the newest entry, at or before that day, which names the currency;
    before the first of them it has none.
    """
    fields = Fields(report, "currency", node, ("reporting", "rates"))
    reporting = fields.value("reporting", currency_code, "USD")
    rates: dict[str, dict[int, Decimal]] = {}
    given = fields.node("rates")
    if given is None:
        return Currency(reporting, {})
    if isinstance(given.value, list):
        days: set[int] = set()
        for where, item in report.items("currency.rates", given):
            day = _first_day(report, where, item)
            if day in days:
                report.add(item.line, f"{where}: rates from that day stand there twice", "Keep one entry a day.")
            elif day is not None:
                days.add(day)
                _add_rates(report, where, item, day, reporting, rates)
    elif isinstance(given.value, dict):
        _add_rates(report, "currency.rates", given, ALWAYS, reporting, rates)
    else:
        report.add(given.line, "currency.rates must be a mapping or a list by date", RATES_HINT)
    return Currency(reporting, {code: list(by_day.items()) for code, by_day in rates.items()})


def _first_day(report: Report, where: str, node: Node) -> int | None:
    if not isinstance(node.value, dict) or "from" not in node.value:
        report.add(node.line, f"{where} has no date to hold from", RATES_HINT)
        return None
    return report.read(f"{where}.from", node.value["from"].node, lambda text: day_of(calendar_date(text)), None)


def _add_rates(
    report: Report, where: str, node: Node, day: int, reporting: str, rates: dict[str, dict[int, Decimal]]
) -> None:
    for key, line, value in report.pairs(where, node):
        if key == "from" and day != ALWAYS:
            continue
        try:
            code = currency_code(key)
        except Wrong as wrong:
            report.add(line, f"{where}: {wrong.message}", wrong.hint)
            continue
        rate = report.read(f"{where}.{code}", value, positive, None)
        if code == reporting and rate is not None and rate != 1:
            report.add(line, f"{where}.{code}: one {code} is one {code}", f"{code} is what is reported; leave it out.")
        elif code != reporting and rate is not None:
            rates.setdefault(code, {})[day] = rate


def read_stages(report: Report, node: Node) -> tuple[Stage, ...]:
    stages: dict[str, Stage] = {}
    for where, item in report.items("pipeline.stages", node):
        fields = Fields(report, where, item, ("name", "probability", "stall_after"))
        if not isinstance(item.value, dict):
            continue
        stage = fields.needed("name", name, "Give every stage a name.")
        probability = fields.value("probability", lambda text: share(text), None)
        given = fields.node("stall_after")
        stall_after = None if given is None else read_bounds(report, fields.path("stall_after"), given, some_time)
        if stage in stages:
            report.add(item.line, f"the stage {stage} stands there twice", "Give every stage a name of its own.")
        elif stage is not None:
            stages[stage] = Stage(stage, probability, stall_after)
    if isinstance(node.value, list) and not node.value:
        report.add(node.line, "pipeline.stages names no stage", "Name at least one.")
    return tuple(stages.values())


def read_stall_basis(fields: Fields) -> StallBasis:
    return fields.value("stall_basis", one_of(StallBasis), StallBasis.STAGE_ENTERED)


def read_contact(report: Report, node: Node) -> ContactPolicy:
    usual = ContactPolicy()
    fields = Fields(report, "contact", node, ("intervals", "grace", "lead_time", "silent_when_planned", "closed"))
    intervals: dict[str, Duration] = {}
    given = fields.node("intervals")
    if given is not None:
        intervals = read_words(report, "contact.intervals", given, some_time)
    default = intervals.pop("default", usual.intervals.default)
    return ContactPolicy(
        Bounds(default, intervals),
        fields.value("grace", duration, usual.grace),
        fields.value("lead_time", duration, usual.lead_time),
        fields.value("silent_when_planned", boolean, usual.silent_when_planned),
        _read_statuses(report, fields, usual),
    )


def _read_statuses(report: Report, fields: Fields, usual: ContactPolicy) -> tuple[str, ...]:
    given = fields.node("closed")
    if given is None:
        return usual.closed
    return tuple(report.read(place, item, name, "") for place, item in report.items("contact.closed", given))


def read_customers(report: Report, node: Node) -> CustomersPolicy:
    fields = Fields(report, "customers", node, ("active_for", "segments"))
    segments = fields.node("segments")
    return CustomersPolicy(
        fields.value("active_for", some_time, CustomersPolicy().active_for),
        () if segments is None else read_segments(report, segments),
    )


def read_ratings(report: Report, node: Node) -> tuple[Rating, ...]:
    ratings: list[Rating] = []
    for rating, line, value in report.pairs("ratings", node):
        minimum = report.read(f"ratings.{rating}", value, not_negative, None)
        if minimum is None:
            continue
        if ratings and minimum >= ratings[-1].minimum:
            above = ratings[-1]
            message = f"ratings.{rating}: {minimum} is not below the {above.minimum} of {above.name}"
            report.add(line, message, "List the ratings from the best down.")
        else:
            ratings.append(Rating(rating, minimum))
    if node.value == {}:
        report.add(node.line, "ratings names no rating", "Name at least one, or leave it out.")
    return tuple(ratings)
