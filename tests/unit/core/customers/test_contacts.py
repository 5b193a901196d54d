"""The interactions with a customer by time, and what they credit: distinct customers exactly, in any order."""

from __future__ import annotations

from itertools import permutations
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.customers.contacts import CHANNELS, INBOUND, MADE, Contacts
from streams.core.formats import reader, tagged
from streams.core.history import END
from streams.core.kpis import values
from streams.core.periods import buckets_of, distinct_in
from streams.events import ContactLogged
from tests.unit.core.kit import DAY, HOUR, Partition, attempt, contact, event, policy, us


def test_the_questions_that_rules_ask() -> None:
    contacts = Contacts()
    for time, who, made, inbound in [(10, "ann", True, False), (30, "bob", True, True), (20, "ann", False, True)]:
        contacts.add(time, who, made, inbound)
    assert list(contacts.times) == [10, 20, 30]
    assert [contacts.before(time, MADE) for time in (10, 11, 30, 31)] == [None, 10, 10, 30]
    assert [contacts.before(time, 0) for time in (20, 21)] == [10, 20]
    assert contacts.before(99, MADE | INBOUND) == 30
    assert [contacts.after(time, MADE) for time in (9, 10, 30)] == [10, 30, END]
    assert contacts.between(10, 30, 0) == [10, 20]
    assert contacts.between(10, 31, MADE) == [10, 30]
    assert contacts.between(0, 99, MADE | INBOUND) == [30]
    assert [contacts.last_by_anyone(time) for time in (9, 10, 20, 30)] == [None, "ann", "ann", "bob"]


def test_the_channel_of_an_instant_does_not_depend_on_what_came_first() -> None:
    made = [("call", True), ("visit", True), ("other", False)]
    for order in permutations(made):
        contacts = Contacts()
        contacts.add(5, "ann", True, False, "email")
        for channel, reached in order:
            contacts.add(10, "ann", reached, False, channel)
        contacts.add(20, "ann", True, False)
        assert [contacts.channel(time, MADE) for time in (5, 10, 15, 20)] == ["email", "visit", None, None]
        assert contacts.channel(10, 0) == "other"


@pytest.mark.parametrize("order", list(permutations(["ann", "bob", "cid"])))
def test_at_one_instant_the_greater_employee_comes_later(order: tuple[str, ...]) -> None:
    contacts = Contacts()
    contacts.add(20, "zoe", True, False)
    for who in order:
        contacts.add(10, who, True, False)
    assert [contacts.who(index) for index in range(4)] == ["ann", "bob", "cid", "zoe"]
    assert contacts.last_by_anyone(10) == "cid"
    assert contacts.between(0, 30, MADE) == [10, 20]


def test_what_a_contact_counts_for() -> None:
    partition = Partition(policy())
    partition.tell(contact("02"), contact("02 10:00", channel="visit"), attempt("03"), contact("03", employee_id="bob"))
    assert partition.credit() == {
        "contacts": "3",
        "contacts:call": "2",
        "contacts:visit": "1",
        "contacts_connected": "2",
        "customer_days": "2",
        "customers@month": "1",
        "customers@quarter": "1",
        "customers@year": "1",
        "customers@days": "1",
    }
    assert partition.credit("bob")["customers@month"] == "1"


def test_a_contact_with_a_lead_counts_as_a_contact_and_as_no_customer() -> None:
    partition = Partition(policy())
    logged = {"employee_id": "ann", "lead_id": "l", "channel": "call", "direction": "inbound", "connected": False}
    partition.tell(event("02", "contact.logged", **logged))
    assert partition.credit() == {"contacts": "1", "contacts:call": "1"}


SPANS = st.integers(0, 80)
LOGGED = st.lists(st.tuples(st.sampled_from(["c1", "c2"]), st.sampled_from(["ann", "bob"]), SPANS), max_size=14)
START = us("2025-12-20T00:00:00Z")


@given(LOGGED, st.sampled_from([6 * HOUR, 36 * HOUR]), st.sampled_from(["UTC", "Asia/Shanghai"]))
def test_distinct_customers_are_exact_for_every_period(
    logged: list[tuple[str, str, int]], scale: int, timezone: str
) -> None:
    rules = policy(timezone=timezone)
    partition, zone = Partition(rules), rules.zone
    partition.tick(START)
    for where, who, step in logged:
        partition.tell(contact(START + step * scale, customer_id=where, employee_id=who))
    now = START + 80 * scale
    partition.tick(now)
    today = zone.day(now)
    days = [(where, who, zone.day(START + step * scale)) for where, who, step in logged]
    for who in ("ann", "bob"):
        sums = partition.stage.ledger.totals.get(who, {})
        for period in ("7d", "30d", "90d", "2025-12", "2026-01", "2026-Q1", "2025", "2026"):
            measures: dict[str, int] = {}
            for bucket in buckets_of(period, today):
                for name, value in sums.get(bucket, {}).items():
                    measures[name] = measures.get(name, 0) + value
            within = _days_of(period, today)
            contacted = {where for where, by, day in days if by == who and day in within}
            found = values(measures, distinct_in(period), contains_now=False)
            told = found.get("contacts_per_customer")
            assert (told.denominator if told else 0) == len(contacted)
            on_days = {(where, day) for where, by, day in days if by == who and day in within}
            assert found["customers_contacted"].value == len(on_days)


def _days_of(period: str, today: int) -> range:
    length = {"7d": 7, "30d": 30, "90d": 90}.get(period)
    if length:
        return range(today + 1 - length, today + 1)
    first = {"2025-12": "2025-12-01", "2026-01": "2026-01-01", "2026-Q1": "2026-01-01"}
    last = {"2025-12": "2026-01-01", "2026-01": "2026-02-01", "2026-Q1": "2026-04-01", "2025": "2026-01-01"}
    return range(
        us(f"{first.get(period, f'{period}-01-01')}T00:00:00Z") // DAY,
        us(f"{last.get(period, '2027-01-01')}T00:00:00Z") // DAY,
    )


def test_an_alert_says_by_which_channel_the_last_contact_was() -> None:
    partition = Partition(policy(contact={"intervals": {"default": "7d"}}))
    partition.tell(contact("01", channel="visit"), attempt("02", channel="email"))
    for one in (partition.restarted(), partition):
        (alert,) = one.tick("10")
        assert (alert["values"]["last_contact_at"], alert["values"]["last_contact_channel"]) == (
            "2026-03-01T00:00:00Z",
            "visit",
        )


def test_every_channel_of_the_contract_is_kept_in_a_byte() -> None:
    sizes = []
    for number in (100, 200):
        partition = Partition(policy())
        partition.tell(*(contact(us("02") + n, channel="call") for n in range(number)))
        (month,) = (reader(list[object])(v) for k, v in partition.states.items() if k.startswith(b'["contacts",'))
        sizes.append(len(msgspec.msgpack.encode(month[4])))
    assert sizes[1] - sizes[0] == 100
    (kind,) = (one for one in msgspec.structs.fields(ContactLogged) if one.name == "channel")
    assert set(CHANNELS[1:]) == set(get_args(get_args(kind.type)[0]))


def test_contacts_that_a_former_release_kept_have_no_channel() -> None:
    former = Partition(policy(contact={"intervals": {"default": "7d"}}))
    former.tell(contact("01"))
    for key, value in former.states.items():
        if key.startswith(b'["contacts",'):
            former.states[key] = tagged(reader(list[object])(value)[:4])
    now = former.restarted()
    now.tell(contact("02", channel="chat"))
    assert [now.stage.customers["c"].contacts.channel(us(day), MADE) for day in ("01", "02")] == [None, "chat"]
