"""What a customer answered when it was asked how it found an employee's work, as far as KPIs go by the customer.

An answer counts for the segments that the customer belonged to as it gave it. Which these are may become known later,
so answers are kept, in a file of the customer.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable

from streams.core.customers.files import Answer, Answers
from streams.core.customers.state import Customer
from streams.core.history import take_out
from streams.core.ledger import Ledger
from streams.events import Event, FeedbackReceived
from streams.policy import Policy

SCALES = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
"""The scores that are answers, lowest and highest, by kind of feedback."""
_KEPT = ("csat", "nps")
_LIKED = {"csat": 4, "nps": 9}
_DISLIKED = {"csat": 0, "nps": 6}
"""Scores from here on, and up to here, are of those who are content, and who are not."""


def is_answer(data: FeedbackReceived) -> bool:
    """Whether it has a score of the scale of its kind."""
    if data.kind not in SCALES or data.score is None:
        return False
    lowest, highest = SCALES[data.kind]
    return lowest <= data.score <= highest


def is_odd(data: FeedbackReceived) -> bool:
    """Whether it is of a kind that is asked for by a scale, and has no score of that."""
    return data.kind in SCALES and not is_answer(data)


def opinion(data: FeedbackReceived) -> int:
    """1 for who is content (satisfied, a promoter), -1 for a detractor, else 0; of an answer on one of these scales."""
    assert data.score is not None
    return (data.score >= _LIKED[data.kind]) - (data.score <= _DISLIKED[data.kind])


def take(customer: Customer, event: Event, data: FeedbackReceived, time: int, policy: Policy, ledger: Ledger) -> None:
    """Keep an answer, and credit it."""
    if data.kind in _KEPT and is_answer(data):
        answer = Answer(time, event.source, event.id, data.employee_id, data.kind, opinion(data))
        kept = answers_of(customer) or Answers("")
        insort(kept.log, answer, key=lambda entry: entry[:4])
        customer.refile(kept)
        _post([answer], customer, policy, ledger, 1)


def take_out_of(customer: Customer, event: Event, data: FeedbackReceived, time: int) -> None:
    """Let an answer be one no more."""
    if (kept := answers_of(customer)) is not None:
        take_out(kept.log, (time, event.source, event.id, data.employee_id))
        customer.refile(kept)


def answers_of(customer: Customer) -> Answers | None:
    """The file of a customer's answers."""
    kept = customer.files.get(Answers.KIND)
    assert kept is None or isinstance(kept, Answers)
    return kept


def post(customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    """Credit (sign 1) or take back (sign -1) all answers."""
    if (kept := answers_of(customer)) is not None:
        _post(kept.log, customer, policy, ledger, sign)


def _post(answers: Iterable[Answer], customer: Customer, policy: Policy, ledger: Ledger, sign: int) -> None:
    if not policy.customers.segments:
        return
    for answer in answers:
        for segment in customer.segments_at(answer.time, policy):
            page = ledger.page(answer.employee, policy.zone.day(answer.time))
            page[f"segment_{answer.kind}_answers:{segment}"] += sign
            if answer.kind == "csat":
                page[f"segment_satisfied:{segment}"] += sign * answer.opinion
            elif answer.opinion:
                page[f"segment_{'promoters' if answer.opinion > 0 else 'detractors'}:{segment}"] += sign
