"""The simulated year: in order, valid, the same for a seed, and believable."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from streams.events import (
    EVENT_TYPES,
    TOPICS,
    ContactLogged,
    ContactPlanned,
    EmployeeUpserted,
    Event,
    InvoiceIssued,
    OpportunityCreated,
    OpportunityLost,
    OpportunityReopened,
    OpportunityStageChanged,
    OpportunityWon,
    PaymentReceived,
    PaymentRefunded,
    TargetSet,
    decode,
    encode,
    instants,
)
from streams.policy import default_policy
from streams.simulate import Scale, simulate
from streams.simulate.contacts import changes
from streams.simulate.world import World

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
SMALL = Scale(seed=8, employees=20, customers=400, start=START, end=END)
RARE = {"customer.merged", "customer.erased"}
NEVER = {"alert.acknowledged", "review.decided", "employee.erased"}
"""Answers to what only a running engine says, and the one thing that nobody in here asks for."""


@pytest.fixture(scope="module")
def year() -> list[Event]:
    return list(simulate(SMALL))


def _digest(scale: Scale) -> str:
    return hashlib.sha256(b"\n".join(map(encode, simulate(scale)))).hexdigest()


def test_events_come_in_the_order_of_their_times_from_the_start_until_before_the_end(year: list[Event]) -> None:
    assert year[0].time == START
    assert all(one.time <= other.time for one, other in pairwise(year))
    assert END.timestamp() - 3 * 86_400 < year[-1].time.timestamp() < END.timestamp()


def test_every_event_keeps_the_contract_and_has_an_id_of_its_own(year: list[Event]) -> None:
    assert all(decode(encode(event)) == event for event in year)
    assert len({event.id for event in year}) == len(year)


def test_every_topic_and_every_type_occurs(year: list[Event]) -> None:
    assert {event.data.TOPIC for event in year} == set(TOPICS)
    assert {event.type for event in year} | RARE == set(EVENT_TYPES) - NEVER


def test_customers_change_in_every_way_and_nine_in_ten_remain() -> None:
    world = World(Scale(employees=10), busy=1000)
    for _ in range(100):
        world.welcome(world.dice.pick(world.staff.people))
    world.begin(changes(world))
    kinds = Counter(event.type for event in islice(world.run(), 1000))
    assert set(kinds) == RARE | {"customer.owner_changed", "customer.upserted"}
    assert kinds["customer.merged"] + kinds["customer.erased"] == sum(one.gone for one in world.customers) == 10


def test_a_seed_makes_the_same_events_and_another_seed_others() -> None:
    small = Scale(seed=1, employees=10, customers=50, events=2000)
    other = Scale(seed=2, employees=10, customers=50, events=2000)
    assert _digest(small) == _digest(small) != _digest(other)


def test_the_events_of_a_seed_never_change() -> None:
    # A change of the simulation changes this figure; Python, its version and the process must not.
    assert _digest(Scale(seed=1, employees=10, customers=50, events=5000))[:16] == "c05b9fb647084f8c"


def test_another_process_with_another_hash_seed_makes_the_same_events() -> None:
    code = (
        "import sys; from streams.events import encode; from streams.simulate import Scale, simulate\n"
        "for event in simulate(Scale(seed=3, employees=10, customers=50, events=2000)):\n"
        "    sys.stdout.buffer.write(encode(event) + b'\\n')"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert outputs.pop().count(b"\n") == 2000


@pytest.mark.parametrize(
    "scale",
    [
        Scale(employees=10, customers=100, events=5_000),
        Scale(employees=10, customers=100, events=30_000),
        Scale(employees=20, customers=400, start=START, end=datetime(2026, 7, 1, tzinfo=UTC), events=20_000),
    ],
    ids=["idle", "busy", "half a year"],
)
def test_as_many_events_as_wanted_fill_about_the_time(scale: Scale) -> None:
    events = list(simulate(scale))
    assert scale.end is not None
    assert len(events) == scale.events
    assert (events[-1].time - scale.start) / (scale.end - scale.start) == pytest.approx(1, abs=0.2)


def test_without_an_end_it_goes_on(year: list[Event]) -> None:
    endless = simulate(replace(SMALL, end=None))
    assert list(islice(endless, len(year))) == year
    assert next(endless).time >= END


def test_the_smallest_organisation_works() -> None:
    events = list(simulate(Scale(teams=1, employees=1, customers=1, events=1000)))
    assert len(events) == 1000
    assert {event.data.employee_id for event in events if isinstance(event.data, ContactLogged)} == {"emp-001"}


def test_contacts_are_made_in_office_hours_of_the_time_zone(year: list[Event]) -> None:
    zone = ZoneInfo(SMALL.timezone)
    times = [event.time.astimezone(zone) for event in year if isinstance(event.data, ContactLogged)]
    assert {time.weekday() for time in times} == set(range(5))
    assert {time.hour for time in times if (time.hour, time.minute, time.second) != (18, 0, 0)} == set(range(9, 18))


def test_stages_are_those_of_the_policy_and_every_step_begins_where_the_last_ended(year: list[Event]) -> None:
    known = {stage.name for stage in default_policy().stages}
    now: dict[str, str] = {}
    for event in year:
        match event.data:
            case OpportunityCreated(opportunity_id=one, stage=stage):
                assert one not in now
                now[one] = stage
            case OpportunityStageChanged(opportunity_id=one, from_stage=before, to_stage=stage):
                assert now[one] == before != stage
                now[one] = stage
            case OpportunityReopened(opportunity_id=one, to_stage=stage):
                assert now[one] == "closed"
                now[one] = stage
            case OpportunityWon(opportunity_id=one) | OpportunityLost(opportunity_id=one):
                assert now[one] != "closed"
                now[one] = "closed"
    assert set(now.values()) <= known | {"closed"}
    assert len(set(now.values())) > 4


def test_stages_may_be_given() -> None:
    events = simulate(Scale(employees=5, customers=20, events=3000, stages=("Try", "Buy")))
    assert {event.data.stage for event in events if isinstance(event.data, OpportunityCreated)} == {"Try"}


def test_the_star_closes_and_the_bad_closer_does_not(year: list[Event]) -> None:
    owner: dict[str, str] = {}
    won, lost = Counter[str](), Counter[str]()
    for event in year:
        match event.data:
            case OpportunityCreated(opportunity_id=one, owner_id=who):
                owner[one] = who
            case OpportunityWon(opportunity_id=one):
                won[owner[one]] += 1
            case OpportunityLost(opportunity_id=one):
                lost[owner[one]] += 1
    rates = {who: won[who] / (won[who] + lost[who]) for who in owner.values()}
    star, bad = "emp-002", "emp-003"
    assert rates[bad] < 0.2 < 0.5 < rates[star]
    assert 0.3 < won.total() / (won.total() + lost.total()) < 0.6


def test_the_neglectful_one_plans_contacts_and_does_not_make_them(year: list[Event]) -> None:
    planned, made = Counter[str](), Counter[str]()
    for event in year:
        match event.data:
            case ContactPlanned(employee_id=who):
                planned[who] += 1
            case ContactLogged(employee_id=who, opportunity_id=None, customer_id=str()):
                made[who] += 1
    assert [who for who in made if planned[who] > 2 * made[who]] == ["emp-004"]


def test_plans_are_mostly_kept_by_the_others(year: list[Event]) -> None:
    day = 86_400_000_000
    plans: dict[str, int] = {}
    kept = missed = 0
    for event in year:
        match event.data:
            case ContactLogged(customer_id=str() as customer, connected=True) if event.data.employee_id != "emp-004":
                at = instants.to_us(event.time)
                if customer in plans:
                    late = at - plans.pop(customer) > day
                    kept, missed = kept + (not late), missed + late
                if isinstance(event.data.next_contact_at, datetime):
                    plans[customer] = instants.to_us(event.data.next_contact_at)
    assert 0.02 < missed / (kept + missed) < 0.3


def test_business_comes_in_seasons(year: list[Event]) -> None:
    months = Counter(event.time.month for event in year if isinstance(event.data, OpportunityCreated))
    assert months[3] + months[6] + months[9] > 1.3 * (months[1] + months[7] + months[8])


def test_an_invoice_is_never_paid_beyond_its_amount_and_most_are_paid(year: list[Event]) -> None:
    asked, paid = {}, defaultdict[str, int](int)
    for event in year:
        match event.data:
            case InvoiceIssued(invoice_id=one, amount=money):
                asked[one] = int(money.amount * 100)
            case PaymentReceived(invoice_id=str() as one, amount=money):
                paid[one] += int(money.amount * 100)
            case PaymentRefunded(invoice_id=str() as one, amount=money):
                assert 0 < money.amount * 100 <= paid[one]
    assert all(paid[one] <= amount for one, amount in asked.items())
    assert sum(paid[one] == amount for one, amount in asked.items()) / len(asked) > 0.8


def test_everybody_has_targets_for_every_month(year: list[Event]) -> None:
    people = {event.data.employee_id for event in year if isinstance(event.data, EmployeeUpserted)}
    set_for = {
        (event.data.scope_id, event.data.period)
        for event in year
        if isinstance(event.data, TargetSet) and event.data.scope == "employee"
    }
    assert {(who, f"2026-{month:02d}") for who in people for month in range(1, 13)} <= set_for
