"""Records of other releases: those of before there was a version tag are read, those of a later format are refused.

`untagged.json` holds what the first release wrote for `EVENTS`: by stage, the state's keys and values in base64. What
the stage of employees keeps are the facts as they came.
"""

from __future__ import annotations

import base64
import json
import re
from array import array
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from streams.agents.checkpoint import Checkpoint, decode
from streams.core.aims import Aim
from streams.core.company import Company
from streams.core.customers import Customers
from streams.core.customers.packed import PackedShelf
from streams.core.employees import Employees
from streams.core.formats import FORMAT, NewerFormat, reader, tagged
from streams.core.ratio import Ratio
from streams.core.stage import EVENTS, TICK, Stage
from tests.unit.core.customers.test_storage import looked_at
from tests.unit.core.kit import contact, created, customer, deal, employee, event, inbox, money, policy, tick, us
from tests.unit.core.works import Works, restore

OLD: dict[str, dict[bytes, bytes]] = {
    stage: {key.encode(): base64.b64decode(value) for key, value in records.items()}
    for stage, records in json.loads((Path(__file__).parent / "untagged.json").read_text(encoding="utf-8")).items()
}
POLICIES = {"customers": b'["policy",0]', "employees": b'["policy"]', "company": b'["policy"]'}
"""The key of the policy in each state; the first release kept none."""
PUBLISHED = {"employees": {b'["published","ann"]', b'["published","bob"]'}}
"""What is published of whom, by stage; the first release worked it out."""
NOTICES = re.compile(rb'"notice |"digest"|"goals"')
"""What recipients are told, of goals too, in the keys of its records; the first release told nobody anything."""
NO_INVOICE = b'["invoice","c",""]'
"""The sums of receipts that name no invoice, which former releases kept."""
LINES = [
    employee("01", id="e1", name=None, active=False, level="3"),
    event("01", "target.set", id="t1", scope="employee", scope_id="ann", kpi="won_amount", period="2026-03",
          value="1.5"),
    customer("01", id="c1", owner_id="ann", grade="gold"),
    contact("02", id="c2", next_contact_at="09", next_step="中文", employee_id="bob"),
    created("05", id="o1", amount=money("100.25")),
    deal("06", "updated", id="o2", amount=None, owner_id=None),
    event("09", "payment.received", id="p1", payment_id="p", customer_id="c", employee_id="ann",
          amount=money("999999999999999999.999999999999999999")),
]  # fmt: skip


def restored(stage: str) -> Any:
    return used(stage, OLD[stage])


def used(stage: str, records: dict[bytes, bytes]) -> Any:
    """A stage that was restored from records; what is on its shelf is read no sooner than it is needed."""
    shelf = PackedShelf() if stage == "customers" else None
    makes: dict[str, Callable[[], Stage]] = {
        "customers": lambda: Customers(policy(), 0, shelf=shelf),
        "employees": lambda: Employees(policy(), 0),
        "company": lambda: Company(policy(), 0),
    }
    found = makes[stage]()
    restore(found, list(records.items()), shelf)
    if isinstance(found, Customers) and shelf is not None:
        assert len(dict(found.customers)) == 1
        assert all(found.customers.seen(subject) for subject, _ in shelf.values("seen"))
    return found


def goal(stage: Employees) -> Aim | None:
    return stage.employees["ann"].aims.of("won_amount", "2026-03", policy())


@pytest.fixture(scope="module")
def works() -> Works:
    """The same events in the code of now."""
    works = Works(policy())
    works.tell(LINES)
    works.flush()
    works.tick(us("20"))
    return works


def without_ladders(stage: Customers) -> Customers:
    """The same, but for what the first release did not say of an alert: how far up it is, who hears of it, whether
    anything keeps it quiet, and by which channel the last contact was."""
    for known in stage.customers.values():
        known.contacts.channels = array("b", bytes(len(known.contacts.channels)))
        for holder in known.holders():
            holder.standing = {
                key: msgspec.structs.replace(alert, level=0, recipients=(), suppressed=None, channel=None)
                for key, alert in holder.standing.items()
            }
    return stage


def now_told(alerts: list[Any]) -> list[Any]:
    """The alerts of the first release with the fields of now, their ladders left out."""
    return [[*alert, None, None, None, None] for alert in alerts]


UNCOUNTED = {"overdue_episodes", "stalled_episodes"}
"""Measures that the first release did not post."""


def counted_then(measures: dict[str, Any]) -> dict[str, Any]:
    """Of some measures those that the first release posted."""
    return {name: value for name, value in measures.items() if name not in UNCOUNTED}


def without_firings(content: Any) -> Any:
    """A record without the measures that the first release did not post."""
    if isinstance(content, dict):
        return counted_then(content)
    return [counted_then(part) if isinstance(part, dict) else part for part in content]


def only_firings(content: Any) -> bool:
    """Whether a record, of a bucket or of what is told of it, holds nothing else."""
    sums = content[-1] if isinstance(content, list) and content else content
    return isinstance(sums, dict) and bool(sums) and not counted_then(sums)


def test_the_customers_of_the_first_release_are_those_of_now(works: Works) -> None:
    old, new = restored("customers"), works.customers[0].stage
    assert isinstance(new, Customers)
    assert looked_at(without_ladders(old)) == looked_at(without_ladders(new))
    assert old.ledger.totals == {
        who: {bucket: counted_then(sums) for bucket, sums in buckets.items() if counted_then(sums)}
        for who, buckets in new.ledger.totals.items()
    }
    assert old.organisation.record("ann") == new.organisation.record("ann")
    assert old.organisation.team_at("ann", us("02")) == "north"
    # What had ended the first release did not write down.
    assert (old.clock, old.entries() | {"over": 2}, old.alerts()) == (new.clock, new.entries(), new.alerts())


def test_the_customers_of_the_first_release_come_into_the_funnel(works: Works) -> None:
    old, new = restored("customers"), works.customers[0].stage
    assert isinstance(new, Customers)
    assert old.funnel.totals == {}
    old.apply(TICK, tick(us("20")), 100)
    old.funnel.settle(us("20"))
    assert old.funnel.totals == new.funnel.totals != {}


def test_what_the_first_release_did_not_count_is_counted_once(works: Works) -> None:
    old, new = restored("customers"), works.customers[0].stage
    assert isinstance(new, Customers)
    for offset in range(2):
        old.apply(TICK, tick(us("20")), 100 + offset)
        old.flush()
        assert old.ledger.totals == new.ledger.totals
    # The plan of the 2nd for the 9th was overdue from the 10th, and the deal of the 5th stalled after 10 days.
    assert old.ledger.totals["ann"]["d20522"] == {"overdue_episodes": 1}
    assert old.ledger.totals["ann"]["d20527"] == {"stalled_episodes": 1}


def test_events_that_the_first_release_had_seen_are_duplicates() -> None:
    stage = restored("customers")
    stage.apply(EVENTS, inbox(LINES), 100)
    outcomes: Counter[str] = Counter()
    for key, number in stage.flush().counts.items():
        outcomes[key[3]] += number
    assert outcomes == {"duplicate": len(LINES)}


def test_facts_of_the_first_release_come_to_the_figures_of_now(works: Works) -> None:
    old, new = restored("employees"), works.employees[0].stage
    assert isinstance(new, Employees)
    fed = Employees(policy(), 0)
    for offset, (key, value) in enumerate(OLD["employees"].items()):
        if key != b'["clock"]':
            fed.apply(key, value, offset)
    fed.apply(TICK, tick(us("20")), len(OLD["employees"]))
    fed.flush()
    for name, person in new.employees.items():
        assert person.published == old.employees[name].published != set()
        for period in person.published:
            sums, values = (counted_then(found) for found in new.figures(person, period))
            assert old.figures(old.employees[name], period) == (sums, values)
            assert fed.figures(fed.employees[name], period) == (sums, values)
    assert goal(old) == goal(new) == Aim(Ratio(3, 2), "set")
    gone = {"left_at": "2026-03-01T00:00:00Z"}  # was not told
    assert old.employees["ann"].profile | gone == new.employees["ann"].profile
    assert old.clock == new.clock


def test_totals_of_the_first_release_are_those_of_now(works: Works) -> None:
    old, new = restored("company"), works.company.stage
    assert isinstance(new, Company)
    then = {
        period: {who: row._replace(measures=counted_then(row.measures)) for who, row in rows.items()}
        for period, rows in new._rows.items()
        if rows
    }
    assert old._rows == then != {}
    assert old.clock == new.clock


@pytest.mark.parametrize("stage", OLD)
def test_what_is_written_now_has_a_tag_and_the_same_content(works: Works, stage: str) -> None:
    now = {"customers": works.customers[0], "employees": works.employees[0], "company": works.company}[stage].states
    # There was no funnel.
    now = {key: value for key, value in now.items() if b"pipeline" not in key and not key.startswith(b'["north",')}
    gone = {NO_INVOICE} if stage == "customers" else set()
    now = {key: value for key, value in now.items() if not NOTICES.search(key) and not key.startswith(b'["over",')}
    fired = {key for key, value in now.items() if only_firings(reader(object)(value))}
    now = {key: value for key, value in now.items() if key not in fired}
    assert now.keys() | gone == OLD[stage].keys() | {POLICIES[stage]} | PUBLISHED.get(stage, set())
    assert {msgspec.msgpack.decode(value)[0] for value in now.values()} == {FORMAT}
    for key, value in OLD[stage].items():
        if key in gone:
            continue
        content: Any = reader(object)(value)
        if key.startswith(b'["customer",'):
            # with the number of the policy that it was judged by
            content = [*content[:5], now_told(content[5]), *content[6:], 0]
        elif stage == "customers" and key == b'["clock"]':
            # the newest event, and that everything is counted: the funnel, leads, cases, what customers come to, who
            # shares them, by tickets too
            content = [*content, us("09"), True, True, True, True, True, True]
        elif key.startswith(b'["contacts",'):
            content = [*content, b"\x01", []]  # the one contact was a call, and there are no contracts
        elif key.startswith(b'["opportunity",'):
            log, standing, deadline = content
            log = [[*entry, False, False, None] for entry in log]  # no close date, no next step, from nowhere
            content = [log, now_told(standing), deadline]
        elif stage == "customers" and key.startswith(b'["employee",'):
            active = {"active": [[*content[0]["active"][0], "False"]]}
            role = [[*content[0]["role"][0], "sales"]]
            # managers, absences, roles and other fields over time, and no other name, as nobody was erased
            content = [*content, [], [], role, active, ""]
        elif stage == "company" and key != b'["clock"]':
            content = [reader(list[Any])(now[key])[0], *content[1:]]  # as of which fact: there are those of notices too
        found: Any = without_firings(reader(object)(now[key]))
        place = 5 if key.startswith(b'["customer",') else 1 if key.startswith(b'["opportunity",') else None
        if place is not None:
            found[place] = [alert[:-4] for alert in found[place]]  # without its ladder
            found = found[: len(content)]  # statuses, receipts and what was told of it were not kept
        if stage == "employees" and found != reader(object)(now[key]):
            found[:2] = content[:2]  # as of which event: what fired came later
        if stage == "company" and len(found) == len(content) == 6:
            found[0] = content[0]  # more facts have come before
        if stage != "customers" and len(found) > 2 and isinstance(found[2], dict):
            found[2].pop("left_at", None)  # since when somebody is gone was not told
        assert found == content


@pytest.mark.parametrize(("stage", "key"), [(stage, key) for stage, records in OLD.items() for key in records])
def test_a_record_of_a_later_format_is_refused(stage: str, key: bytes) -> None:
    content = reader(msgspec.Raw)(OLD[stage][key])
    later = msgspec.msgpack.encode((FORMAT + 1, content))
    with pytest.raises(NewerFormat, match=f"a record of format {FORMAT + 1}, this release reads up to {FORMAT}"):
        used(stage, OLD[stage] | {key: later})


@pytest.mark.parametrize("stage", OLD)
def test_a_policy_of_a_later_format_is_refused(works: Works, stage: str) -> None:
    now = {"customers": works.customers[0], "employees": works.employees[0], "company": works.company}[stage].states
    later = msgspec.msgpack.encode((FORMAT + 1, reader(msgspec.Raw)(now[POLICIES[stage]])))
    with pytest.raises(NewerFormat):
        used(stage, now | {POLICIES[stage]: later})


@pytest.mark.parametrize("content", [[], {}, [1, 2], {"a": 1}, list(range(16)), dict.fromkeys(map(str, range(16)))])
def test_whatever_content_comes_back_as_it_was(content: Any) -> None:
    assert reader(type(content))(tagged(content)) == content


def test_the_checkpoint_of_the_first_release_is_read() -> None:
    raw = b'{"offset":7,"clock":1772323200000000,"topic":"a1","policy":"p1","format":1}'
    assert decode(raw) == Checkpoint(7, 1_772_323_200_000_000, "a1", "p1")
    now = Checkpoint(7, 1_772_323_200_000_000, "a1", "p1", since=5)
    assert decode(now.encode()) == now
