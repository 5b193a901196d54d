"""Contacts, customers, contracts and payments, worked out by hand."""

from fractions import Fraction

from tests.oracle import Figure
from tests.unit.oracle.drawing import at, contact, count, deal, eur, values


def test_contacts_are_counted_made_or_not_and_customers_once_a_day() -> None:
    # c on the 2nd (call, failed email) and the 3rd; d on the 3rd; a lead on the 3rd.
    lines = [
        contact("02 09:00"),
        contact("02 10:00", channel="email", connected=False),
        contact("03 09:00"),
        contact("03 09:00", customer_id="d", channel="visit", direction="inbound"),
        contact("03 11:00", customer_id="absent", lead_id="l"),
    ]
    result = values(count(*lines))
    assert {kpi: value for kpi, value in result.items() if value and kpi.startswith("cont")} == {
        "contacts": 5,
        "contacts_connected": 4,
        "contacts:call": 3,
        "contacts:email": 1,
        "contacts:visit": 1,
        "contacts_per_customer": Fraction(5, 2),
    }
    assert result["customers_contacted"] == 3


def test_customers_are_owned_at_as_of_in_the_periods_that_contain_it() -> None:
    lines = [
        contact("2026-02-01T00:00:00Z"),
        at("01 00:00", "customer.upserted", owner_id="ann"),
        at("01 00:00", "customer.upserted", owner_id="ann", customer_id="d"),
        at("02 00:00", "customer.upserted", owner_id=None, customer_id="d"),
    ]
    assert values(count(*lines))["customers_owned"] == 1
    assert values(count(*lines), period="7d")["customers_owned"] == 1
    assert "customers_owned" not in values(count(*lines), period="2026-02")


def test_a_customer_is_new_once_with_the_first_contract_or_win() -> None:
    signed = at("05 00:00", "contract.signed", contract_id="k", employee_id="bob", amount=eur("1"))
    won = deal("04 00:00", "won", owner_id="ann")
    assert values(count(signed, won), "ann")["new_customers"] == 1
    assert values(count(signed, won), "bob")["new_customers"] == 0
    taken_back = deal("06 00:00", "reopened", to_stage="A")
    assert values(count(signed, won, taken_back), "bob")["new_customers"] == 1


def test_contracts_compare_the_price_paid_with_that_of_the_list() -> None:
    lines = [
        {"product": "p", "quantity": 2, "unit_price": eur("4"), "list_price": eur("20", "USD")},  # 8 of 20
        {"product": "q", "quantity": "1.5", "unit_price": eur("8"), "list_price": eur("8")},  # 12 of 12
        {"product": "r", "quantity": 7, "unit_price": eur("8")},
    ]
    signed = at("05 00:00", "contract.signed", contract_id="k", employee_id="ann", amount=eur("100.10"), lines=lines)
    result = count(signed)
    assert values(result)["contract_amount"] == Fraction("100.1")
    assert values(result)["contract_count"] == 1
    assert values(result)["units_sold"] == Fraction("10.5")
    assert result.kpis["ann", "2026-03", "price_realisation"] == Figure(Fraction(20, 32), Fraction(20), Fraction(32))


def test_money_collected_is_measured_against_what_fell_due() -> None:
    # Issued in February: 100 due on 10 March, 60 due in April. In March: 50 received, 20 of it refunded, 5 written off.
    def paid(when: str, kind: str, amount: str, **data: str) -> bytes:
        return at(when, kind, employee_id="ann", invoice_id="i", payment_id="p", amount=eur(amount), **data)

    result = count(
        paid("2026-02-01T00:00:00Z", "invoice.issued", "100", due_at="2026-03-10"),
        paid("2026-02-01T00:00:00Z", "invoice.issued", "60", due_at="2026-04-01T00:00:00+02:00", id="i2"),
        paid("12 00:00", "payment.received", "50"),
        paid("13 00:00", "payment.refunded", "20"),
        paid("14 00:00", "debt.written_off", "5"),
    )
    assert values(result, period="2026-02")["invoiced_amount"] == 160
    assert "collection_rate" not in values(result, period="2026-02")
    # The second is due on 31 March in UTC.
    assert result.kpis["ann", "2026-03", "collection_rate"] == Figure(Fraction(30, 160), Fraction(30), Fraction(160))
    assert values(result)["bad_debt_rate"] == Fraction(5, 160)


def test_sums_are_there_with_anything_at_all_and_rates_only_with_something_to_divide_by() -> None:
    result = values(count(contact("2026-02-01T00:00:00Z")), period="2026-02")
    assert result["won_amount"] == 0
    assert "win_rate" not in result
    assert values(count(contact("2026-02-01T00:00:00Z")), period="2026-03") == {}
