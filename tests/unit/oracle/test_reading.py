"""What the recount takes from a log."""

from tests.unit.oracle.drawing import POLICY, at, contact, count, deal, eur, values


def test_an_event_that_arrives_twice_counts_once_and_the_first_stands() -> None:
    lines = [contact("02 09:00", id="1", channel="call"), contact("02 09:00", id="1", channel="email")]
    assert values(count(*lines))["contacts:call"] == 1
    assert "contacts:email" not in values(count(*lines))


def test_the_same_id_about_another_customer_is_another_event() -> None:
    lines = [contact("02 09:00", id="1"), contact("02 09:00", id="1", customer_id="d")]
    assert values(count(*lines))["contacts"] == 2


def test_customers_that_were_merged_are_one() -> None:
    # e into c is heard of last: of both 9 o'clocks one customer is left, on each day
    lines = [contact("02 09:00", customer_id=name) for name in "cde"]
    lines += [at("03 00:00", "customer.merged", customer_id="d", into="e")]
    lines += [at("02 00:00", "customer.merged", customer_id="e", into="c"), contact("04 09:00", customer_id="d")]
    assert values(count(*lines))["customers_contacted"] == 2
    assert values(count(*lines[:3]))["customers_contacted"] == 3


def test_what_comes_after_as_of_is_left_out_and_at_as_of_counts() -> None:
    lines = [contact("02 09:00"), contact("02 09:01")]
    assert values(count(*lines, at="02 09:00"))["contacts"] == 1


def test_an_event_in_a_currency_without_a_rate_never_was() -> None:
    won = deal("02 09:00", "won", owner_id="ann", amount=eur("5", "XXX"))
    assert count(won).kpis == {}


def test_rates_hold_from_their_day_on() -> None:
    rates = [{"from": "2026-03-10", "USD": 2}, {"from": "2026-03-20", "USD": 3}]
    policy = POLICY | {"currency": {"reporting": "EUR", "rates": rates}}
    lines = [
        deal(f"{day} 00:00", "won", owner_id="ann", amount=eur("1", "USD"), opportunity_id=day)
        for day in ("09", "10", "19", "20")
    ]
    assert values(count(*lines, policy=policy))["won_amount"] == 2 + 2 + 3


def test_unreadable_lines_and_unknown_types_are_passed_over() -> None:
    lines = [b"{", b"[]", b'{"type": "contact.logged"}', at("01 00:00", "customer.sneezed"), contact("02 09:00")]
    assert values(count(*lines))["contacts"] == 1


def test_a_day_begins_at_local_midnight_also_when_the_clocks_change() -> None:
    # Berlin puts its clocks forward on 29 March 2026: the 30th begins at 22:00 UTC instead of 23:00.
    policy = POLICY | {"timezone": "Europe/Berlin"}
    lines = [contact("2026-03-31T21:59:59Z"), contact("2026-03-31T22:00:00Z")]
    result = count(*lines, at="2026-04-01T12:00:00Z", policy=policy)
    assert values(result, period="2026-03")["contacts"] == 1
    assert values(result, period="2026-04")["contacts"] == 1


def test_rolling_periods_are_the_local_days_that_end_with_that_of_as_of() -> None:
    # as_of stands on the 31st: 7 days are the 25th to the 31st.
    lines = [contact("24 23:59"), contact("25 00:00"), contact("31 00:00")]
    result = count(*lines, at="31 00:00")
    assert values(result, period="7d")["contacts"] == 2
    assert values(result, period="30d")["contacts"] == 3
