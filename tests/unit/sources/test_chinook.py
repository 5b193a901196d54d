"""The Chinook rows, one by one."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from streams.events import (
    CustomerUpserted,
    EmployeeUpserted,
    Event,
    InvoiceIssued,
    Money,
    PaymentReceived,
    decode,
    encode,
)
from streams.sources import Skipped, SkipReason, SourceError
from streams.sources.chinook import read


def _data_set(folder: Path, *invoices: str) -> Path:
    (folder / "Employee.csv").write_text(
        "EmployeeId,LastName,FirstName,Title,ReportsTo,HireDate,City\n"
        "2,Edwards,Nancy,Sales Manager,,2002-05-01 00:00:00,Calgary\n"
        "3,Peacock,Jane,Sales Support Agent,2.0,,Calgary\n"
        "7,King,Robert,IT Staff,2.0,2004-01-02 00:00:00,\n"
        ",Nobody,,,,,\n"
    )
    (folder / "Customer.csv").write_text(
        "CustomerId,FirstName,LastName,Company,Country,SupportRepId\n"
        "1,Luis,Silva,Embraer,Brazil,3\n2,Leonie,Koehler,,Germany,3.0\n4,No,Owner,,,\n"
    )
    (folder / "Invoice.csv").write_text(
        "InvoiceId,CustomerId,InvoiceDate,Total\n" + "".join(f"{row}\n" for row in invoices)
    )
    return folder


def test_an_invoice_is_issued_and_paid_at_once(tmp_path: Path) -> None:
    items = list(read(_data_set(tmp_path, "10,2,2021-01-03 12:30:00,5.94", "9,1,2021-01-02 00:00:00,1.98"), "USD"))
    first, _, issued, paid = [item for item in items if isinstance(item, Event)][-4:]
    at = datetime(2021, 1, 3, 12, 30, tzinfo=UTC)
    money = Money(Decimal("5.94"), "USD")
    assert first.id == "invoice:9"
    assert issued.data == InvoiceIssued(invoice_id="10", customer_id="2", employee_id="3", amount=money, due_at=at)
    assert paid.data == PaymentReceived(
        payment_id="10", customer_id="2", employee_id="3", amount=money, invoice_id="10"
    )
    assert (issued.time, issued.id, paid.id) == (at, "invoice:10", "payment:10")


def test_people_and_customers_come_first_with_role_team_manager_and_owner(tmp_path: Path) -> None:
    events = [item for item in read(_data_set(tmp_path, "9,1,2021-01-02 00:00:00,1.98")) if isinstance(item, Event)]
    people = [event.data for event in events if isinstance(event.data, EmployeeUpserted)]
    assert [(one.employee_id, one.role, one.team, one.manager_id, one.name) for one in people] == [
        ("2", "manager", "Sales", None, "Nancy Edwards"),
        ("3", "sales", "Sales", "2", "Jane Peacock"),
        ("7", "it", "IT", "2", "Robert King"),
    ]
    assert [one.hired_at for one in people] == [date(2002, 5, 1), None, date(2004, 1, 2)]
    customers = [event.data for event in events if isinstance(event.data, CustomerUpserted)]
    assert [(one.customer_id, one.owner_id, one.name, one.segment) for one in customers] == [
        ("1", "3", "Embraer", "company"),
        ("2", "3", "Leonie Koehler", "person"),
    ]
    assert events[0].time == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",1,2021-01-02 00:00:00,1.98", SkipReason.NO_ID),
        ("8,99,2021-01-02 00:00:00,1.98", SkipReason.NO_ID),
        ("8,4,2021-01-02 00:00:00,1.98", SkipReason.NO_ID),
        ("8,1,,1.98", SkipReason.NO_DATE),
        ("8,1,02/01/2021,1.98", SkipReason.BAD_DATE),
        ("8,1,2021-01-02,two", SkipReason.BAD_AMOUNT),
        ("8,1,2021-01-02,Infinity", SkipReason.BAD_AMOUNT),
        ("8,1,2021-01-02", SkipReason.BAD_ROW),
    ],
)
def test_an_invoice_that_makes_no_event_is_skipped_with_its_line_and_reason(
    tmp_path: Path, row: str, reason: SkipReason
) -> None:
    items = list(read(_data_set(tmp_path, "9,1,2021-01-02 00:00:00,1.98", row)))
    assert [item for item in items if isinstance(item, Skipped)] == [
        Skipped("Employee.csv", 5, SkipReason.NO_ID),
        Skipped("Customer.csv", 4, SkipReason.NO_ID),
        Skipped("Invoice.csv", 3, reason),
    ]


def test_invoices_without_any_date_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no row with a date\.$"):
        list(read(_data_set(tmp_path)))


def test_the_published_set_makes_valid_events(chinook_dir: Path) -> None:
    events = [item for item in read(chinook_dir) if isinstance(item, Event)]
    assert all(decode(encode(event)) == event for event in events)
    assert Counter(event.data.TYPE for event in events) == {
        "employee.upserted": 8,
        "customer.upserted": 59,
        "invoice.issued": 412,
        "payment.received": 412,
    }
