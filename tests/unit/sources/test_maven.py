"""The Maven Analytics rows, one by one."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from streams.events import (
    CustomerUpserted,
    EmployeeUpserted,
    Event,
    Money,
    OpportunityCreated,
    OpportunityLost,
    OpportunityWon,
    decode,
    encode,
)
from streams.sources import Skipped, SkipReason, SourceError
from streams.sources.maven import read

HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"


def _data_set(folder: Path, *rows: str) -> Path:
    (folder / "sales_pipeline.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows))
    (folder / "sales_teams.csv").write_text("sales_agent,manager,regional_office\nAnn,Max,East\nBen,Max,East\n,Max,\n")
    (folder / "accounts.csv").write_text("account,sector,office_location\nAcme,retail,Kenya\n,retail,Kenya\n")
    return folder


def _read(folder: Path, *rows: str) -> list[Event | Skipped]:
    return list(read(_data_set(folder, *rows)))


def _pipeline(items: list[Event | Skipped]) -> list[Event]:
    return [item for item in items if isinstance(item, Event) and item.data.TOPIC == "crm.opportunities"]


def test_a_won_row_is_created_on_one_date_and_won_on_the_other(tmp_path: Path) -> None:
    created, won = _pipeline(_read(tmp_path, "R1,Ann,GTXPro,Acme,Won,2016-10-20,2017-03-01,1054"))
    assert created.data == OpportunityCreated(opportunity_id="R1", customer_id="Acme", owner_id="Ann", stage="Engaging")
    assert created.time == datetime(2016, 10, 20, tzinfo=UTC)
    assert won.data == OpportunityWon(
        opportunity_id="R1", customer_id="Acme", owner_id="Ann", amount=Money(Decimal("1054"))
    )
    assert won.time == datetime(2017, 3, 1, tzinfo=UTC)
    assert (created.id, won.id, won.source) == ("R1:created", "R1:won", "/maven/crm-sales-opportunities")


def test_a_lost_row_is_lost(tmp_path: Path) -> None:
    _, lost = _pipeline(_read(tmp_path, "R1,Ann,GTXPro,Acme,Lost,2016-10-20,2017-03-01,0"))
    assert isinstance(lost.data, OpportunityLost)


def test_rows_that_differ_by_id_alone_stay_apart_and_get_customers_of_their_own(tmp_path: Path) -> None:
    events = _pipeline(_read(tmp_path, "R1,Ann,MG,,Engaging,2016-10-20,,", "R2,Ann,MG,,Engaging,2016-10-20,,"))
    assert [event.subject for event in events] == ["no account: R1", "no account: R2"]


def test_events_come_in_the_order_of_their_times_after_people_and_accounts(tmp_path: Path) -> None:
    items = _read(
        tmp_path,
        "R1,Ann,MG,Acme,Won,2016-10-20,2017-03-01,5",
        "R2,Ben,MG,Acme,Lost,2016-10-21,2016-10-22,0",
    )
    events = [item for item in items if isinstance(item, Event)]
    assert [event.id for event in events] == [
        *("employee:Max", "employee:Ann", "employee:Ben", "customer:Acme"),
        *("R1:created", "R2:created", "R2:lost", "R1:won"),
    ]
    people = [event.data for event in events if isinstance(event.data, EmployeeUpserted)]
    assert [(one.role, one.team, one.manager_id, one.region) for one in people[1:]] == [
        ("sales", "Max", "Max", "East")
    ] * 2
    assert people[0].role == "manager"
    assert events[3].data == CustomerUpserted(customer_id="Acme", name="Acme", segment="retail", region="Kenya")
    assert events[0].time == datetime(2015, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("R2,Ann,MG,Acme,Prospecting,,,", SkipReason.NO_DATE),
        ("R2,Ann,MG,Acme,Engaging,,,", SkipReason.NO_DATE),
        ("R2,Ann,MG,Acme,Won,2016-10-20,,5", SkipReason.NO_DATE),
        (",Ann,MG,Acme,Won,2016-10-20,2017-03-01,5", SkipReason.NO_ID),
        ("R2,,MG,Acme,Won,2016-10-20,2017-03-01,5", SkipReason.NO_ID),
        ("R2,Ann,MG,Acme,Won,20.10.2016,2017-03-01,5", SkipReason.BAD_DATE),
        ("R2,Ann,MG,Acme,Won,2016-10-20,2017-02-30,5", SkipReason.BAD_DATE),
        ("R2,Ann,MG,Acme,Won,2016-10-20,2017-03-01,five", SkipReason.BAD_AMOUNT),
        ("R2,Ann,MG,Acme,Won,2016-10-20,2017-03-01,NaN", SkipReason.BAD_AMOUNT),
        ("R2,Ann,MG,Acme,Dreaming,2016-10-20,,", SkipReason.BAD_STAGE),
        ("R2,Ann,MG,Acme,Won,2016-10-20", SkipReason.BAD_ROW),
    ],
)
def test_a_row_that_makes_no_event_is_skipped_with_its_line_and_reason(
    tmp_path: Path, row: str, reason: SkipReason
) -> None:
    items = _read(tmp_path, "R1,Ann,MG,Acme,Engaging,2016-10-20,,", row)
    assert [item for item in items if isinstance(item, Skipped)][2:] == [Skipped("sales_pipeline.csv", 3, reason)]
    assert [event.id for event in _pipeline(items)] == ["R1:created"]


def test_people_and_accounts_without_a_name_are_skipped(tmp_path: Path) -> None:
    items = _read(tmp_path, "R1,Ann,MG,Acme,Engaging,2016-10-20,,")
    assert [item for item in items if isinstance(item, Skipped)] == [
        Skipped("sales_teams.csv", 4, SkipReason.NO_ID),
        Skipped("accounts.csv", 3, SkipReason.NO_ID),
    ]


def test_a_won_row_without_a_value_has_no_amount(tmp_path: Path) -> None:
    _, won = _pipeline(_read(tmp_path, "R1,Ann,MG,Acme,Won,2016-10-20,2017-03-01,"))
    assert isinstance(won.data, OpportunityWon)
    assert won.data.amount is None


def test_a_data_set_without_any_date_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"has no row with a date\.$"):
        _read(tmp_path, "R1,Ann,MG,Acme,Prospecting,,,")


def test_the_published_set_makes_valid_events_with_ids_of_their_own(maven_zip: Path) -> None:
    items = list(read(maven_zip))
    events = [item for item in items if isinstance(item, Event)]
    assert all(decode(encode(event)) == event for event in events)
    assert len({event.id for event in events}) == len(events) == 35 + 6 + 85 + 8_300 + 6_711
    assert [item.reason for item in items if isinstance(item, Skipped)] == [SkipReason.NO_DATE] * 500
