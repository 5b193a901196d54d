"""The "CRM Sales Opportunities" data set of Maven Analytics: 8,800 opportunities of a seller of hardware.

An opportunity is engaged with on one date and closed on another, so a row makes `opportunity.created` (in the stage
Engaging, without an amount) and `opportunity.won` or `opportunity.lost` (with the value it closed at). The data
names people and accounts by nothing but their names, so these are the ids. Dates are taken as midnight UTC, amounts
have no currency and so are in the reporting currency.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from streams.events import (
    CustomerUpserted,
    Data,
    EmployeeUpserted,
    Event,
    Money,
    OpportunityCreated,
    OpportunityLost,
    OpportunityWon,
    make_event,
)
from streams.sources.ordering import in_time_order
from streams.sources.tables import Row, Skipped, SkipReason, SourceError, Tables

SOURCE: Final = "/maven/crm-sales-opportunities"
PIPELINE: Final = "sales_pipeline.csv"
TEAMS: Final = "sales_teams.csv"
ACCOUNTS: Final = "accounts.csv"
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    PIPELINE: (
        "opportunity_id", "sales_agent", "account", "deal_stage", "engage_date", "close_date", "close_value",
    ),
    TEAMS: ("sales_agent", "manager", "regional_office"),
    ACCOUNTS: ("account", "sector", "office_location"),
}  # fmt: skip
ENGAGED: Final = "Engaging"
CLOSED: Final = {"Won": OpportunityWon, "Lost": OpportunityLost}
OPEN: Final = ("Prospecting", ENGAGED)


def read(path: Path) -> Iterator[Event | Skipped]:
    """The events of the zip archive, or of the folder with its CSV files, in the order of their times.

    People and accounts come first, on 1 January of the year before the first engagement. Raises SourceError.
    """
    tables = Tables(path)
    for table, columns in COLUMNS.items():
        tables.check(table, columns)
    known = datetime(max(_first_year(tables) - 1, 1), 1, 1, tzinfo=UTC)
    yield from _people(tables, known)
    yield from _accounts(tables, known)
    yield from in_time_order(_opportunities(tables))


def _first_year(tables: Tables) -> int:
    days = (
        row.cells[column]
        for row in tables.rows(PIPELINE, COLUMNS[PIPELINE])
        if isinstance(row, Row)
        for column in ("engage_date", "close_date")
    )
    years = [day.year for day in map(_day, filter(None, days)) if day is not None]
    if not years:
        raise SourceError(f"{PIPELINE} has no row with a date.")
    return min(years)


def _people(tables: Tables, known: datetime) -> Iterator[Event | Skipped]:
    managers: set[str] = set()
    for row in tables.rows(TEAMS, COLUMNS[TEAMS]):
        if isinstance(row, Skipped):
            yield row
            continue
        name, manager, office = (row.cells[column] for column in COLUMNS[TEAMS])
        if not (name and manager):
            yield Skipped(TEAMS, row.line, SkipReason.NO_ID)
            continue
        if manager not in managers:
            managers.add(manager)
            yield _event(
                f"employee:{manager}",
                known,
                EmployeeUpserted(
                    employee_id=manager, role="manager", team=manager, department="Sales", name=manager, region=office
                ),
            )
        yield _event(
            f"employee:{name}",
            known,
            EmployeeUpserted(
                employee_id=name,
                role="sales",
                team=manager,
                department="Sales",
                manager_id=manager,
                name=name,
                region=office,
            ),
        )


def _accounts(tables: Tables, known: datetime) -> Iterator[Event | Skipped]:
    for row in tables.rows(ACCOUNTS, COLUMNS[ACCOUNTS]):
        if isinstance(row, Skipped):
            yield row
            continue
        name, sector, location = (row.cells[column] for column in COLUMNS[ACCOUNTS])
        if not name:
            yield Skipped(ACCOUNTS, row.line, SkipReason.NO_ID)
            continue
        yield _event(
            f"customer:{name}",
            known,
            CustomerUpserted(customer_id=name, name=name, segment=sector or None, region=location or None),
        )


def _opportunities(tables: Tables) -> Iterator[Event | Skipped]:
    for row in tables.rows(PIPELINE, COLUMNS[PIPELINE]):
        if isinstance(row, Skipped):
            yield row
            continue
        events = _opportunity(row.cells)
        if isinstance(events, SkipReason):
            yield Skipped(PIPELINE, row.line, events)
        else:
            yield from events


def _opportunity(cells: dict[str, str]) -> list[Event] | SkipReason:
    number, seller, stage = cells["opportunity_id"], cells["sales_agent"], cells["deal_stage"]
    if not (number and seller):
        return SkipReason.NO_ID
    outcome = CLOSED.get(stage)
    if outcome is None and stage not in OPEN:
        return SkipReason.BAD_STAGE
    engaged, closed = cells["engage_date"], cells["close_date"]
    if not (closed if outcome else engaged):
        return SkipReason.NO_DATE
    customer = cells["account"] or f"no account: {number}"
    events = []
    if engaged:
        day = _day(engaged)
        if day is None:
            return SkipReason.BAD_DATE
        created = OpportunityCreated(
            opportunity_id=number, customer_id=customer, owner_id=seller, stage=ENGAGED if outcome else stage
        )
        events.append(_event(f"{number}:created", _midnight(day), created))
    if outcome:
        day = _day(closed)
        if day is None:
            return SkipReason.BAD_DATE
        value = _amount(cells["close_value"])
        if isinstance(value, SkipReason):
            return value
        ended = outcome(opportunity_id=number, customer_id=customer, owner_id=seller, amount=value)
        events.append(_event(f"{number}:{stage.lower()}", _midnight(day), ended))
    return events


def _event(name: str, at: datetime, data: Data) -> Event:
    return make_event(data, name, SOURCE, at)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _amount(text: str) -> Money | SkipReason | None:
    """None where there is no amount, BAD_AMOUNT where there is no number."""
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return SkipReason.BAD_AMOUNT
    return Money(amount) if amount.is_finite() else SkipReason.BAD_AMOUNT
