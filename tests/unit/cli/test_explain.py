"""`crmpulse explain` as it is typed."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from tests.unit.core.kit import contact, employee, void_of
from tests.unit.explain.small import company, stored


def run(*arguments: str, **environ: str) -> Result:
    return CliRunner().invoke(main, list(arguments), env=environ, catch_exceptions=False)


def test_a_figure_with_its_events_its_line_and_what_would_move_the_score(tmp_path: Path) -> None:
    found = run("explain", "ann", "2026-03", "won_amount", *stored(tmp_path, company()))
    assert found.exit_code == 0
    for part in (
        "ann  Ann Li  sales, north", "2026-03, as of 2026-03-31T00:00:00Z", "score 58.00  rating D", "EUR 120.00",
        "sum of the amounts won", "EUR 200.00", "60.0 %", "24.00 of a weight of 40", "5.00 more (125.00): +1.0",
        "2026-03-10T00:00:00Z  e-won  opportunity.won  c         o       120\n1 event ",
    ):  # fmt: skip
        assert part in found.stdout


def test_the_whole_scorecard(tmp_path: Path) -> None:
    found = run("explain", "ann", "2026-03", *stored(tmp_path, company()))
    assert found.exit_code == 0
    for part in (
        "won_amount",
        "win_rate",
        "sales_cycle_days",
        "contacts",
        "at its cap; 47.5 % would cost 1.0",
        "= 58.00",
    ):
        assert part in found.stdout


def test_who_has_no_scorecard_has_figures(tmp_path: Path) -> None:
    lines = [*company(), employee("02", role="clerk")]
    found = run("explain", "ann", "2026-03", *stored(tmp_path, lines))
    assert found.exit_code == 0
    assert "score" not in found.stdout
    assert "opportunities whose newest outcome is won" in found.stdout


def test_a_score_made_again_from_the_log_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    options = stored(tmp_path, company())
    replayed = run("replay", *options[1:3], *options[3:], "--out", str(tmp_path / "out"))
    assert replayed.exit_code == 0
    lines = (tmp_path / "out" / "scores.jsonl").read_bytes().splitlines()
    wanted = next(line for line in lines if orjson.loads(line)["period"] == "2026-Q1" and b'"ann"' in line)
    told = orjson.loads(run("explain", "ann", "2026-Q1", *options, "--format", "json").stdout)
    assert orjson.dumps(told["score"]) == wanted
    one = orjson.loads(run("explain", "ann", "2026-Q1", "contacts", *options, "--format", "json").stdout)
    assert one["score"] == told["score"]
    assert [event["id"] for event in one["kpis"][0]["events"]] == ["e-call-1", "e-call-2", "e-call-3"]


def test_of_many_events_the_newest_are_listed_and_the_others_summed(tmp_path: Path) -> None:
    options = stored(tmp_path, company())
    found = run("explain", "ann", "2026-03", "contacts", *options, "--limit", "1")
    assert "… 2 earlier" in found.stdout
    assert "e-call-3" in found.stdout
    assert "e-call-2" not in found.stdout
    assert "e-call-1" in run("explain", "ann", "2026-03", "contacts", *options, "--limit", "0").stdout


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("anne", "2026-03"), "'anne' is no employee of these events. Did you mean ann?"),
        (("ann", "2026-3"), "or 7d, 30d or 90d. Did you mean 2026-03?"),
        (("ann", "2026-04"), "ann has no figures in 2026-04; there are from 2026-03 to 2026-03. Did you mean 2026-03?"),
        (("ann", "2026-03", "winrate"), "'winrate' is no KPI. Did you mean win_rate?"),
    ],
)
def test_what_is_mistyped_ends_in_one_sentence(tmp_path: Path, asked: tuple[str, ...], says: str) -> None:
    found = run("explain", *asked, *stored(tmp_path, company()))
    assert found.exit_code == 2
    assert says in found.stderr


def test_files_that_are_not_there(tmp_path: Path) -> None:
    found = run("explain", "ann", "2026-03", "--events", str(tmp_path / "nothing"))
    assert (found.exit_code, "there is no such file" in found.stderr) == (2, True)
    found = run("explain", "ann", "2026-03", "--events", str(tmp_path))
    assert (found.exit_code, "a folder" in found.stderr) == (2, True)


def test_without_events_it_asks_kafka_and_says_so_when_there_is_none() -> None:
    found = run("explain", "ann", "2026-03", CRMPULSE_KAFKA="localhost:1")
    assert (found.exit_code, "No Kafka answers at localhost:1" in found.stderr) == (1, True)
    found = run("explain", "ann", "2026-03", CRMPULSE_EMBEDDED="1")
    assert (found.exit_code, "give --events FILE" in found.stderr) == (2, True)


def test_files_may_come_first_one_by_one_and_compressed(tmp_path: Path) -> None:
    _, first, second, *others = stored(tmp_path, company())
    for words in (
        ["--events", first, second, "ann", "2026-03", "contacts", *others],
        ["--events", first, "--events", second, "ann", "2026-03", "contacts", *others],
        ["ann", "--events", first, second, *others, "2026-03", "contacts"],
    ):
        found = run("explain", *words, "--format", "json")
        assert found.exit_code == 0
        assert orjson.loads(found.stdout)["kpis"][0]["value"] == 3


def test_what_is_voided_later_in_the_log_is_behind_no_figure(tmp_path: Path) -> None:
    won = next(line for line in company() if b'"e-won"' in line)
    found = run("explain", "ann", "2026-03", "won_amount", *stored(tmp_path, [*company(), void_of(won, "20")]))
    assert "EUR 0.00" in found.stdout
    assert "e-won" not in found.stdout


def test_a_replay_says_what_was_voided(tmp_path: Path) -> None:
    lines = company()
    voids = [void_of(lines[5], "20"), void_of(lines[5], "21"), void_of(contact("02"), "20")]
    options = stored(tmp_path, [*lines, *voids])
    found = run("replay", *options[1:3], *options[3:], "--out", str(tmp_path / "out"))
    assert "1 voided, 1 voids of events that never were, none rejected" in found.stdout


def test_standard_input_is_looked_through_twice(tmp_path: Path) -> None:
    options = stored(tmp_path, [])
    lines = [*company(), void_of(company()[12], "20")]
    arguments = ["replay", "-", *options[3:], "--out", str(tmp_path / "out")]
    found = CliRunner().invoke(main, arguments, b"\n".join(lines), catch_exceptions=False)
    assert f"{len(lines)} lines" in found.stdout
    assert "1 voided" in found.stdout
