"""Customers that employees of different roles serve together. Days of March 2026; ann sells, bob repairs."""

from __future__ import annotations

import pytest

from streams.core.records import write_policy
from streams.core.retraction import RETRACT, Place, Retraction, write_retraction
from streams.core.stage import POLICY
from streams.replay import replay_lines
from tests.unit.core.kit import Partition, contact, deal, employee, event, money, policy, us, void_of

PEOPLE = [employee("01", "ann", id="a"), employee("01", "bob", id="b", role="service")]


def shared(lines: list[bytes], as_of: str = "25") -> dict[tuple[str, str], str]:
    """By employee and period, as a replay tells them."""
    kpis = replay_lines(lines, policy(), us(as_of)).kpis
    return {(who, period): told.value for (who, period, kpi), told in kpis.items() if kpi == "shared_customers"}


def measures(partition: Partition, who: str) -> dict[str, int]:
    """What is posted of it in March and on its days."""
    found: dict[str, int] = {}
    for bucket, sums in partition.stage.ledger.totals.get(who, {}).items():
        for name, value in sums.items():
            if name.startswith("shared@") and (bucket[0] == "m") != (name == "shared@days"):
                found[name] = found.get(name, 0) + value
    return found


def totals(partition: Partition) -> dict[tuple[str, str, str], int]:
    """All that is posted."""
    return {
        (who, bucket, measure): value
        for who, buckets in partition.stage.ledger.totals.items()
        for bucket, sums in buckets.items()
        for measure, value in sums.items()
    }


BOTH = dict.fromkeys(("shared@month", "shared@quarter", "shared@year", "shared@days"), 1)


def test_who_contacts_the_customer_of_another_shares_it() -> None:
    # In the last 7 days, from the 19th on, bob alone did.
    lines = [*PEOPLE, contact("02"), contact("20", employee_id="bob"), contact("21", customer_id="d")]
    periods = ("2026-03", "2026-Q1", "2026", "30d", "90d")
    assert shared(lines) == {(who, period): "1" for who in ("ann", "bob") for period in periods}
    assert shared(lines[::-1]) == shared(lines)


def test_a_team_has_no_such_number_as_its_members_may_share_one_customer() -> None:
    lines = [*PEOPLE, contact("02"), contact("03", employee_id="bob")]
    (team,) = [team for team in replay_lines(lines, policy(), us("25")).teams if team["period"] == "2026-03"]
    assert team["totals"]["contacts"] == 2
    assert "shared_customers" not in team["totals"]


def test_a_month_apart_they_share_it_in_the_quarter() -> None:
    lines = [*PEOPLE, contact(us("2026-02-27T00:00:00Z")), contact("02", employee_id="bob")]
    periods = ("2026-Q1", "2026", "30d", "90d")
    assert shared(lines) == {(who, period): "1" for who in ("ann", "bob") for period in periods}
    # By the 30th the last 30 days begin with the 1st.
    assert ("bob", "30d") not in shared(lines, "30")
    kpis = replay_lines(lines, policy(), us("25")).kpis
    assert ("ann", "2026-02", "contacts") in kpis
    assert ("bob", "2026-02", "contacts") not in kpis


@pytest.mark.parametrize(
    "others",
    [
        [employee("01", "bob", role="sales")],
        [],
    ],
)
def test_nobody_shares_with_who_has_the_same_role_or_none(others: list[bytes]) -> None:
    assert shared([PEOPLE[0], *others, contact("02"), contact("03", employee_id="bob")]) == {}


def test_many_contacts_share_it_once_and_a_third_person_shares_it_too() -> None:
    people = [*PEOPLE, employee("01", "cid")]
    lines = [*people, contact("02"), contact("03"), contact("03", employee_id="bob"), contact("04", employee_id="cid")]
    assert {key: value for key, value in shared(lines).items() if key[1] == "2026-03"} == {
        (who, "2026-03"): "1" for who in ("ann", "bob", "cid")
    }


def test_a_contact_that_comes_late_moves_it_to_the_first_day() -> None:
    partition = Partition(policy())
    partition.tell(*PEOPLE, contact("10"), contact("12", employee_id="bob"))
    partition.tell(contact("05"))
    assert measures(partition, "ann") == measures(partition, "bob") == BOTH
    assert partition.figure("ann", "shared@month", "d20517") == 1
    assert partition.figure("ann", "shared@days", "d20522") == 1


def test_in_the_last_days_the_newest_contact_of_anybody_else_counts() -> None:
    # ann on the 2nd, cid on the 4th, bob on the 20th: since the 3rd bob and cid share it, since the 5th nobody does.
    partition = Partition(policy())
    people = [*PEOPLE, employee("01", "cid", role="clerk")]
    partition.tell(*people, contact("02"), contact("04", employee_id="cid"), contact("20", employee_id="bob"))
    days = {
        who: [n for n in range(1, 32) if partition.figure(who, "shared@days", f"d{20512 + n}")]
        for who in ("ann", "bob", "cid")
    }
    assert days == {"ann": [2], "bob": [4], "cid": [4]}


def test_a_change_of_role_comes_with_the_next_tick() -> None:
    partition = Partition(policy())
    partition.tell(contact("02"), contact("03", employee_id="bob"), *PEOPLE)
    assert measures(partition, "ann") == {}
    partition.tick("04")
    assert measures(partition, "ann") == BOTH
    partition.tell(employee("05", "bob", role="sales"))
    assert measures(partition, "ann") == BOTH
    partition.tick("06")
    assert measures(partition, "ann") == measures(partition, "bob") == {}


def test_what_was_told_by_former_roles_is_taken_back_by_a_contact_too_and_after_a_restart() -> None:
    partition = Partition(policy())
    partition.tell(*PEOPLE, contact("02"), contact("03", employee_id="bob"))
    partition.tell(employee("05", "bob", role="sales"))
    again = partition.restarted()
    again.tell(contact("06"))
    assert measures(again, "ann") == measures(again, "bob") == {}


def ticket(when: str | int, verb: str, who: str | None = None, **data: object) -> bytes:
    """Of the customer c, who calls bob alone."""
    opening = {"customer_id": "c", "kind": "request"} if verb == "opened" else {}
    named = {} if who is None else {"employee_id": who}
    return event(when, f"ticket.{verb}", ticket_id="t", **opening | named | data)


def test_who_solves_a_ticket_serves_the_customer_on_that_day() -> None:
    lines = [*PEOPLE, contact("02"), ticket("03", "opened"), ticket("04", "assigned", "bob")]
    assert shared(lines) == {}
    periods = ("2026-03", "2026-Q1", "2026", "30d", "90d")
    solved = [*lines, ticket("20", "resolved")]
    assert shared(solved) == {(who, period): "1" for who in ("ann", "bob") for period in periods}
    assert shared(solved[::-1]) == shared(solved)
    assert shared([*solved, ticket("21", "reopened")]) == {}
    assert shared([*lines, ticket("20", "resolved", "ann")]) == {}
    # By the 15th of April ann is out of the last 30 days, as bob is not.
    assert ("bob", "30d") not in shared(solved, "2026-04-15T00:00:00Z")


def test_a_ticket_that_nobody_is_named_for_is_the_owners_whoever_that_turns_out_to_be() -> None:
    partition = Partition(policy())
    partition.tell(*PEOPLE, contact("02"), ticket("03", "opened"), ticket("10", "closed"))
    assert measures(partition, "bob") == {}
    partition.tell(event("05", "customer.owner_changed", customer_id="c", to="bob"))
    assert measures(partition, "ann") == measures(partition, "bob") == BOTH
    again = partition.restarted()
    again.tell(event("06", "customer.owner_changed", customer_id="c", to="ann"))
    assert measures(again, "ann") == measures(again, "bob") == {}


def test_a_solution_that_is_taken_back_serves_nobody_and_a_contact_beside_it_still_does() -> None:
    closed = ticket("10", "closed", "bob")
    lines = [*PEOPLE, contact("02"), ticket("03", "opened"), closed]
    for more in ([], [contact("12", employee_id="bob")], [contact("08", employee_id="bob"), contact("11")]):
        without, partition = Partition(policy()), Partition(policy())
        without.tell(*(line for line in [*lines, *more] if line is not closed))
        partition.tell(*lines)
        again = partition.restarted()
        again.tell(*more, void_of(closed, "24"))
        found = Retraction(closed, Place("crm.commands", 0, 1, void_of(closed, "24")), us("01"), case_of="c")
        again.offset += 1
        again.stage.apply(RETRACT, write_retraction(found), again.offset)
        again.flush()
        assert totals(again) == totals(without)


def said(when: str | int, score: str, who: str = "ann") -> bytes:
    """The customer answers how content it is with somebody's work."""
    about = {"employee_id": who, "customer_id": "c", "kind": "csat", "score": score}
    return event(when, "feedback.received", **about)


def won(when: str | int) -> bytes:
    return deal(when, "won", amount=money("100"), opportunity_id=f"o{when}")


def outcomes(lines: list[bytes], who: str = "bob", as_of: str = "25") -> dict[tuple[str, str], tuple[float, int]]:
    """By KPI and period, what came of the customers that are shared: value and count."""
    kpis = replay_lines(lines, ACTIVE, us(as_of)).kpis
    return {
        (kpi, period): (float(told.value), told.number)
        for (name, period, kpi), told in kpis.items()
        if name == who and kpi.startswith("shared_") and kpi != "shared_customers"
    }


ACTIVE = policy(customers={"active_for": "20d"})
TOGETHER = [*PEOPLE, contact("02"), contact("20", employee_id="bob")]


def test_answers_of_a_customer_count_for_all_who_serve_it_in_the_period_whoever_they_are_about() -> None:
    lines = [*TOGETHER, said(us("2026-02-20T00:00:00Z"), "1"), said("03", "5", "cid"), said("21", "2")]
    for who in ("ann", "bob"):
        found = {period: value for (kpi, period), value in outcomes(lines, who).items() if kpi == "shared_csat"}
        # In the last 7 days, from the 19th on, bob alone was there.
        assert found == {"2026-03": (0.5, 2), "30d": (0.5, 2)} | dict.fromkeys(("2026-Q1", "2026", "90d"), (1 / 3, 3))
    assert outcomes(lines[::-1]) == outcomes(lines)


def test_a_first_purchase_is_none_again_and_a_second_is_one_in_its_period() -> None:
    first, second = won("05"), won("22")
    assert {value for (kpi, _), value in outcomes([*TOGETHER, first]).items() if kpi == "shared_repeat_rate"} == {
        (0, 1)
    }
    again = {value for (kpi, _), value in outcomes([*TOGETHER, first, second]).items() if kpi == "shared_repeat_rate"}
    assert again == {(1, 1)}
    # The second time lay in the month before: it counts in the quarter alone.
    early = [won(us(f"2026-02-{day:02d}T00:00:00Z")) for day in (3, 5)]
    found = outcomes([*TOGETHER, *early])
    assert found["shared_repeat_rate", "2026-03"] == (0, 1)
    assert found["shared_repeat_rate", "30d"] == (0, 1)
    assert found["shared_repeat_rate", "2026-Q1"] == found["shared_repeat_rate", "90d"] == (1, 1)


def test_a_customer_that_was_active_at_the_start_stays_or_does_not() -> None:
    lines = [*TOGETHER, won(us("2026-02-20T00:00:00Z"))]
    assert outcomes(lines)["shared_retention_rate", "2026-03"] == (0, 1)
    kept = outcomes([*lines, won("15")])
    assert {key: value for key, value in kept.items() if key[0] == "shared_retention_rate"} == {
        ("shared_retention_rate", "2026-03"): (1, 1)
    }


def test_what_came_of_it_is_taken_back_with_a_contact_a_purchase_or_an_answer() -> None:
    meeting, sale, answer = contact("20", employee_id="bob"), won("22"), said("21", "4")
    lines = [*PEOPLE, contact("02"), won("05"), meeting, sale, answer]
    for gone in (meeting, sale, answer):
        assert outcomes([*lines, void_of(gone, "24")]) == outcomes([line for line in lines if line is not gone])
    partition = Partition(ACTIVE)
    partition.tell(*lines)
    for gone in (meeting, sale, answer):
        without = Partition(ACTIVE)
        without.tell(*(line for line in lines if line is not gone))
        again = partition.restarted()
        again.tell(void_of(gone, "24"))
        found = Retraction(gone, Place("crm.commands", 0, 1, void_of(gone, "24")), us("01"))
        again.offset += 1
        again.stage.apply(RETRACT, write_retraction(found), again.offset)
        again.flush()
        assert totals(again) == totals(without)


def test_a_policy_by_which_customers_are_active_for_longer_counts_anew() -> None:
    lines = [*TOGETHER, won(us("2026-02-20T00:00:00Z"))]
    partition, longer = Partition(policy()), Partition(ACTIVE)
    for one in (partition, longer):
        one.tell(*lines)
    assert totals(partition) != totals(longer)
    partition.offset += 1
    partition.stage.apply(POLICY, write_policy(ACTIVE), partition.offset)
    for one in (partition, longer):
        one.tick("25")
    assert totals(partition) == totals(longer)
