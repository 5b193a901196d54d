"""The read model against a recount of the newest record of each key."""

from __future__ import annotations

import asyncio
import math
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.dashboard.access import Access, Kind, Reader, Role
from streams.dashboard.alerts import Facts
from streams.dashboard.asking import Ask, Missing
from streams.dashboard.model import ReadModel
from streams.dashboard.routes import ROUTES
from streams.dashboard.scores import former, in_order
from streams.dashboard.tokens import Tokens
from streams.dashboard.views.company import company as company_of
from streams.dashboard.views.deals import customer as customer_of
from streams.policy import default_policy
from tests.unit.dashboard.house import NOW, Board
from tests.unit.dashboard.records import (
    AS_OF,
    MONTH,
    Told,
    advice,
    alert,
    campaign,
    company,
    customer,
    deal,
    employee,
    funnel,
    kpis,
    line,
    model_of,
    score,
    team,
)

NUMBER = st.integers(0, 9)
PERSON = st.sampled_from(["ann", "bob", "cid"])
TEAM = st.sampled_from(["north", "south"])
PERIOD = st.sampled_from(["2026-03", "2026-02", "2026-Q1", "30d"])
STAGE = st.sampled_from(["Prospecting", "Engaging", "Odd"])
STATUS = st.sampled_from(["pending", "firing", "acknowledged", "resolved"])
MONEY = st.integers(0, 10_000).map(lambda cents: cents / 100)
AHEAD = st.builds(
    lambda expected, reached, more, spread: {
        "expected": expected, "value": reached, "forecast": None if more is None else reached + more,
        "forecast_high": None if more is None or spread is None else reached + more + spread,
    },
    MONEY, MONEY, MONEY | st.none(), MONEY | st.none(),
)  # fmt: skip
"""What a line says of what is to come: with a range, without, or nothing."""
RECORDS = st.one_of(
    st.builds(
        lambda n, who, of, status, rule, at: alert(
            f"al-{n}", who, of, status=status, rule=rule, started_at=f"2026-03-0{at + 1}T00:00:00Z",
            customer_id=f"cus-{n % 4}",
        ),
        NUMBER, PERSON, TEAM, STATUS, st.sampled_from(["contact.due", "opp.stalled"]), st.integers(0, 3),
    ),
    st.builds(
        lambda n, who, of, stage, status, amount: deal(
            f"opp-{n}", who, of, stage=stage, status=status, amount=amount, expected_revenue=amount / 2,
            customer_id=f"cus-{n % 4}",
        ),
        NUMBER, PERSON | st.none(), TEAM, STAGE, st.sampled_from(["open", "won"]), MONEY,
    ),
    st.builds(
        lambda n, who, money, one: customer(f"cus-{n}", who, won_amount=money, merged_from=[f"once-{one}"]),
        NUMBER, PERSON | st.none(), MONEY, NUMBER,
    ),
    st.builds(
        lambda who, of, period, value, ahead, stale: score(who, of, period, value, kpis=[line(**ahead)], stale=stale),
        PERSON, TEAM, PERIOD, MONEY | st.none(), AHEAD, st.sampled_from([[], ["crm.usage"]]),
    ),
    st.builds(kpis, PERSON, PERIOD),
    st.builds(lambda of, members, period: team(of, members, period), TEAM, st.lists(PERSON, unique=True), PERIOD),
    st.builds(funnel, st.sampled_from(["", "north"]), PERIOD),
    st.builds(
        lambda name, period, won: campaign(name, period, won_amount=won),
        st.sampled_from(["campaign:c1", "campaign:c/2", "source:web"]), PERIOD, MONEY,
    ),
    st.builds(lambda n, who: advice(f"rec-{n}", who), NUMBER, PERSON),
)  # fmt: skip
STEPS = st.lists(st.tuples(RECORDS, st.sampled_from([True, True, True, False])), max_size=60)
"""A record, or the deletion of its key."""


def read(steps: list[tuple[Told, bool]]) -> tuple[list[Told], dict[tuple[str, str], bytes]]:
    """All of them, and what is left by topic and key."""
    all_, left = [], dict[tuple[str, str], bytes]()
    for (topic, key, value), kept in steps:
        all_.append((topic, key, value if kept else None))
        left.pop((topic, key), None)
        if kept and value is not None:
            left[topic, key] = value
    return all_, left


ASKED: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
    ("meta", {}, {}), ("company", {}, {"period": "2026-03"}), ("company", {}, {"period": "30d"}),
    ("team", {"team": "north"}, {"period": "2026-03"}), ("employees", {}, {}),
    ("employee", {"id": "bob"}, {"period": "2026-03"}), ("alerts", {}, {"group": "rule"}),
    ("alerts", {}, {"status": "standing", "employee": "bob", "group": "customer"}),
    ("alerts", {}, {"search": "BOB", "limit": 3}), ("alert", {"id": "al-1"}, {}), ("pipeline", {}, {}),
    ("pipeline", {}, {"team": "north"}), ("pipeline", {}, {"employee": "bob"}), ("pipeline", {}, {"stage": "Odd"}),
    ("customers", {}, {}), ("customers", {}, {"search": "cus-1"}), ("customer", {"id": "cus-1"}, {}),
)  # fmt: skip
"""Route, what stands in its path, and its query."""
STAFF = [employee("ann", None, "north"), employee("bob", "ann", "north"), employee("cid", "ann", "south")]
ADMIN = Reader(Role.ADMIN, None, "admin")


def answers(records: list[Told]) -> list[tuple[str, Any]]:
    """What an admin is answered, without what follows from as_of: a deletion takes no time back."""
    board = Board([*STAFF, *records], Tokens(None, None, None))
    house, routes = board.desk.house, {route.name: route for route in ROUTES}
    found = []
    for name, path, query in ASKED:
        ask = Ask(ADMIN, path, msgspec.convert(query, routes[name].query), None, NOW)
        try:
            ask = ask._replace(scope=routes[name].guard(house, ask))
            given = msgspec.json.decode(msgspec.json.encode(asyncio.run(routes[name].answer(house, ask))))
        except Missing as error:
            given = str(error)
        found.append((name, _timeless(given)))
    return found


def _timeless(body: Any) -> Any:
    if isinstance(body, dict):
        return {name: _timeless(value) for name, value in body.items() if name not in ("as_of", "age_days")}
    return [_timeless(one) for one in body] if isinstance(body, list) else body


@settings(max_examples=50)
@given(STEPS, st.randoms(use_true_random=False))
def test_what_came_before_the_newest_of_a_key_leaves_no_trace(
    steps: list[tuple[Told, bool]], chance: random.Random
) -> None:
    """So a dashboard that reads compacted topics anew, its partitions in another order, gives the same answers."""
    all_, left = read(steps)
    compacted: list[Told] = [(topic, key, value) for (topic, key), value in left.items()]
    chance.shuffle(compacted)
    assert answers(all_) == answers(compacted)


def bounds(lines: list[dict[str, Any]]) -> Any:
    """The range of the sum of independent forecasts, in millionths, never below what is reached."""
    told = [one for one in lines if one["forecast"] is not None]
    if not told or any(one["forecast_high"] is None for one in told):
        return None
    spread = math.sqrt(sum((one["forecast_high"] - one["forecast"]) ** 2 for one in told))
    forecast, reached = (math.fsum(one[name] for one in told) for name in ("forecast", "value"))
    low, high = max(forecast - spread, reached), forecast + spread
    return pytest.approx((low * 1e6, high * 1e6), abs=50)


@settings(max_examples=60)
@given(STEPS, st.sets(PERSON), TEAM)
def test_sums_counts_and_lists_are_those_of_a_recount(
    steps: list[tuple[Told, bool]], people: set[str], of: str
) -> None:
    all_, left = read(steps)
    model = model_of([*STAFF, *all_])
    rows = {name: [msgspec.json.decode(value) for (topic, _), value in left.items() if topic == name]
            for name in ("alerts", "opportunities", "customers", "scores.employees", "recommendations")}  # fmt: skip
    opened = [one for one in rows["opportunities"] if one["status"] == "open"]
    for owners, only in ((None, None), (people, None), (None, of), (people, of)):
        chosen = [
            one for one in opened
            if (owners is None or one["owner_id"] in owners) and (only is None or one["team"] == only)
        ]  # fmt: skip
        sums = {stage: tuple(total) for stage, total in model.deals.sums(owners, only).items()}
        assert sums == {
            stage: (
                len(mine), sum(round(one["amount"] * 100) for one in mine),
                sum(round(one["expected_revenue"] * 100) for one in mine),
            )
            for stage in {one["stage"] for one in chosen}
            for mine in [[one for one in chosen if one["stage"] == stage]]
        }  # fmt: skip
    for owners in (None, people):
        mine = sorted(one["customer_id"] for one in rows["customers"] if owners is None or one["owner_id"] in owners)
        assert len(model.customers) == len(rows["customers"])
        page = model.customers.search("cus-", owners, 4, None)
        assert (page.total, page.ids) == (len(mine), mine[:4])
        if page.next is not None:
            assert model.customers.search("cus-", owners, 4, page.next).ids == mine[4:8]
        assert model.customers.search("cus-1", owners, 9, None).ids == [one for one in mine if one == "cus-1"]
    for period in ("2026-03", "30d"):
        cards = [one for one in rows["scores.employees"] if one["period"] == period]
        ahead = model.scorecards.ahead(period)
        expected = sum(round(one["kpis"][0]["expected"] * 1e6) for one in cards)
        assert (ahead["won_amount"].expected if cards else 0) == expected
        assert ("won_amount" in ahead) == bool(cards)
        assert (ahead["won_amount"].bounds() if cards else None) == bounds([one["kpis"][0] for one in cards])
    assert model.scorecards.stale["crm.usage"] == sum(len(one["stale"]) for one in rows["scores.employees"])
    for one in ("ann", "bob", "cid"):
        recommended = sorted(row["id"] for row in rows["recommendations"] if row["employee_id"] == one)
        assert [row["id"] for row in model.advice.of(one)] == recommended
        months = sorted(
            (row["period"], row["score"]) for row in rows["scores.employees"]
            if row["employee_id"] == one and row["score"] is not None and row["period"] in ("2026-03", "2026-02")
        )  # fmt: skip
        assert model.scorecards.trend(one) == months


def test_campaigns_and_sources_stand_in_the_order_of_what_they_won() -> None:
    records = [
        campaign("campaign:c1", won_amount=5.0), campaign("source:web", won_amount=7.0), campaign("campaign:a/1"),
        campaign("campaign:c1", "2026-02"), campaign("campaign:gone"), ("campaigns", f"campaign:gone/{MONTH}", None),
    ]  # fmt: skip
    view = company_of(model_of(records), MONTH)
    assert [one.campaign_id or one.lead_source for one in view.campaigns] == ["a/1", "web", "c1"]
    assert [one.return_ for one in view.campaigns] == [1.5] * 3


def asked(model: ReadModel, id: str) -> tuple[str, str | None] | None:
    """The customer that is answered, and where the one that was asked for went."""
    view = customer_of(model, Access(model.people), ADMIN, id)
    return None if view is None else (view.customer.customer_id, view.merged_into)


def test_a_merged_customer_leads_to_the_one_that_it_is_by_now() -> None:
    model = model_of([*STAFF, customer("cus-b", merged_from=["cus-a"])])
    assert [asked(model, f"cus-{one}") for one in "abc"] == [("cus-b", "cus-b"), ("cus-b", None), None]
    later = [customer("cus-c", merged_from=["cus-a", "cus-b"]), ("customers", "cus-b", None)]
    for topic, key, value in later:
        model.apply(topic, key.encode(), value)
    assert [asked(model, f"cus-{one}") for one in "abc"] == [("cus-c", "cus-c"), ("cus-c", "cus-c"), ("cus-c", None)]
    assert (len(model.customers), model.customers.search("cus-", None, 9, None).ids) == (1, ["cus-c"])
    model.apply("customers", b"cus-c", None)
    assert [asked(model, f"cus-{one}") for one in "abc"] == [None, None, None]


def test_a_timeline_tells_when_alerts_began_and_ended_in_both_languages() -> None:
    ended = alert(
        "al-1", rule="payment.overdue", status="resolved", ended_at="2026-03-10T09:00:00Z", customer_id="cus-bob",
        values={"invoice_id": "inv-1", "due_at": "2026-03-01T00:00:00Z", "outstanding": "5.00", "amount": "5.00"},
    )  # fmt: skip
    model = model_of([*STAFF, customer("cus-bob"), ended, alert("al-2", customer_id="cus-bob")])
    view = customer_of(model, Access(model.people), ADMIN, "cus-bob")
    assert view is not None
    told = [(one.at[:10], one.kind, one.ref) for one in view.timeline if one.ref is not None]
    assert told == [("2026-03-10", "over", "al-1"), ("2026-03-09", "alert", "al-2"), ("2026-03-09", "alert", "al-1")]
    [over] = [one for one in view.timeline if one.kind == "over"]
    assert over.text == "Contact the customer of bob."
    assert "发票 inv-1" in (over.text_zh or "")
    assert [one.id for one in view.alerts] == ["al-2"]


def test_a_timeline_tells_of_contacts_and_of_attempts() -> None:
    how = {"employee_id": "bob", "channel": "visit", "connected": True, "inbound": True}
    made = [how | {"at": "2026-03-03T09:00:00Z"}, how | {"at": "2026-03-02T09:00:00Z", "connected": False}]
    model = model_of([*STAFF, customer("cus-x", recent_contacts=made, next_contact=None)])
    view = customer_of(model, Access(model.people), ADMIN, "cus-x")
    assert view is not None
    found = [(one.at[8:10], one.kind, one.text, one.channel, one.inbound) for one in view.timeline]
    assert found == [("03", "contact", "bob", "visit", True), ("02", "attempt", "bob", "visit", True)]


def test_a_timeline_tells_of_invoices_payments_and_tickets() -> None:
    at = "2026-03-{}T09:00:00Z".format
    bill = {"invoice_id": "inv-1", "issued_at": at("02"), "due_at": at("09"), "amount": 100.25, "paid": 60.0,
            "status": "open"}  # fmt: skip
    paid = [{"at": at("05"), "amount": -40.0, "invoice_id": "inv-1"}, {"at": at("04"), "amount": 100.0,
             "invoice_id": "inv-1"}]  # fmt: skip
    wish = {"ticket_id": "t-1", "kind": "complaint", "priority": "high", "employee_id": "eve", "opened_at": at("03"),
            "resolved_at": at("06")}  # fmt: skip
    calm = {"last_contact": None, "next_contact": None}
    record = customer("cus-x", **calm, recent_invoices=[bill], recent_payments=paid, recent_tickets=[wish])
    model = model_of([*STAFF, record, customer("cus-y", **calm)])
    view = customer_of(model, Access(model.people), ADMIN, "cus-x")
    assert view is not None
    assert [(one.at[8:10], one.kind, one.text, one.ref, one.amount) for one in view.timeline] == [
        ("06", "resolved", "complaint", "t-1", None), ("05", "refund", "", "inv-1", 40.0),
        ("04", "payment", "", "inv-1", 100.0), ("03", "ticket", "complaint", "t-1", None),
        ("02", "invoice", "open", "inv-1", 100.25),
    ]  # fmt: skip
    assert msgspec.to_builtins(view.customer.recent_tickets[0])["employee_id"] == "eve"
    older = customer_of(model, Access(model.people), ADMIN, "cus-y")  # a record that a former release wrote
    assert older is not None
    assert older.timeline == []
    assert not hasattr(model.customers.summary("cus-x"), "recent_invoices")


@pytest.mark.parametrize(
    ("ranges", "bounds"),
    [
        ([(100.0, 130.0, 0.0), (200.0, 240.0, 0.0)], (250.0, 350.0)),  # 30 and 40 are 50 together, not 70
        ([(100.0, 130.0, 90.0), (200.0, 240.0, 180.0)], (270.0, 350.0)),  # and 270 are reached
        ([(100.0, 130.0, 0.0), (200.0, None, 0.0)], (None, None)),
        ([], (None, None)),
    ],
)
def test_the_companys_forecast_has_the_range_of_independent_errors(
    ranges: list[tuple[float, float | None, float]], bounds: tuple[float | None, float | None]
) -> None:
    lines = [line(forecast=forecast, forecast_high=high, value=reached) for forecast, high, reached in ranges]
    cards = [score(who, "north", kpis=[one]) for who, one in zip(("ann", "bob"), lines, strict=False)]
    [target] = company_of(model_of([*STAFF, *cards, team("north", ["ann", "bob"])]), MONTH).targets
    assert (target.forecast_low, target.forecast_high) == bounds
    assert target.forecast == (300.0 if ranges else None)


def test_an_opportunity_stalls_while_an_alert_of_the_rule_stands() -> None:
    stall = {"rule": "opp.stalled", "opportunity_id": "opp-bob"}
    model = model_of([*company(), alert("st", **stall)])
    assert model.alerts.has(model.stalls(), "opp-bob")
    model = model_of([*company(), alert("st", **stall), alert("st", **stall, status="resolved")])
    assert not model.alerts.has(model.stalls(), "opp-bob")


def test_a_deletion_is_told_to_whom_the_record_concerned() -> None:
    model = model_of(company())
    gone = [
        ("alerts", "al-bob", Facts("north", "bob", "contact.overdue")),
        ("scores.employees", f"bob/{MONTH}", Facts("north", "bob")),
        ("kpis.employees", f"bob/{MONTH}", Facts("north", "bob")), ("opportunities", "opp-bob", Facts("north", "bob")),
        ("customers", "cus-bob", Facts(employee="bob")), ("recommendations", "rec-bob", Facts(None, "bob")),
        ("scores.teams", f"north/{MONTH}", Facts("north")), ("funnel", f"north/{MONTH}", Facts("north")),
    ]  # fmt: skip
    for topic, key, facts in gone:
        change = model.apply(topic, key.encode(), None)
        assert change is not None
        assert (change.value, change.facts) == (None, facts), topic


@pytest.mark.parametrize(
    ("topic", "key", "value"),
    [
        ("alerts", b"a", b"no json"),
        ("alerts", b"\xff", b"{}"),
        ("alerts", b"a", b'{"id":"a"}'),
        ("alerts", b"a", alert("a", started_at="soon")[2]),
        ("scores.employees", b"a/2026-03", b"[]"),
        ("kpis.employees", b"bob/soon", kpis("bob")[2]),
        ("customers", b"c", b"{}"),
        ("crm.employees", b"e", b"{}"),
        ("streams.policy", b"p", b'{"text":"stages: nonsense"}'),
        ("streams.dead-letters", b"d", b"0"),
    ],
)
def test_a_record_that_is_none_of_its_topic_is_counted_and_changes_nothing(
    topic: str, key: bytes, value: bytes
) -> None:
    model = ReadModel(default_policy())
    assert model.apply(topic, key, value) is None
    assert model.foreign == {topic: 1}
    assert (len(model.alerts), len(model.customers), len(model.scorecards)) == (0, 0, 0)


def test_managers_in_a_circle_see_the_circle() -> None:
    model = model_of(
        [employee("a", "b", "t"), employee("b", "c", "t"), employee("c", "a", "t"), employee("d", "a", "t")]
    )
    assert model.people.tree("a") == {"a", "b", "c", "d"}
    assert model.people.tree("d") == {"d"}


def test_a_move_to_another_manager_is_seen_at_once_and_an_older_event_changes_nothing() -> None:
    model = model_of(company())
    access = Access(model.people)
    assert access.scope(Reader(Role.MANAGER, "ann", "ann"), Kind.ALERTS) == frozenset(("ann", "bob", "cid"))
    for one in (employee("bob", "dan", "south", 2), employee("bob", "ann", "north", 1)):
        model.apply(one[0], one[1].encode(), one[2])
    assert access.scope(Reader(Role.MANAGER, "ann", "ann"), Kind.ALERTS) == frozenset(("ann", "cid"))
    assert model.people.members("south") == {"dan", "eve", "bob"}


def test_periods_that_have_not_begun_are_none_to_choose() -> None:
    ahead = [team("north", ["bob"], period) for period in ("2026-04", "2026-Q2", "2027")]
    model = model_of([*company(), *ahead])
    assert model.periods() == ["2026-03", "2026-02"]
    assert model.period(None) == "2026-03"


def test_periods_stand_in_order_and_have_a_former_one() -> None:
    periods = ["30d", "2025", "2026-02", "2026-Q1", "7d", "2026-03", "2026", "2025-Q4"]
    assert in_order(periods) == ["2026-03", "2026-02", "2026-Q1", "2025-Q4", "2026", "2025", "7d", "30d"]
    assert [former(one) for one in ("2026-01", "2026-Q1", "2026-Q3", "2026", "30d")] == [
        "2025-12", "2025-Q4", "2026-Q2", "2025", None,
    ]  # fmt: skip


def test_what_an_alert_tells_of_is_known_too() -> None:
    model = model_of([alert("a"), score("bob", "north")])
    assert model.as_of == AS_OF
    for change, told in (
        ({"started_at": "2026-03-12T10:00:00Z"}, "2026-03-12T10:00:00Z"),
        ({"status": "resolved", "ended_at": "2026-03-13T10:00:00Z"}, "2026-03-13T10:00:00Z"),
    ):
        topic, key, value = alert("b", **change)
        model.apply(topic, key.encode(), value)
        assert model.as_of == told
