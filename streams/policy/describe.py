"""A policy in plain words, as `crmpulse policy check` prints it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from streams.policy.calendar import WEEKDAYS
from streams.policy.currency import ALWAYS
from streams.policy.durations import Clock, Duration
from streams.policy.model import Policy, ScoreKpi, StallBasis
from streams.policy.notices import clock, times_in_words
from streams.policy.rules import WATCHES, Bounds, RulePolicy, usual
from streams.policy.zone import DAY, date_of

STALL_BASIS = {
    StallBasis.CREATED: "the opportunity was created",
    StallBasis.STAGE_ENTERED: "the opportunity entered the stage",
    StallBasis.LAST_CONTACT: "the customer was last reached",
    StallBasis.LAST_TWO_WAY_CONTACT: "the customer last got in touch",
    StallBasis.LAST_ACTIVITY: "somebody last reached or tried to reach the customer",
}
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def describe(policy: Policy) -> str:
    """What the policy means, for a person at a terminal: some lines under each heading."""
    sections = {
        f"Policy {policy.version}": _events(policy),
        "Time": _time(policy),
        "Money": _money(policy),
        "Pipeline": _pipeline(policy),
        "Follow-up": _follow_up(policy),
        "Alerts": _alerts(policy),
        "Notices": _notices(policy),
        "Scorecards": _scorecards(policy),
        "Ratings": _ratings(policy),
    }
    return "\n\n".join("\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in sections.items())


def words(length: Duration, clock: Clock = Clock.ELAPSED) -> str:
    """`7 days`, `1 working day`, `12 hours of working time`."""
    text = str(length)
    number, unit = text[:-1], UNITS[text[-1]]
    plural = "" if number == "1" else "s"
    if clock == Clock.WORKING:
        return f"{number} working day{plural}" if length.in_days else f"{number} {unit}{plural} of working time"
    return f"{number} {unit}{plural}"


def _events(policy: Policy) -> Iterator[str]:
    yield f"An event may lie {_span(policy.max_future)} in the future at most."
    if policy.dedup_keep is None:
        yield "Duplicates are known for good."
    else:
        yield f"Duplicates are known for {_span(policy.dedup_keep)}; what is older by then is rejected."


def _span(us: int) -> str:
    return words(Duration(us, in_days=us % DAY == 0))


def _time(policy: Policy) -> Iterator[str]:
    calendar = policy.calendar
    yield f"Days, months and quarters are those of {policy.timezone}."
    if calendar.always:
        yield "All time is working time: every day, 24 hours, no holidays."
        return
    workdays = " ".join(WEEKDAYS[day].capitalize() for day in calendar.workdays)
    yield f"Work is done on {workdays}, {clock(calendar.opens)} to {clock(calendar.closes)}."
    hours, minutes = divmod(calendar.closes - calendar.opens, 60)
    length = f"{hours} h {minutes} min" if minutes else f"{hours} h"
    yield f"So a working day has {length}; 7d on a working clock is {length} seven times."
    if calendar.holidays:
        yield f"No work is done on the holidays of: {', '.join(calendar.holidays)}."


def _money(policy: Policy) -> Iterator[str]:
    currency = policy.currency
    yield f"Everything is reported in {currency.reporting}."
    for code, listed in currency.rates.items():
        steps = [
            f"{rate:f} {currency.reporting}" + ("" if day == ALWAYS else f" from {date_of(day)} on")
            for day, rate in listed
        ]
        yield f"1 {code} is {', '.join(steps)}."
    yield "Amounts in any other currency are rejected (no_rate)."


def _pipeline(policy: Policy) -> Iterator[str]:
    clock = policy.rule("opp.stalled").clock
    yield from _table(
        (
            stage.name,
            "no probability" if stage.probability is None else f"{_plain(stage.probability * 100)} % likely",
            "never stalls" if stage.stall_after is None else f"stalls {_bounds(stage.stall_after, clock, 'grade')}",
        )
        for stage in policy.stages
    )
    yield f"The time to a stall counts from when {STALL_BASIS[policy.stall_basis]}."


def _follow_up(policy: Policy) -> Iterator[str]:
    contact = policy.contact
    clock = policy.rule("contact.interval_exceeded").clock
    for grade, interval in contact.intervals.by.items():
        yield f"A customer of grade {grade} is reached every {words(interval, clock)}."
    others = "Any other customer" if contact.intervals.by else "A customer"
    if contact.intervals.default is not None:
        yield f"{others} is reached every {words(contact.intervals.default, clock)}."
    if contact.silent_when_planned:
        yield "While a planned contact lies ahead, that interval is not watched."
    if contact.closed:
        yield f"The alerts of a customer whose status is {' or '.join(contact.closed)} are quiet."
    lead, grace = contact.lead_time, contact.grace
    if lead.us:
        yield f"A planned contact is due from {words(lead, policy.rule('contact.due').clock)} before its time."
    else:
        yield "A planned contact is due from its time on."
    if grace.us:
        yield f"It is overdue {words(grace, policy.rule('contact.overdue').clock)} after its time."
    else:
        yield "It is overdue as soon as its time has passed."


def _alerts(policy: Policy) -> Iterator[str]:
    for name, rule in policy.alerts.items():
        yield f"{name}: {_behaviour(name, rule, usual(rule.watch, policy.keep))}"
        if rule.enabled and rule.escalate:
            yield f"  goes to {', '.join(f'{step.to} {_later(step.after, rule.clock)}' for step in rule.escalate)}."
    others = "every other rule" if policy.alerts else "every rule"
    kept = f"kept {words(policy.keep)} once resolved" if policy.keep.us else "dropped once resolved"
    yield f"{others}: as is usual for what it watches; {kept}."


def _behaviour(name: str, rule: RulePolicy, usual: RulePolicy) -> str:
    """How a rule differs from what is usual for its kind."""
    if not rule.enabled:
        return "switched off."
    parts = [] if rule.watch == name else [f"watches {rule.watch}"]
    if not usual.enabled:
        parts.append("switched on")
    if rule.clock != usual.clock:
        parts.append(f"counts {'all' if rule.clock == Clock.ELAPSED else 'working'} time")
    if rule.after is not None and rule.after != usual.after:
        parts.append(f"allows {_bounds(rule.after, rule.clock, WATCHES[rule.watch].by).removeprefix('after ')}")
    if rule.count != usual.count:
        parts.append(f"takes {rule.count} times")
    if rule.within is not None and rule.within != usual.within:
        parts.append(f"looks at {words(rule.within)} at a time")
    if rule.hold != usual.hold:
        parts.append(f"fires {_later(rule.hold, rule.clock)}")
    if rule.lasts is not None and rule.lasts != usual.lasts:
        parts.append(f"ends by itself after {words(rule.lasts, rule.clock)}")
    if rule.before is not None and rule.before != usual.before:
        parts.append(f"begins {words(rule.before, rule.clock)} before its time")
    if rule.silent_when_planned:
        parts.append("is silent while a planned contact lies ahead")
    if rule.inhibited_by != usual.inhibited_by:
        parts.append(f"is quiet while {' or '.join(rule.inhibited_by) or 'nothing'} fires")
    if rule.keep != usual.keep:
        parts.append(f"is kept {words(rule.keep)} once resolved" if rule.keep.us else "is dropped once resolved")
    if rule.severity != usual.severity:
        parts.append(f"is {rule.severity}")
    if rule.text is not None:
        parts.append(f"says “{rule.text}”")
    return "; ".join(parts or ["as is usual"]) + "."


def _notices(policy: Policy) -> Iterator[str]:
    notices, flap = policy.notices, policy.notices.flap
    if not notices.digest:
        yield "Nobody gets a digest."
        return
    yield f"Everybody gets a digest {times_in_words(notices)}, if there is something to say."
    if notices.quiet is not None:
        yield f"Nobody is told anything from {clock(notices.quiet.begins)} to {clock(notices.quiet.ends)}."
    yield "What falls into quiet or free time or an absence is told in the first working moment after."
    yield f"What nobody acknowledges is told again after {words(notices.repeat)}, on the clock of its rule."
    yield f"What fires {flap.count} times within {words(flap.within)} is told once as flapping, and not again until it"
    yield "was quiet for as long."


def _bounds(bounds: Bounds, clock: Clock, by: str | None) -> str:
    """`after 30 days`, `after 7 days for grade A and 30 days for others`."""
    named = [f"{words(length, clock)} for {by} {word}" for word, length in bounds.by.items()]
    if bounds.default is None:
        return f"after {', '.join(named)}, never for others" if named else "never"
    rest = words(bounds.default, clock)
    return f"after {', '.join(named)} and {rest} for others" if named else f"after {rest}"


def _later(length: Duration, clock: Clock) -> str:
    return f"after {words(length, clock)}" if length.us else "at once"


def _scorecards(policy: Policy) -> Iterator[str]:
    for role, lines in policy.scorecards.items():
        yield f"{role}:"
        total = sum((line.weight for line in lines), Decimal(0))
        for row in _table(
            (line.kpi, line.perspective.value, _percent(line.weight, total), _aim(line)) for line in lines
        ):
            yield f"  {row}"
    if policy.scorecards:
        yield "Percentages are shares of a card's weights, which need not add up to 100. Targets are for a month:"
        yield "of a sum or a count three times that for a quarter, of a rate or a mean the same."
        yield "A KPI without a value leaves its weight to the others."
    else:
        yield "No role has a scorecard: nobody is scored."


def _percent(weight: Decimal, total: Decimal) -> str:
    return f"{weight * 100 / total:.1f} %"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _aim(line: ScoreKpi) -> str:
    target = "only where a target is set" if line.target is None else f"target {line.target:f}"
    cap = "" if line.cap == 1 else f", counts up to {_plain(line.cap * 100)} % of it"
    return f"{target}{cap}" + (f", {line.better} is better" if line.better else "")


def _ratings(policy: Policy) -> Iterator[str]:
    yield ", ".join(f"{rating.name} from {rating.minimum:f}" for rating in policy.ratings) + "."
    if policy.ratings[-1].minimum > 0:
        yield f"A score below {policy.ratings[-1].minimum:f} has no rating."


def _table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    listed = list(rows)
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in listed]
