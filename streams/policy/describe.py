"""A policy in plain words, as `crmpulse policy check` prints it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from streams.policy.assessments import SUPERIOR
from streams.policy.calendar import WEEKDAYS
from streams.policy.cards import scorecards
from streams.policy.currency import ALWAYS
from streams.policy.durations import Clock, Duration
from streams.policy.model import Policy, StallBasis
from streams.policy.notices import clock, times_in_words
from streams.policy.recommendations import Adjusting, Advice
from streams.policy.rules import WATCHES, Bounds, RulePolicy, usual
from streams.policy.targets import Shares, Spread
from streams.policy.words import percent, plain, table
from streams.policy.zone import DAY, date_of

STALL_BASIS = {
    StallBasis.CREATED: "the opportunity was created",
    StallBasis.STAGE_ENTERED: "the opportunity entered the stage",
    StallBasis.LAST_CONTACT: "the customer was last reached",
    StallBasis.LAST_TWO_WAY_CONTACT: "the customer last got in touch",
    StallBasis.LAST_ACTIVITY: "somebody last reached or tried to reach the customer",
}
EVENTS = "Events"
"""The section of what has no heading of its own in `describe`."""
UNITS = {"s": "second", "m": "minute", "h": "hour", "d": "day"}


def describe(policy: Policy) -> str:
    """What the policy means, for a person at a terminal: some lines under each heading."""
    told = described(policy)
    titles = {EVENTS: f"Policy {policy.version}"}
    return "\n\n".join("\n".join([titles.get(n, n), *(f"  {line}" for line in told[n])]) for n in told)


def described(policy: Policy) -> dict[str, list[str]]:
    """What the policy means, in lines, by section."""
    told = {
        EVENTS: _events(policy),
        "Time": _time(policy),
        "Money": _money(policy),
        "Pipeline": _pipeline(policy),
        "Follow-up": _follow_up(policy),
        "Customers": _customers(policy),
        "Alerts": _alerts(policy),
        "Notices": _notices(policy),
        "Assessments": _assessments(policy),
        "Targets": _targets(policy),
        "Scorecards": scorecards(policy),
        "Ratings": _ratings(policy),
        "Recommendations": _recommendations(policy),
    }
    return {name: list(lines) for name, lines in told.items()}


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
    yield from table(
        (
            stage.name,
            "no probability" if stage.probability is None else f"{plain(stage.probability * 100)} % likely",
            "never stalls" if stage.stall_after is None else f"stalls {_bounds(stage.stall_after, clock, 'grade')}",
        )
        for stage in policy.stages
    )
    yield f"The time to a stall counts from when {STALL_BASIS[policy.stall_basis]}."


def _customers(policy: Policy) -> Iterator[str]:
    yield f"A customer is active for {words(policy.customers.active_for)} after a won opportunity or a contract."
    for one in policy.customers.segments:
        said = (("grade", one.grades), ("segment", one.segments))
        belong = " and ".join(f"of {what} {' or '.join(listed)}" for what, listed in said if listed)
        yield f"Customers {belong} are the segment {one.name}."


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
    if rule.period is not None:
        parts += _of_scores(rule, usual)
    elif rule.count != usual.count:
        parts.append(f"takes {rule.count} times")
    if rule.within is not None and rule.within != usual.within:
        parts.append(f"looks at {words(rule.within)} at a time")
    if rule.hold != usual.hold:
        parts.append(f"fires {_later(rule.hold, rule.clock)}")
    if rule.lasts is not None and rule.lasts != usual.lasts:
        parts.append(f"ends by itself after {words(rule.lasts, rule.clock)}")
    if rule.before is not None and rule.before != usual.before:
        parts.append(f"begins {words(rule.before, rule.clock)} before its time")
    if rule.below != usual.below and rule.below is not None and rule.period is None:
        parts.append(f"begins below {plain(rule.below * 100)} % of what is expected")
    if rule.recovers != usual.recovers and rule.recovers is not None:
        parts.append(f"ends from {plain(rule.recovers * 100)} % on")
    if rule.warm_up != usual.warm_up and rule.warm_up is not None:
        parts.append(f"begins once {plain(rule.warm_up * 100)} % of the period are over")
    if rule.parts != usual.parts:
        parts.append(f"tells of {', '.join(f'{plain(part * 100)} %' for part in rule.parts)}")
    if rule.tolerance != usual.tolerance and rule.tolerance is not None:
        parts.append(f"allows {plain(rule.tolerance * 100)} % more or less")
    if rule.roles:
        parts.append(f"holds for the role {' or '.join(rule.roles)} alone")
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


def _of_scores(rule: RulePolicy, usual: RulePolicy) -> Iterator[str]:
    if rule.below != usual.below and rule.below is not None:
        yield f"holds below {plain(rule.below)} points"
    if rule.above != usual.above and rule.above is not None:
        yield f"holds from {plain(rule.above)} points on"
    if rule.count != usual.count:
        yield f"takes {rule.count} of them in a row"
    if rule.period != usual.period:
        yield f"judges every {rule.period} that is over"


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


def _assessments(policy: Policy) -> Iterator[str]:
    weights, least = policy.assessments.weights, policy.assessments.min_raters
    total = sum(weights.values(), Decimal(0))
    shares = ", ".join(f"{relation} {percent(weight, total)}" for relation, weight in weights.items())
    yield f"A competency is the word of: {shares}."
    if least > 1 and set(weights) != {SUPERIOR}:
        yield f"A relation with fewer than {least} raters in a period leaves its weight to others; superiors need one."


def _targets(policy: Policy) -> Iterator[str]:
    seasons = ", ".join(f"{plain(weight)}" for weight in policy.targets.seasons)
    by = {
        Spread.EQUAL: "evenly over its months",
        Spread.WORKING_DAYS: "over its months by their working days",
        Spread.SEASONAL: f"over its months by the season ({seasons})",
    }[policy.targets.spread]
    yield f"A target of a year or a quarter is spread {by},"
    over = {
        Shares.EQUAL: "evenly over its people",
        Shares.LAST_YEAR: "over its people by what each reached in the year before",
    }[policy.targets.shares]
    yield f"one of a team, a department or the company {over}. What is set for a part is"
    yield "taken off first. Targets of rates and means are not spread."
    if policy.targets.shares is Shares.LAST_YEAR:
        yield "Until that year is over all weigh the same; who has no figure of it weighs as the others on average."
    if policy.targets.pro_rata:
        yield "Scorecards ask less, by working days, of who was hired, left or was away in the period."


def _ratings(policy: Policy) -> Iterator[str]:
    yield ", ".join(f"{rating.name} from {rating.minimum:f}" for rating in policy.ratings) + "."
    if policy.ratings[-1].minimum > 0:
        yield f"A score below {policy.ratings[-1].minimum:f} has no rating."
    if policy.distribution.shares:
        parts = ", ".join(f"{plain(share * 100)} % {name}" for name, share in policy.distribution.shares)
        yield f"Among those of a role in a region, whatever their scores: {parts}."


def _recommendations(policy: Policy) -> Iterator[str]:
    given = policy.recommendations
    for kind, proposal in given.proposals.items():
        if not proposal.enabled or (kind == Advice.TRAINING and not given.courses):
            continue
        bound = f"below {proposal.below:f}" if proposal.above is None else f"of {proposal.above:f} and more"
        span = f"a {proposal.period}" if proposal.count == 1 else f"{proposal.count} {proposal.period}s in a row"
        roles = f", for the role {' or '.join(proposal.roles)} alone" if proposal.roles else ""
        yield f"{kind.replace('_', ' ')}: after {span} with a score {bound}{roles}."
    if given.adjusting.enabled:
        yield from _adjusting(given.adjusting)
    for kpi, course in given.courses.items():
        yield f"the course {course} where {kpi} is the weakest."
    yield f"They are kept for {words(given.keep)}. A person decides about each of them."


def _adjusting(given: Adjusting) -> Iterator[str]:
    span = f"a {given.period}" if given.count == 1 else f"{given.count} {given.period}s in a row"
    roles = f", for the role {' or '.join(given.roles)} alone" if given.roles else ""
    bounds = f"below {plain(given.below * 100)} % or of {plain(given.above * 100)} % and more"
    yield f"target adjustment: after {span} with an attainment {bounds}"
    yield f"of a target that was set for the employee{roles}: the mean of what was reached."
