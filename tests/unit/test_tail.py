import asyncio
import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from streams.settings import Settings
from streams.tail import ALIASES, TailError, line, streams, tail
from streams.topics import BY_NAME, DEAD_LETTERS

AT = 1_772_452_800_000_000  # us, 2026-03-02T12:00:00Z

ALERT: dict[str, Any] = {
    "id": "a1",
    "rule": "opp.stalled",
    "status": "firing",
    "reason": "deadline",
    "severity": "warning",
    "employee_id": "emp-7",
    "customer_id": "cus-1",
    "opportunity_id": "opp-9",
    "started_at": "2026-01-01T00:00:00Z",
    "fired_at": "2026-03-01T00:00:00Z",
    "ended_at": None,
    "summary": "91 days in Engaging, more than 90.",
}


def told(topic: str, value: object, key: bytes = b"k") -> str:
    return line(topic, key, json.dumps(value).encode(), AT).plain


def test_an_alert_s_line_begins_with_when_its_status_came_about() -> None:
    text = told("alerts", ALERT)

    assert text.startswith("2026-03-01T00:00:00Z  firing")
    for part in ("warning", "opp.stalled", "emp-7 cus-1 opp-9", "91 days in Engaging, more than 90.", "(deadline)"):
        assert part in text


def test_a_digest_s_line_tells_whom_how_much_and_the_news_first() -> None:
    def alert(number: int, news: str | None, flapping: int | None = None) -> dict[str, Any]:
        return {"summary": f"Matter {number}.", "news": news, "flapping": flapping}

    over = {"reason": "resolved", "rule": "opp.stalled", "summary": "It moved on."}
    record = {
        "recipient": "emp-7",
        "notify_at": "2026-03-02T09:00:00Z",
        "counts": {"standing": 3, "new": 1, "again": 1, "over": 2, "warning": 3},
        "standing": [
            {"severity": "critical", "rule": "goal.at_risk", "alerts": [alert(1, "new", 3)]},
            {"severity": "warning", "rule": "contact.overdue", "alerts": [alert(2, None), alert(3, "again")]},
        ],
        "over": [over, over],
    }
    text = told("alerts.digest", record)
    assert text.startswith("2026-03-02T09:00:00Z  emp-7")
    assert "1 new, 1 again, 2 over, 3 standing" in text
    assert "critical goal.at_risk (flapping, 3 times): Matter 1.  warning contact.overdue: Matter 3." in text
    assert text.endswith("  resolved opp.stalled: It moved on.  and 1 more")


@pytest.mark.parametrize(
    ("status", "begins"),
    [
        ("pending", "2026-01-01T00:00:00Z"),
        ("resolved", "2026-03-05T00:00:00Z"),
        ("acknowledged", "2026-03-02T12:00:00Z"),
    ],
)
def test_each_status_has_its_own_instant(status: str, begins: str) -> None:
    assert told("alerts.log", ALERT | {"status": status, "ended_at": "2026-03-05T00:00:00Z"}).startswith(begins)


def test_a_score_s_line_tells_whose_when_how_much_and_what_weighs_most() -> None:
    kpis = [{"kpi": f"kpi_{n}", "value": n / 3, "points": n} for n in range(6)]
    record = {
        "employee_id": "emp-7",
        "team": "north",
        "period": "2026-03",
        "as_of": "2026-03-02T12:00:00Z",
        "score": 87.44,
        "rating": "B",
        "kpis": kpis,
    }

    text = told("scores.employees", record)

    for part in ("2026-03-02T12:00:00Z  2026-03  emp-7", "87.4  B", "kpi_5 1.66667, kpi_4 1.33333"):
        assert part in text
    assert "kpi_0" not in text


def test_a_team_s_line_has_its_rank_and_may_have_no_score() -> None:
    record = {"team": "north", "period": "2026", "as_of": "2026-03-02T12:00:00Z", "score": None, "rank": 2}

    assert "north" in told("scores.teams", record)
    assert "no score" in told("scores.teams", record)
    assert "rank 2" in told("scores.teams", record)


def test_kpis_are_told_by_name_and_value() -> None:
    kpis = [
        {"kpi": "won_amount", "value": 10_005_534},
        {"kpi": "win_rate", "value": 0.631},
        {"kpi": "x", "value": None},
    ]
    record = {"employee_id": "e", "period": "2026", "as_of": "2026-03-02T12:00:00Z", "kpis": kpis}

    assert told("kpis.employees", record).endswith("won_amount 10,005,534, win_rate 0.631, x -")


def test_a_campaign_s_line_tells_what_it_cost_and_brought() -> None:
    record = {
        "campaign_id": "spring",
        "lead_source": None,
        "period": "2026-03",
        "as_of": "2026-03-12T00:00:00Z",
        "participants": 7,
        "leads": 3,
        "converted": 1,
        "cost": 100.0,
        "won_count": 2,
        "won_amount": 250.0,
        "return": 1.5,
    }
    text = told("campaigns", record)
    assert text.startswith("2026-03-12T00:00:00Z  2026-03  spring")
    assert text.endswith("7 participants, 3 leads, 1 converted, cost 100, 2 won, 250, return 1.5")
    source = told("campaigns", record | {"campaign_id": None, "lead_source": "web", "return": None})
    assert "web" in source
    assert source.endswith("2 won, 250")


def test_a_dead_letter_s_line_says_why_and_where() -> None:
    record = {
        "reason": "malformed",
        "detail": "not JSON",
        "topic": "crm.contacts",
        "partition": 3,
        "offset": 17,
        "time": None,
    }

    assert told(DEAD_LETTERS, record) == "2026-03-02T12:00:00Z  malformed     crm.contacts[3]@17  not JSON"


def test_a_tombstone_says_what_was_deleted() -> None:
    assert line("alerts", b"a1", None, AT).plain == "2026-03-02T12:00:00Z  a1  deleted"


@pytest.mark.parametrize("value", [b"\xff\xfe", b"{", b"[1]", b"{}", b'{"status": 3}', b'"text"', b"null", b""])
@pytest.mark.parametrize("topic", ["alerts", "scores.employees", "kpis.employees", DEAD_LETTERS, "customers"])
def test_a_record_that_is_not_of_the_kind_is_shown_as_it_is(topic: str, value: bytes) -> None:
    assert line(topic, b"k", value, AT).plain.startswith("2026-03-02T12:00:00Z  k  ")


def test_what_has_no_line_of_its_own_is_shown_in_short() -> None:
    assert told("insights", {"a": 1}) == '2026-03-02T12:00:00Z  k  {"a":1}'
    assert len(told("insights", {"a": "x" * 1_000})) < 300


def test_nothing_in_a_record_reaches_the_terminal_as_a_command() -> None:
    text = told("alerts", ALERT | {"summary": "\x1b[2J\x07\r\n[bold]gone[/bold]"})

    assert text.isprintable()
    assert "[bold]gone[/bold]" in text
    out = StringIO()
    Console(file=out, force_terminal=True).print(line("alerts", b"\x1b[2J", b"{}", AT), soft_wrap=True)
    assert "\x1b[2J" not in out.getvalue()


def test_the_short_names_are_of_topics_that_exist() -> None:
    assert set(ALIASES.values()) <= set(BY_NAME)
    assert {"alerts", "scores", "kpis", "dead-letters", "scores.teams"} <= set(streams())


def test_a_stream_that_is_none_is_refused_with_those_that_are() -> None:
    for name in ("alert", "crm.contacts", "streams.inbox"):
        with pytest.raises(TailError, match=rf"There is no stream '{name}'; there are alerts, "):
            asyncio.run(tail(Settings.from_env({}), name, Console()))
