"""A real sales log against a recount in SQL, straight from the published CSV files and sharing no code."""

import random
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest

from tests.acceptance.commands import Kpis, alerts, amount, crmpulse, kpis

AS_OF = "2018-01-01T00:00:00Z"
POLICY = """\
pipeline:
  stages:
    - {name: Prospecting, probability: 0.1, stall_after: 30d}
    - {name: Engaging, probability: 0.4, stall_after: 90d}
"""
# A closed deal counts in its month, quarter and year, and in the 7, 30 and 90 days that end with the day of AS_OF.
RECOUNT = """\
WITH closed AS (
    SELECT sales_agent, deal_stage, engage_date::DATE AS engaged, close_date::DATE AS closed,
           close_value::DECIMAL(18, 2) AS worth
    FROM pipeline WHERE deal_stage IN ('Won', 'Lost')
), placed AS (
    SELECT *, unnest([
        strftime(closed, '%Y'), year(closed) || '-Q' || quarter(closed), strftime(closed, '%Y-%m')
    ]) AS period FROM closed
    UNION ALL
    SELECT closed.*, days || 'd' FROM closed, (SELECT unnest([7, 30, 90]) AS days)
    WHERE closed > DATE '2018-01-01' - days::INTEGER AND closed <= DATE '2018-01-01'
)
SELECT sales_agent, period,
       count(*) FILTER (deal_stage = 'Won'),
       count(*) FILTER (deal_stage = 'Lost'),
       coalesce(sum(worth) FILTER (deal_stage = 'Won'), 0),
       coalesce(sum(closed - engaged) FILTER (deal_stage = 'Won'), 0)
FROM placed GROUP BY ALL
"""


class Recount(NamedTuple):
    """What SQL counts for one seller and period; days is the sum of the cycles of the deals won."""

    won: int
    lost: int
    worth: Decimal
    days: int


@pytest.fixture(scope="module")
def database(maven_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("maven-csv")
    with zipfile.ZipFile(maven_zip) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/sales_pipeline.csv"))
        (folder / "pipeline.csv").write_bytes(archive.read(name))
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE pipeline AS SELECT * FROM read_csv(?, header = true, all_varchar = true)",
            [str(folder / "pipeline.csv")],
        )
        yield connection


@pytest.fixture(scope="module")
def recount(database: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Recount]:
    rows = database.execute(RECOUNT).fetchall()
    return {(seller, period): Recount(*figures) for seller, period, *figures in rows}


@pytest.fixture(scope="module")
def events(maven_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The imported events."""
    file = tmp_path_factory.mktemp("maven") / "events.jsonl"
    said = crmpulse("import", "maven", maven_zip, "-o", file)
    assert "15,137 events" in said
    assert "500 rows skipped (no date: 500)" in said
    return file


def _replay(events: Path, folder: Path) -> Path:
    policy = folder / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    crmpulse("replay", events, "--as-of", AS_OF, "--policy", policy, "--out", folder / "out")
    assert (folder / "out" / "dead-letters.jsonl").read_bytes() == b""
    return folder / "out"


@pytest.fixture(scope="module")
def replayed(events: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a replay of the events as they are."""
    return _replay(events, tmp_path_factory.mktemp("maven-replay"))


@pytest.fixture(scope="module")
def found(replayed: Path) -> Kpis:
    return kpis(replayed)


def test_the_recount_is_that_of_the_published_totals(recount: dict[tuple[str, str], Recount]) -> None:
    years = [figures for (_, period), figures in recount.items() if period == "2017"]
    assert len(years) == 30
    assert sum(one.won for one in years) == 4_238
    assert sum(one.lost for one in years) == 2_473
    assert sum(one.worth for one in years) == 10_005_534


def test_every_figure_of_every_seller_and_period_is_the_recount(
    found: Kpis, recount: dict[tuple[str, str], Recount]
) -> None:
    for (seller, period), sql in recount.items():
        counted = [amount(found, seller, period, kpi) for kpi in ("won_count", "lost_count", "won_amount")]
        assert counted == [sql.won, sql.lost, sql.worth], (seller, period)
        rate = found[seller, period, "win_rate"]
        assert (rate.numerator, rate.denominator) == (str(sql.won), str(sql.won + sql.lost)), (seller, period)
        assert float(rate.value) == pytest.approx(sql.won / (sql.won + sql.lost), rel=1e-9), (seller, period)
        if sql.won:
            cycle = found[seller, period, "sales_cycle_days"]
            assert (Decimal(cycle.numerator), cycle.samples) == (Decimal(sql.days), str(sql.won)), (seller, period)
            assert float(cycle.value) == pytest.approx(sql.days / sql.won, rel=1e-9), (seller, period)
        else:
            assert (seller, period, "sales_cycle_days") not in found


def test_no_figure_stands_where_the_recount_has_none(found: Kpis, recount: dict[tuple[str, str], Recount]) -> None:
    for (seller, period, kpi), cell in found.items():
        if (seller, period) not in recount:
            assert kpi not in ("win_rate", "sales_cycle_days"), (seller, period)
            if kpi in ("won_count", "lost_count", "won_amount"):
                assert Decimal(cell.value) == 0, (seller, period, kpi)


def test_what_stood_still_for_more_than_90_days_fires_and_nothing_else(
    replayed: Path, database: duckdb.DuckDBPyConnection
) -> None:
    stalled = [alert for alert in alerts(replayed).values() if alert["rule"] == "opp.stalled"]
    firing = {alert["opportunity_id"] for alert in stalled if alert["status"] == "firing"}
    ended = {alert["opportunity_id"] for alert in stalled if alert["status"] == "resolved"}
    query = "SELECT opportunity_id FROM pipeline WHERE deal_stage {} AND {} > engage_date::DATE + 90"
    still_open = database.execute(query.format("= 'Engaging'", "DATE '2018-01-01'")).fetchall()
    closed_late = database.execute(query.format("IN ('Won', 'Lost')", "close_date::DATE")).fetchall()
    assert len(still_open) == 1_479
    assert firing == {one for (one,) in still_open}
    assert ended == {one for (one,) in closed_late}
    assert len(stalled) == len(firing) + len(ended)


def test_shuffled_with_a_tenth_twice_and_a_tenth_after_everything_else_nothing_changes(
    events: Path, replayed: Path, found: Kpis, tmp_path: Path
) -> None:
    chance = random.Random(2017)
    lines = events.read_bytes().splitlines(keepends=True)
    chance.shuffle(lines)
    tenth = len(lines) // 10
    late, timely = lines[:tenth], lines[tenth:]
    arriving = timely + chance.sample(lines, tenth)
    chance.shuffle(arriving)
    messed = tmp_path / "messed.jsonl"
    messed.write_bytes(b"".join(arriving + late))

    again = _replay(messed, tmp_path)

    assert kpis(again) == found
    assert _firing(again) == _firing(replayed)
    assert _episodes(again) == _episodes(replayed)


def _firing(folder: Path) -> list[dict[str, Any]]:
    """Every alert that fires, whole; but for the reason of its last change, which tells of the way there."""
    found = [alert for alert in alerts(folder).values() if alert["status"] == "firing"]
    return sorted(({**alert, "reason": None} for alert in found), key=itemgetter("id"))


def _episodes(folder: Path) -> set[tuple[str, ...]]:
    """When each alert fired and ended, those proven false by a later line left out."""
    found = [alert for alert in alerts(folder).values() if alert["fired_at"] and alert["reason"] != "withdrawn"]
    return {tuple(str(alert[key]) for key in ("id", "rule", "started_at", "fired_at", "ended_at")) for alert in found}
