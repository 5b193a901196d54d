"""Reports of a company whose figures are known, read back."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.core.employees.recommending import Basis, id_of
from streams.events.instants import parse_iso
from streams.explain import Mistyped, Reading
from streams.replay import Line
from streams.report import LANGUAGES, render, sheet
from streams.report.chinese import WORDS
from streams.report.sheets import trend_months
from streams.report.tables import as_csv
from streams.report.texts import ENGLISH
from tests.unit.cli.test_explain import run
from tests.unit.core.kit import contact, employee, event, plan
from tests.unit.explain.small import company, read, rules, stored
from tests.unit.report.pages import Page

MARCH = "2026-03"
EVIL = "<script>alert('x')</script>&\"'"
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "div", "p", "h1", "h2"),
    *("b", "em", "strong", "span", "data", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("svg", "rect", "line", "circle", "polyline", "polygon", "text"),
}


def page(reading: Reading, name: str = "ann", period: str = MARCH, language: str = "en") -> str:
    return render(sheet(reading, name, period), reading, "html", language).decode()


@pytest.mark.parametrize("period", [MARCH, "2026-Q1", "2026", "30d"])
@pytest.mark.parametrize("language", list(LANGUAGES))
def test_the_numbers_of_the_page_are_those_of_the_score_record(tmp_path: Path, period: str, language: str) -> None:
    options = stored(tmp_path, company())
    assert run("replay", *options[1:], "--out", str(tmp_path / "out")).exit_code == 0
    lines = map(orjson.loads, (tmp_path / "out" / "scores.jsonl").read_bytes().splitlines())
    record = next(line for line in lines if (line["employee_id"], line["period"]) == ("ann", period))
    out = tmp_path / "ann.html"
    assert run("report", "ann", period, *options, "--language", language, "--out", str(out)).exit_code == 0
    found = Page(out.read_text())
    assert found.head == [record["score"]]
    _, *rows, total = found.rows["scorecard"]
    fields = ("value", "target", "attainment", "weight", "points")
    assert rows == [[line[field] for field in fields if line[field] is not None] for line in record["kpis"]]
    assert total == [sum(line["weight"] for line in record["kpis"]), sum(line["points"] for line in record["kpis"])]


def test_a_person_s_page_by_hand() -> None:
    text = Page(page(read(company()))).text
    for part in (
        "Ann Li", "March 2026", "58.0", "EUR 120.00", "EUR 200.00", "60 %", "24.00", "1 of 2", "team mean",
        "EUR 5.00 more (reaching EUR 125.00) would raise the score by 1.0.",
        "At its cap. At 47.5 % the score would be 1.0 lower.", "100 × 58.00 points / 100 weight = 58.0",
    ):  # fmt: skip
        assert part in text


def test_a_page_in_chinese() -> None:
    text = Page(page(read(company()), language="zh")).text
    for part in (
        "绩效考核表",
        "2026年3月",
        "赢单金额",
        "赢单金额之和",
        "总分提高1.0分。",
        "1 / 2",
    ):
        assert part in text


def test_both_languages_have_the_same_words() -> None:
    assert ENGLISH.keys() == WORDS.keys()
    for word, text in ENGLISH.items():
        assert {part.split("}")[0] for part in text.split("{")[1:]} == {
            part.split("}")[0] for part in WORDS[word].split("{")[1:]
        }


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_markup_in_names_is_text(language: str) -> None:
    lines = [*company(EVIL, f"north{EVIL}", f"c{EVIL}"), plan("15", "16", customer_id=f"c{EVIL}")]
    reading = read(lines)
    for name in ("ann", f"north{EVIL}"):
        found = Page(page(reading, name, language=language))
        assert found.tags <= ALLOWED
        assert not {name for name in found.attributes if name.startswith("on")}
        assert found.unclosed == []
        assert any(EVIL in text for text in found.texts)
        assert f"c{EVIL}" in found.text


def test_a_page_needs_nothing_beside_itself() -> None:
    for name in ("ann", "north"):
        markup = page(read(company()), name)
        for word in ("http:", "https:", "//", "src=", "url(", "@import", "<script", "<link"):
            assert word not in markup.replace("http-equiv", "")
        assert "default-src 'none'" in markup


def test_the_page_of_the_same_events_is_the_same() -> None:
    assert page(read(company())) == page(read(company()))


def test_what_is_overdue_and_what_fired_stand_on_the_page_until_it_is_over() -> None:
    lines = [*company(), plan("15", "16")]
    found = sheet(read(lines), "ann", MARCH)
    assert [alert["rule"] for alert in found["overdue"]] == ["contact.overdue"]
    assert "contact.overdue" in [alert["rule"] for alert in found["alerts"]]
    made = sheet(read([*lines, contact("20")]), "ann", MARCH)
    assert made["overdue"] == []
    assert "contact.overdue" in [alert["rule"] for alert in made["alerts"]]
    assert "A planned contact was not made" in page(read(lines))


def test_what_is_recommended_stands_on_the_page_from_when_it_came_up_until_it_is_over() -> None:
    def kinds(period: str, *more: bytes) -> list[str]:
        reading = Reading(rules(), parse_iso("2026-05-02T00:00:00Z"))
        lines = [*company(), contact("2026-04-02T00:00:00Z"), contact("2026-05-01T00:00:00Z"), *more]
        list(reading.feed(Line(raw, "-", number) for number, raw in enumerate(lines, 1)))
        reading.finish()
        found = sheet(reading, "ann", period)
        if found["recommendations"]:
            assert "the score of 2026-03 is 58" in Page(page(reading, period=period)).text
            assert WORDS["improvement_plan"] in Page(page(reading, period=period, language="zh")).text
        return [one["kind"] for one in found["recommendations"] if one["period"] in (MARCH, None)]

    assert sheet(read(company()), "ann", MARCH)["recommendations"] == []  # March is not over
    assert kinds(MARCH) == kinds("2026-04") == ["coaching", "improvement_plan"]
    decided = event("2026-04-20T00:00:00Z", "review.decided", recommendation_id=id_of("ann", Basis("coaching", MARCH)),
                    by="max", decision="done")  # fmt: skip
    opened = event("2026-05-01T12:00:00Z", "improvement_plan.opened", plan_id="p", employee_id="ann")
    assert kinds("2026-04", decided) == ["coaching", "improvement_plan"]
    assert kinds("2026-05", decided, opened) == ["improvement_plan", "improvement_plan"]


def test_the_sheet_of_a_team() -> None:
    reading = read(company())
    found = sheet(reading, "north", MARCH)
    assert [(row["rank"], row["employee_id"]) for row in found["score"]["ranking"]] == [(1, "ann"), (2, "bob")]
    told = Page(page(reading, "north"))
    bob = reading.score("bob", MARCH)
    assert bob is not None
    assert told.rows["ranking"][1:] == [[1, 58.0], [2, bob["score"]]]
    for part in ("north", "Ann Li", "Bob", "1 of 1", "Won amount", "EUR 120.00", "opening", "closing"):
        assert part in told.text
    funnel = reading.funnel("north", MARCH)
    assert funnel is not None
    numbers = [
        [count, amount] for count, amount in zip(funnel["count"].values(), funnel["amount"].values(), strict=True)
    ]
    assert [row for row in told.rows["pipeline"][1:] if any(row)] == [row for row in numbers if any(row)]


def leaves(value: Any) -> list[Any]:
    """Every single value of JSON."""
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [leaf for one in value for leaf in leaves(one)] if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", ["ann", "north"])
def test_json_and_csv_leave_nothing_out(tmp_path: Path, name: str) -> None:
    options = stored(tmp_path, [*company(), plan("15", "16")])
    told = orjson.loads(run("report", name, MARCH, *options, "--format", "json").stdout)
    expected = orjson.loads(orjson.dumps(sheet(read([*company(), plan("15", "16")]), name, MARCH)))
    assert told.keys() == expected.keys()
    assert told["score"] == expected["score"]
    rows = list(csv.reader(io.StringIO(run("report", name, MARCH, *options, "--format", "csv").stdout)))
    assert rows[0] == ["section", "item", "field", "value"]
    cells = sorted(row[3] for row in rows[1:])
    wanted = sorted(
        "" if leaf is None else leaf if isinstance(leaf, str) else orjson.dumps(leaf).decode() for leaf in leaves(told)
    )
    assert cells == wanted
    assert (
        ["score", "", "score", "58.0"] in rows if name == "ann" else ["score", "", "ranking[ann].score", "58.0"] in rows
    )


def test_a_spreadsheet_calculates_nothing_of_a_name() -> None:
    found = as_csv(sheet(read(company("=1+1", "+north")), "ann", MARCH)).decode()
    assert "name,'=1+1" in found.replace(",,,", ",")
    assert "'+north" in found
    assert ",=1" not in found


def test_a_trend_is_six_months_and_ends_with_the_period_or_with_now() -> None:
    reading = read(company())
    half_a_year = ["2025-10", "2025-11", "2025-12", "2026-01", "2026-02", "2026-03"]
    assert trend_months(reading, "2026-03") == half_a_year
    assert trend_months(reading, "2026") == half_a_year
    assert trend_months(reading, "7d") == half_a_year
    assert trend_months(reading, "2025-Q4")[-1] == "2025-12"


def test_a_line_may_say_more_than_is_known_here_and_lack_what_is() -> None:
    reading = read(company())
    found = sheet(reading, "ann", MARCH)
    found["lines"][0]["line"] |= {"kind": "matrix", "baseline": 50, "parts": [1]}
    found["lines"][1]["line"] |= {"value": None, "attainment": None, "points": None}
    text = Page(render(found, reading, "html", "en").decode()).text
    assert "kind: matrix" in text
    assert "baseline: 50" in text
    assert "No value: its weight goes to the others." in text


@pytest.mark.parametrize(
    ("more", "words", "chinese"),
    [
        ({"basis": "team"}, "The target is a share of the team's.", "目标为团队目标的分摊。"),
        (
            {"expected": 150.0, "pace": 0.8, "basis": None},
            "Expected by then: EUR 150.00, of which 80\N{NO-BREAK SPACE}% was reached.",
            "已达其80\N{NO-BREAK SPACE}%。",
        ),
        ({"expected": 150.0}, "Expected by then: EUR 150.00.", "截至当时应完成EUR 150.00。"),
        ({"forecast": 180.0}, "Forecast for the end: EUR 180.00.", "预计期末为EUR 180.00。"),
        (
            {"forecast": 180.0, "forecast_low": 140.0, "forecast_high": 220.0},
            "Forecast for the end: EUR 180.00, in four of five cases between EUR 140.00 and EUR 220.00.",
            "五次中四次介于EUR 140.00与EUR 220.00之间。",
        ),
        (
            {"points": None, "absent": "few"},
            "Too few to tell: its weight goes to the others.",
            "样本过少",
        ),
    ],
)
def test_a_line_says_where_its_target_comes_from_and_how_it_stands(
    more: dict[str, Any], words: str, chinese: str
) -> None:
    reading = read(company())
    for language, text in (("en", words), ("zh", chinese)):
        found = sheet(reading, "ann", MARCH)
        for name in ("basis", "expected", "pace", "forecast", "forecast_low", "forecast_high"):
            found["lines"][0]["line"].pop(name, None)
        found["lines"][0]["line"] |= more
        assert text in Page(render(found, reading, "html", language).decode()).text


def test_what_was_to_be_reached_by_the_end_is_not_told_twice() -> None:
    reading = read(company())
    found = sheet(reading, "ann", MARCH)
    found["lines"][0]["line"] |= {"expected": found["lines"][0]["line"]["target"], "pace": 0.6}
    assert "Expected by then: EUR 200.00" not in Page(render(found, reading, "html", "en").decode()).text


def test_who_has_no_scorecard_has_a_page_of_figures() -> None:
    reading = read([*company(), employee("02", role="clerk")])
    found = Page(page(reading))
    assert "no score" in found.text
    assert "scorecard" not in found.rows
    assert "Won amount" in found.text


def test_who_is_mistyped_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    with pytest.raises(Mistyped, match=r"is no employee and no team of these events\. Did you mean north\?"):
        sheet(read(company()), "nroth", MARCH)
    with pytest.raises(Mistyped, match=r"The team north has no scores in 2026-02\. Did you mean 2026-03\?"):
        sheet(read(company()), "north", "2026-02")
    found = run("report", "ann", "2026-3", *stored(tmp_path, company()))
    assert (found.exit_code, "Did you mean 2026-03?" in found.stderr) == (2, True)
    found = run("report", "ann", MARCH, *stored(tmp_path, company()), "--out", str(tmp_path))
    assert (found.exit_code, "a folder" in found.stderr) == (2, True)
