"""The Chinook sample database: invoices of a music shop, whose customers each have a support representative.

An invoice is paid over the counter, so a row makes `invoice.issued`, due at once, and `payment.received`, both of the
invoice's total and credited to the customer's representative. Times are taken as UTC; the data names no currency, so
amounts are in the reporting currency unless the caller knows better. The ids are the data set's own.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from streams.events import (
    CustomerUpserted,
    Data,
    EmployeeUpserted,
    Event,
    InvoiceIssued,
    Money,
    PaymentReceived,
    make_event,
)
from streams.sources.ordering import in_time_order
from streams.sources.tables import Row, Skipped, SkipReason, SourceError, Tables

SOURCE: Final = "/chinook"
EMPLOYEES: Final = "Employee.csv"
CUSTOMERS: Final = "Customer.csv"
INVOICES: Final = "Invoice.csv"
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    EMPLOYEES: ("EmployeeId", "FirstName", "LastName", "Title", "ReportsTo", "HireDate", "City"),
    CUSTOMERS: ("CustomerId", "FirstName", "LastName", "Company", "Country", "SupportRepId"),
    INVOICES: ("InvoiceId", "CustomerId", "InvoiceDate", "Total"),
}


def read(path: Path, currency: str | None = None) -> Iterator[Event | Skipped]:
    """The events of the folder (or zip archive) with the CSV tables, in the order of their times.

    People and customers come first, on 1 January of the year before the first invoice. `currency` goes on every
    amount. Raises SourceError.
    """
    tables = Tables(path)
    for table, columns in COLUMNS.items():
        tables.check(table, columns)
    known = datetime(max(_first_year(tables) - 1, 1), 1, 1, tzinfo=UTC)
    yield from _employees(tables, known)
    representatives: dict[str, str] = {}
    yield from _customers(tables, known, representatives)
    yield from in_time_order(_invoices(tables, representatives, currency))


def _first_year(tables: Tables) -> int:
    rows = (row.cells for row in tables.rows(INVOICES, COLUMNS[INVOICES]) if isinstance(row, Row))
    years = [moment.year for moment in (_moment(cells["InvoiceDate"]) for cells in rows) if moment is not None]
    if not years:
        raise SourceError(f"{INVOICES} has no row with a date.")
    return min(years)


def _employees(tables: Tables, known: datetime) -> Iterator[Event | Skipped]:
    for row in tables.rows(EMPLOYEES, COLUMNS[EMPLOYEES]):
        if isinstance(row, Skipped):
            yield row
            continue
        cells = row.cells
        number, title = cells["EmployeeId"], cells["Title"]
        if not number:
            yield Skipped(EMPLOYEES, row.line, SkipReason.NO_ID)
            continue
        # Titles read "Sales Manager", "Sales Support Agent", "IT Staff": the branch stands first.
        branch = title.split(" ", 1)[0] or "None"
        data = EmployeeUpserted(
            employee_id=_employee(number),
            role="manager" if title.endswith("Manager") else branch.lower(),
            team=branch,
            manager_id=_employee(cells["ReportsTo"]) if cells["ReportsTo"] else None,
            name=_name(cells),
            level=title or None,
            region=cells["City"] or None,
            hired_at=_hired(cells["HireDate"]),
        )
        yield _event(f"employee:{data.employee_id}", known, data)


def _customers(tables: Tables, known: datetime, representatives: dict[str, str]) -> Iterator[Event | Skipped]:
    for row in tables.rows(CUSTOMERS, COLUMNS[CUSTOMERS]):
        if isinstance(row, Skipped):
            yield row
            continue
        cells = row.cells
        number, owner = cells["CustomerId"], cells["SupportRepId"]
        if not (number and owner):
            yield Skipped(CUSTOMERS, row.line, SkipReason.NO_ID)
            continue
        representatives[number] = _employee(owner)
        data = CustomerUpserted(
            customer_id=number,
            owner_id=representatives[number],
            name=cells["Company"] or _name(cells),
            segment="company" if cells["Company"] else "person",
            region=cells["Country"] or None,
        )
        yield _event(f"customer:{number}", known, data)


def _invoices(tables: Tables, representatives: dict[str, str], currency: str | None) -> Iterator[Event | Skipped]:
    for row in tables.rows(INVOICES, COLUMNS[INVOICES]):
        if isinstance(row, Skipped):
            yield row
            continue
        number, customer, date_text, total = (row.cells[column] for column in COLUMNS[INVOICES])
        if not (number and customer in representatives):
            yield Skipped(INVOICES, row.line, SkipReason.NO_ID)
            continue
        if not date_text:
            yield Skipped(INVOICES, row.line, SkipReason.NO_DATE)
            continue
        at, amount = _moment(date_text), _amount(total)
        if at is None or amount is None:
            yield Skipped(INVOICES, row.line, SkipReason.BAD_DATE if at is None else SkipReason.BAD_AMOUNT)
            continue
        money, who = Money(amount, currency), representatives[customer]
        issued = InvoiceIssued(invoice_id=number, customer_id=customer, employee_id=who, amount=money, due_at=at)
        yield _event(f"invoice:{number}", at, issued)
        paid = PaymentReceived(
            payment_id=number, customer_id=customer, employee_id=who, amount=money, invoice_id=number
        )
        yield _event(f"payment:{number}", at, paid)


def _event(name: str, at: datetime, data: Data) -> Event:
    return make_event(data, name, SOURCE, at)


def _employee(number: str) -> str:
    # Exports write a column of ids with gaps as floats: "2.0" is employee 2.
    return number.removesuffix(".0")


def _name(cells: dict[str, str]) -> str:
    return f"{cells['FirstName']} {cells['LastName']}".strip()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _hired(text: str) -> date | None:
    moment = _moment(text)
    return moment.date() if moment else None


def _amount(text: str) -> Decimal | None:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None
