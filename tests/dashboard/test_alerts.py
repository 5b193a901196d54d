"""The list of alerts: a hundred thousand of them, found, grouped, looked into and answered."""

from __future__ import annotations

import re

from tests.dashboard.conftest import Open, Site, until

MANY = 100_000
MOST_NODES = 1_500
SETTLED = """() => {
  const list = document.querySelector('.virtual'), box = list.getBoundingClientRect();
  const rows = [...list.querySelectorAll('.row')].map(row => row.getBoundingClientRect());
  return !list.querySelector('.skeleton')
    && rows.some(row => row.top <= box.top + 1 && row.bottom > box.top)
    && rows.some(row => row.bottom >= box.bottom - 1 && row.top < box.bottom);
}"""
"""Rows are where one looks, and what they show is there."""
SCROLL = "share => { const list = document.querySelector('.virtual'); list.scrollTop = share * list.scrollHeight }"


def test_a_hundred_thousand_alerts_scroll_with_few_nodes(visit: Open, site: Site) -> None:
    alerts = site.stub.sample.alerts
    templates = [alert for alert in alerts.values() if alert["status"] == "firing"]
    alerts.clear()
    for number in range(MANY):
        template = templates[number % len(templates)]
        alerts[f"a-{number:06d}"] = template | {"id": f"a-{number:06d}", "started_at": "2026-03-01T00:00:00Z"}
    page = visit("/alerts")
    assert page.inner_text(".head .soft") == "100,000 alerts"
    nodes = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        page.evaluate(SCROLL, share)
        until(page, SETTLED)
        nodes.append(page.evaluate("document.querySelectorAll('*').length"))
    assert max(nodes) < MOST_NODES
    last = page.locator(".virtual .row").last
    assert last.get_attribute("data-key") == "a-000000"
    assert last.get_attribute("aria-posinset") == str(MANY)


def test_filters_stand_in_the_address_and_narrow_the_list(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    page.select_option("label:has-text('Rule') select", "contact.due")
    page.wait_for_url("**rule=contact.due**")
    until(
        page, "() => [...document.querySelectorAll('.row-rule')].every(row => row.innerText.startsWith('Contact due'))"
    )
    shown = page.inner_text(".head .soft")
    page.reload()
    page.wait_for_selector(".virtual .row")
    assert page.inner_text(".head .soft") == shown
    expected = sum(
        one["rule"] == "contact.due" and one["status"] != "resolved" for one in site.stub.sample.alerts.values()
    )
    assert shown == f"{expected:,} alerts"


def test_a_search_keeps_the_field_that_is_typed_in(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    page.click(".search")
    page.keyboard.type("no such thing at all", delay=20)
    page.wait_for_selector(".empty:text('No alert matches')")
    assert page.evaluate("document.activeElement.className") == "input search"
    page.click("text=Clear filters")
    page.wait_for_selector(".virtual .row")
    until(page, "() => document.querySelector('.search').value === ''")


def test_groups_are_counted_and_lead_into_one(visit: Open) -> None:
    page = visit("/alerts?group=rule")
    name, count = page.inner_text(".group >> nth=0").split("\n")
    page.click(".group >> nth=0")
    until(page, "count => document.querySelector('.head .soft').innerText.startsWith(count)", count)
    until(page, "name => document.querySelector('.row-rule')?.innerText.startsWith(name)", name)


def test_an_alert_tells_its_level_and_history(visit: Open, site: Site) -> None:
    changes = site.stub.sample.changes
    alert = next(one for one in site.stub.sample.alerts.values() if one["level"] > 0 and one["status"] == "firing")
    page = visit(f"/alerts?open={alert['id']}")
    detail = page.inner_text(".alerts-detail")
    assert f"Level {alert['level']}" in detail
    assert page.locator(".episode li").count() == sum(one["id"] == alert["id"] for one in changes)


def test_acknowledging_goes_round(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    page.click(".virtual .row >> nth=1")
    page.wait_for_selector(".alerts-detail")
    page.keyboard.press("a")
    page.click("dialog .main")
    page.wait_for_selector(".toast")
    [(path, body)] = site.stub.sent
    id = re.fullmatch(r"/alerts/(.+)/acknowledge", path)[1]  # type: ignore[index]
    assert body == {"until": None}
    site.stub.sample.alerts[id]["status"] = "acknowledged"
    site.publish("alerts", id, site.stub.sample.alerts[id])
    page.wait_for_selector(".alerts-detail .chip:text('Acknowledged')")
    page.wait_for_selector(".alerts-detail .main:disabled")


def test_silencing_says_what_and_until_when(visit: Open, site: Site) -> None:
    page = visit("/alerts?rule=contact.due")
    page.click(".virtual .row >> nth=0")
    page.click(".alerts-detail >> text=Silence")
    for box in page.locator("dialog input").all():
        box.uncheck()
    page.click("dialog .main")
    page.wait_for_selector("dialog [role=alert]:has-text('at least one')")
    page.check("dialog input[name=rule]")
    page.click("dialog .main")
    page.wait_for_selector(".toast")
    [(path, body)] = site.stub.sent
    assert (path, body["matchers"]) == ("/silences", {"rule": "contact.due"})
    assert body["until"].endswith("Z")
