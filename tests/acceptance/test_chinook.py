"""Real invoices as payments, against a recount in SQL straight from the CSV files and sharing no code."""

from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.acceptance.commands import Kpis, amount, crmpulse, kpis

RECOUNT = """\
WITH paid AS (
    SELECT SupportRepId::DOUBLE::INTEGER::VARCHAR AS representative, InvoiceDate::TIMESTAMP AS moment,
           Total::DECIMAL(18, 2) AS total
    FROM read_csv(?, all_varchar = true) JOIN read_csv(?, all_varchar = true) USING (CustomerId)
), placed AS (
    SELECT representative, total, unnest([
        strftime(moment, '%Y'), year(moment) || '-Q' || quarter(moment), strftime(moment, '%Y-%m')
    ]) AS period FROM paid
)
SELECT representative, period, sum(total), count(*) FROM placed GROUP BY ALL
"""


@pytest.fixture(scope="module")
def recount(chinook_dir: Path) -> dict[tuple[str, str], tuple[Decimal, int]]:
    files = [str(chinook_dir / "Invoice.csv"), str(chinook_dir / "Customer.csv")]
    with duckdb.connect() as connection:
        rows = connection.execute(RECOUNT, files).fetchall()
    return {(who, period): (total, count) for who, period, total, count in rows}


@pytest.fixture(scope="module")
def found(chinook_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Kpis:
    folder = tmp_path_factory.mktemp("chinook")
    said = crmpulse("import", "chinook", chinook_dir, "-o", folder / "events.jsonl.gz")
    assert "891 events, 0 rows skipped" in said
    crmpulse("replay", folder / "events.jsonl.gz", "--as-of", "2026-01-01T00:00:00Z", "--out", folder / "out")
    assert (folder / "out" / "dead-letters.jsonl").read_bytes() == b""
    return kpis(folder / "out")


def test_what_each_representative_collected_in_each_period_is_the_recount_to_the_cent(
    found: Kpis, recount: dict[tuple[str, str], tuple[Decimal, int]]
) -> None:
    assert {who for who, _ in recount} == {"3", "4", "5"}
    for (who, period), (total, _) in recount.items():
        assert amount(found, who, period, "collected_amount") == total, (who, period)
        assert amount(found, who, period, "invoiced_amount") == total, (who, period)


def test_nothing_is_collected_where_the_recount_has_nothing(
    found: Kpis, recount: dict[tuple[str, str], tuple[Decimal, int]]
) -> None:
    named = {period for _, period in recount}
    for (who, period, kpi), cell in found.items():
        if kpi == "collected_amount" and period in named and (who, period) not in recount:
            assert Decimal(cell.value) == 0, (who, period)


def test_it_all_adds_up(found: Kpis, recount: dict[tuple[str, str], tuple[Decimal, int]]) -> None:
    years = [key for key in recount if len(key[1]) == 4]
    assert sum(count for _, count in (recount[key] for key in years)) == 412
    assert sum(amount(found, *key, "collected_amount") for key in years) == Decimal("2328.60")
