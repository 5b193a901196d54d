from collections import Counter

import pytest

from streams.core.customers import Customers
from streams.core.stage import EVENTS
from streams.events import EVENT_TYPES
from streams.policy import default_policy
from tests.bench import standing
from tests.bench.growth import KINDS, Cost, House, line, pieces, plan, ratios, records
from tests.unit.core.kit import inbox, parsed, us


def test_types_and_customers_take_turns() -> None:
    planned = list(plan(first=0, count=400, customers=100, types=4))
    assert Counter(kind for _, kind in planned) == dict.fromkeys(KINDS[:4], 100)
    assert Counter(customer for customer, _ in planned) == dict.fromkeys(range(100), 4)


def test_a_plan_goes_on_where_the_one_before_it_ended() -> None:
    whole = list(plan(0, 50, 1_000, 16))
    assert whole == [*plan(0, 20, 1_000, 16), *plan(20, 30, 1_000, 16)]


@pytest.mark.parametrize("number", range(len(KINDS)), ids=KINDS)
def test_every_type_is_one_that_the_core_uses(number: int) -> None:
    stage = Customers(default_policy(), 0)
    stage.apply(EVENTS, inbox([line(number, 7, KINDS[number])]), 0)
    topic = EVENT_TYPES[KINDS[number]].TOPIC
    assert stage.flush().counts == {("event", topic, KINDS[number], "applied"): 1}


def test_events_come_in_order() -> None:
    times = [parsed(line(number, 0, KINDS[number])).time for number in range(len(KINDS))]
    assert times == sorted(set(times))


def test_records_hold_every_event_once() -> None:
    flushes = records(0, 5_700, 100, 1)
    assert [len(flush) for flush in flushes] == [10, 2]
    assert sum(record.count(b"contact.logged") for flush in flushes for record in flush) == 5_700


def test_pieces_are_of_one_size_but_for_the_last() -> None:
    assert pieces([b"a", b"b", b"c"], 2) == [[b"a", b"b"], [b"c"]]


def test_what_was_applied_is_counted_and_the_time_of_every_stage_too() -> None:
    house = House()
    house.drive(iter(records(0, 40, 10, 4)))
    assert house.applied == 40
    assert all(seconds > 0 for seconds in (*house.spent, *house.yardsticks))
    assert len(house.yardsticks) == 1


def test_the_standing_customers_have_what_they_are_said_to_have() -> None:
    house = House()
    house.restore(iter([*standing.ledger(2_500), *standing.customers(2_500)]))
    stage = house.customers
    stage.restored()
    entries = stage.entries()
    assert (entries["customers"], entries["opportunities"], entries["subjects"]) == (2_500, 2_500, 2_500)
    customer = stage.customers[standing.name(2_499)]
    assert len(customer.contacts.times) == 10
    assert list(customer.open) == [standing.opportunity(2_499)]
    assert customer.owners.at(us(standing.NEXT_DAY)) == standing.owner(2_499)
    assert stage.alerting.standing == {}
    contacts = [sum(bucket.get("contacts", 0) for name, bucket in buckets.items() if name[0] == "m")
                for buckets in stage.ledger.totals.values()]  # fmt: skip
    assert Counter(contacts) == {30: 500, 20: 500}


def test_nothing_of_the_standing_customers_is_due_for_three_weeks() -> None:
    house = House()
    house.restore(standing.customers(1_000))
    house.customers.restored()
    start = us(standing.NEXT_DAY)
    house.tick(start)
    assert house.customers.alerting.next_deadline() > start + 21 * 86_400_000_000


def cost(us_: float, yardstick: float = 1.0) -> Cost:
    """Of a process in which an event took so many microseconds."""
    return Cost(us_ / 2, us_ / 4, us_ / 4, 0.0, 0.0, 0.0, yardstick)


def test_ratios_are_to_the_smallest_size_and_to_the_fewest_types() -> None:
    costs = {(10, 1): cost(8.0), (10, 4): cost(12.0), (100, 1): cost(10.0), (100, 4): cost(18.0)}
    assert ratios(costs) == {(10, 1): (1.0, 1.0), (10, 4): (1.0, 1.5), (100, 1): (1.25, 1.0), (100, 4): (1.5, 1.8)}


def test_a_machine_that_was_half_as_fast_in_between_changes_no_ratio() -> None:
    assert ratios({(10, 1): cost(8.0), (100, 1): cost(20.0, yardstick=2.0)})[100, 1] == (1.25, 1.0)
