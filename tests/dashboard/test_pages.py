"""Every page in a real browser: in both languages, at all widths, with names that hold markup, and with nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.dashboard.conftest import Open, Site, until
from tests.dashboard.places import NAMES, address
from tests.dashboard.sample import Sample

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
MARKUP = "<img src=x onerror=alert(1)><b>Bold</b>"


@pytest.mark.parametrize("name", NAMES)
def test_a_page_speaks_both_languages_and_fits_a_phone(visit: Open, sample: Sample, name: str) -> None:
    page = visit(address(name, sample), **PHONE)
    for language, alerts in (("en", "Alerts"), ("zh-CN", "预警")):
        until(page, "language => document.documentElement.lang === language", language)
        page.wait_for_selector(f".tabs :text('{alerts}')")
        assert page.locator("main section, main .alerts").count() > 0
        assert not re.search(r"\b(undefined|NaN|null)\b|\[object", page.inner_text("main"))
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
        page.click("[data-action=language]")
    assert page.locator(".tabs a").first.bounding_box()["y"] > PHONE["viewport"]["height"] * 0.8


def test_a_page_speaks_the_language_of_the_browser(visit: Open) -> None:
    assert visit("/company", locale="zh-CN").inner_text("h1") == "公司"
    assert visit("/company", locale="fr-FR").inner_text("h1") == "Company"


def test_the_language_can_be_switched_and_is_remembered(visit: Open) -> None:
    page = visit("/company")
    page.click("[data-action=language]")
    page.wait_for_selector("h1:text('公司')")
    page.reload()
    page.wait_for_selector("h1:text('公司')")


def test_the_theme_can_be_switched_and_is_remembered(visit: Open) -> None:
    page = visit("/company", color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.click("[data-action=theme]")
    page.click("[data-action=theme]")
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    page.wait_for_selector("main h1")
    assert page.evaluate(paper) == dark


def test_numbers_and_times_are_the_readers(visit: Open, site: Site) -> None:
    site.stub.sample.teams.clear()
    german = visit("/health", locale="de-DE", timezone_id="America/New_York")
    assert "182.4" in german.inner_text("main"), "the language that is shown has a say in how numbers are written"
    berlin, york = (
        visit("/health", timezone_id=zone).inner_text(".head .soft") for zone in ("Europe/Berlin", "America/New_York")
    )
    assert berlin != york


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("company", "health")])
def test_markup_in_names_is_shown_as_text(visit: Open, site: Site, sample: Sample, name: str) -> None:
    records = site.stub.sample
    for person in records.people.values():
        person["name"] = MARKUP
    for alert in [*records.alerts.values(), *records.changes]:
        alert["summary"] = MARKUP
    for deal in records.deals.values():
        deal["next_step"] = MARKUP
    page = visit(address(name, sample))
    assert "<b>Bold</b>" in page.inner_text("main")
    assert page.locator("main b:text('Bold'), main img").count() == 0


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        (
            "/company",
            {"totals": {}, "targets": [], "funnel": None, "teams": [], "drift": [], "campaigns": []},
            "No targets are set",
        ),
        ("/health", {"sources": [], "stale_kpis": [], "topics": {}, "records_per_s": 0}, "No record was refused"),
        ("/alerts", {"items": [], "total": 0, "next": None}, "No alert stands"),
        ("/pipeline", {"stages": [], "opportunities": {"items": [], "total": 0}, "bridge": None}, "No open deals"),
    ],
)
def test_an_empty_page_says_so(visit: Open, site: Site, path: str, data: dict[str, object], says: str) -> None:
    shared = {"period": "2026-03", "as_of": "2026-03-16T00:00:00Z", "ready": True}
    letters = {"dead_letters": {"total": 0, "by_reason": {}, "newest": []}}
    site.stub.answers[path] = shared | letters | data
    assert says in visit(path).inner_text("main")


@pytest.mark.parametrize(
    ("status", "path", "says"),
    [
        (403, "/company", "Not for you to see"),
        (404, "/person/nobody", "Nothing here"),
        (404, "/no/such/page", "Nothing here"),
    ],
)
def test_a_page_that_is_not_there_says_why(visit: Open, site: Site, status: int, path: str, says: str) -> None:
    if status == 403:
        site.stub.forbidden.add(path.strip("/"))
    page = visit(path)
    assert page.inner_text("main h1") == says
    page.click("main a")
    page.wait_for_url("**/company")


def test_a_page_that_takes_long_shows_that_it_loads(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    site.stub.slow = 1.0
    page.click(".tabs a[href='/company']")
    page.wait_for_selector("main[aria-busy] .skeleton")
    page.wait_for_selector("main:not([aria-busy]) h1")


def test_alerts_that_are_over_stand_on_the_timeline_in_the_readers_language(visit: Open, sample: Sample) -> None:
    over = next(one for one in sample.alerts.values() if one["status"] == "resolved" and one["customer_id"])
    page = visit(f"/customer/{over['customer_id']}", locale="zh-CN")
    page.click(".chip:text('预警解除')")
    page.wait_for_selector(f".kind-over :text('关于 {over['id']}')")
    assert "已解除" in page.inner_text(".timeline >> nth=0")


def test_contacts_invoices_payments_and_tickets_stand_on_the_timeline(visit: Open, site: Site, sample: Sample) -> None:
    path = address("customer", sample)
    at = "2026-03-{}T09:00:00Z".format
    bill = {"invoice_id": "inv-1", "issued_at": at("02"), "due_at": at("09"), "amount": 1234.5, "paid": 34.5,
            "status": "open"}  # fmt: skip
    wish = {"ticket_id": "t-1", "kind": "complaint", "priority": "high", "employee_id": None, "opened_at": at("03"),
            "resolved_at": at("04")}  # fmt: skip
    call = {"at": at("07"), "employee_id": "emp-001", "channel": "call", "connected": True, "inbound": True}
    paid = [
        {"at": at("05"), "amount": -5.5, "invoice_id": "inv-1"},
        {"at": at("04"), "amount": 40, "invoice_id": "inv-1"},
    ]
    site.stub.sample.customers[path.removeprefix("/customer/")] |= {
        "recent_invoices": [bill], "recent_payments": paid * 10, "recent_tickets": [wish], "collected_uninvoiced": 7.25,
        "recent_contacts": [call, call | {"at": at("06"), "connected": False, "inbound": False, "channel": "email"}],
    }  # fmt: skip
    page = visit(path)
    told = page.inner_text(".stack")
    for text in ("Invoice inv-1: €1,234.50", "€40.00 came in for inv-1", "€5.50 went back for inv-1",
                 "t-1 was opened: complaint", "priority high", "t-1 was resolved: complaint",
                 "overdue · due 9 Mar 2026 · €34.50 paid", "the newest 20 of each",
                 "€7.25 came in without an invoice", "Contact made by", "call · the customer began it",
                 "Nobody was reached by", "email · to the customer"):  # fmt: skip
        assert text in told, text
    page.click("[data-action=language]")
    page.click(".chip:text-is('发票')")
    page.wait_for_selector(".kind-invoice :text('已逾期')")
    assert page.locator(".event").count() == 1
    assert "€1,234.50" in page.inner_text(".timeline")


def test_a_customer_that_was_merged_leads_to_the_one_that_it_is(visit: Open, site: Site, sample: Sample) -> None:
    last = address("customer", sample).removeprefix("/customer/")
    site.stub.sample.customers[last]["merged_from"] = ["cus-former"]
    page = visit("/customer/cus-former")
    assert page.url.endswith(f"/customer/{last}")
    assert page.inner_text("main h1") == last
    assert page.inner_text("main .note") == "cus-former was merged into this customer."
    page.click("[data-action=language]")
    page.wait_for_selector(".note:text('客户 cus-former 已并入此客户。')")
    page.reload()
    page.wait_for_selector("main:not([aria-busy]) h1")
    assert page.locator("main .note").count() == 0


def test_a_line_of_the_scorecard_is_explained_down_to_its_events(visit: Open, site: Site, sample: Sample) -> None:
    path = address("person", sample)
    event = {"time": "2026-03-02T13:57:46Z", "source": "/crm", "id": "c-1", "type": "opportunity.won",
             "customer_id": "cus-000001", "about": "opp-000013", "adds": 3, "to_denominator": None,
             "counts": 1}  # fmt: skip
    told = {"traced": True, "total": 1, "as_of": "2026-03-16T00:00:00Z", "events": [event]}
    answers, explain = site.stub.answers, f"/employees/{path.removeprefix('/person/')}/explain"
    answers[explain] = {"status": "reading", "traced": None, "total": 0, "as_of": None, "events": []}
    page = visit(path)
    page.click(".card button >> nth=0")
    page.wait_for_selector(".why :text('Reading the log of events')")
    answers[explain] = told | {"status": "ready"}
    page.wait_for_selector(".why :text('opp-000013')")
    assert "As of 16 Mar 2026" in page.inner_text(".why")


def test_events_that_cannot_be_had_are_said_so_and_the_arithmetic_stays(
    visit: Open, site: Site, sample: Sample
) -> None:  # fmt: skip
    page = visit(address("person", sample))
    page.click(".card button >> nth=0")
    page.wait_for_selector(".why :text('The events could not be had')")
    assert "Counted" in page.inner_text(".why")


def test_an_employee_answers_the_own_appraisal(visit: Open, site: Site, sample: Sample) -> None:
    path = address("person", sample)
    id = path.removeprefix("/person/")
    site.stub.reader = {"role": "employee", "employee_id": id}
    page = visit("/")
    page.wait_for_url(f"**{path}")
    page.click("text=Answer")
    page.fill("dialog textarea", "I was ill.")
    page.click("dialog .main")
    page.wait_for_selector(".toast")
    [(where, what)] = site.stub.sent
    assert where == f"/employees/{id}/response"
    assert what["comment"] == "I was ill."


def test_a_recommendation_is_for_a_person_to_decide(visit: Open, site: Site, sample: Sample) -> None:
    path = address("person", sample)
    site.stub.advice = [{"recommendation_id": "rec-1", "kind": "coaching", "summary": "Go along on two visits."}]
    page = visit(path)
    page.click("text=Accept")
    page.fill("dialog textarea", "From next week on.")
    page.click("dialog .main")
    page.wait_for_selector(".toast")
    assert site.stub.sent == [
        ("/recommendations/rec-1/decision", {"decision": "accepted", "comment": "From next week on."})
    ]


def test_another_target_says_what_it_rests_on_in_the_readers_language(visit: Open, site: Site, sample: Sample) -> None:
    reached = {"kpi": "contacts", "value": 5, "target": 10, "attainment": 0.5, "points": None, "period": "2026-01"}
    site.stub.advice = [{
        "recommendation_id": "rec-1", "kind": "target_adjustment", "summary": "Consider another.", "status": "open",
        "reasons": [reached, reached | {"value": 3, "attainment": 0.3, "period": "2026-02"}],
        "adjustment": {"kpi": "contacts", "each": "month", "present": 10, "suggested": 4, "formula": "(5 + 3) / 2"},
    }]  # fmt: skip
    page = visit(address("person", sample))
    text = page.inner_text(".advice")
    assert "Contacts a month: 10 → 4" in text
    assert "January 2026: 5 of 10 (50%), February 2026: 3 of 10 (30%)" in text
    text = visit(address("person", sample), locale="zh-CN").inner_text(".advice")
    assert "10 → 4" in text
    assert "目标 10" in text
    assert "完成 5" in text
