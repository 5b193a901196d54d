from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from streams.events import ContactLogged
from tests.bench.live import CUSTOMERS, EMPLOYEES, PLAN, PROBED, PROBES, Contact, Load
from tests.unit.core.kit import parsed

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
COUNT = 20_000


def contacts(seed: int, count: int) -> list[Contact]:
    load = Load(seed)
    return [load.contact(START + timedelta(milliseconds=number)) for number in range(count)]


@pytest.fixture(scope="module")
def many() -> list[Contact]:
    """A good lot of one load."""
    return contacts(1, COUNT)


def test_who_is_probed_has_one_customer_who_has_nobody_else(many: list[Contact]) -> None:
    pairs = {(one.employee, one.customer) for one in many if one.employee in PROBED}
    assert len(pairs) == len({employee for employee, _ in pairs}) == PROBES
    probed = {customer for _, customer in pairs}
    assert {one.employee for one in many if one.customer in probed} == PROBED


def test_who_is_probed_is_as_busy_as_the_others(many: list[Contact]) -> None:
    busy = Counter(one.employee for one in many)
    assert len(busy) == EMPLOYEES
    assert {busy[employee] for employee in PROBED} == {COUNT // EMPLOYEES}
    assert max(busy.values()) < 2 * COUNT // EMPLOYEES


def test_with_some_customers_every_contact_plans_the_next_and_with_others_none(many: list[Contact]) -> None:
    planned = [one for one in many if one.planned]
    assert len(planned) == COUNT // PLAN
    assert {one.customer for one in planned}.isdisjoint(one.customer for one in many if not one.planned)
    assert not PROBED.intersection(one.employee for one in planned)


def test_the_line_says_what_was_sent(many: list[Contact]) -> None:
    for number, one in enumerate(many[:40]):
        event = parsed(one.line)
        assert isinstance(event.data, ContactLogged)
        assert (event.data.employee_id, event.data.customer_id) == (one.employee, one.customer)
        assert event.time == START + timedelta(milliseconds=number)
        assert bool(event.data.next_contact_at) is one.planned


def test_the_same_seed_gives_the_same_load(many: list[Contact]) -> None:
    assert contacts(1, 500) == many[:500] != contacts(2, 500)


def test_the_ground_has_everybody_who_occurs(many: list[Contact]) -> None:
    ground = [parsed(line).data for line in Load(1).ground(START)]
    employees = {getattr(data, "employee_id", None) for data in ground}
    customers = {getattr(data, "customer_id", None) for data in ground}
    assert len(ground) == EMPLOYEES + CUSTOMERS
    assert {one.employee for one in many} <= employees
    assert {one.customer for one in many} <= customers
