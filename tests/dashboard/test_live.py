"""What happens on an open page: figures change, the connection is lost and comes back, nothing is missed."""

from __future__ import annotations

import time

from tests.dashboard.conftest import Open, Site, until
from tests.dashboard.places import address
from tests.dashboard.sample import Sample

BURST = 3_000
"""Milliseconds in which a burst is watched."""


def test_a_change_moves_a_number_on_the_open_page(visit: Open, site: Site) -> None:
    page = visit("/company")
    key, record = next((key, record) for key, record in site.stub.sample.teams.items() if key.endswith("/2026-03"))
    before = page.inner_text(".tiles .tile >> nth=0")
    record["totals"]["won_amount"] += 7_000_000
    site.publish("teams", key, record)
    until(page, "old => document.querySelector('.tiles .tile').innerText !== old", before)
    page.wait_for_selector(".tiles .changed")  # It lights up in the next frame that is drawn.


def test_ages_are_told_by_the_clock_of_the_newest_answer(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    before = page.inner_text(".virtual .row-since >> nth=0")
    site.stub.now = "2028-04-16T00:00:00Z"
    page.click(".tabs a[href='/company']")
    page.wait_for_selector("h1:text('Company')")
    page.click(".tabs a[href='/alerts']")
    page.wait_for_selector("h1:text('Alerts')")
    until(page, "old => document.querySelector('.virtual .row-since').innerText !== old", before)
    assert int(page.inner_text(".virtual .row-since >> nth=0").removesuffix(" days ago")) > 700


def test_an_alert_that_ends_shows_so_in_the_open_list(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    id = page.get_attribute(".virtual .row >> nth=0", "data-key")
    alert = site.stub.sample.alerts[id]
    alert |= {"status": "resolved", "reason": "contacted", "ended_at": site.stub.sample.as_of}
    site.publish("alerts", id, alert)
    page.wait_for_selector(f".virtual [data-key='{id}'] :text('Resolved')")


def test_new_alerts_are_counted_while_one_reads_further_down(visit: Open, site: Site) -> None:
    page = visit("/alerts")
    page.evaluate("document.querySelector('.virtual').scrollTop = 2000")
    template = next(iter(site.stub.sample.alerts.values()))
    for number in range(3):
        fresh = template | {"id": f"fresh-{number}", "status": "firing", "started_at": "2026-12-01T00:00:00Z"}
        site.stub.sample.alerts[fresh["id"]] = fresh
        site.publish("alerts", fresh["id"], fresh)
    page.click(".fresh:text('3 changes')")
    page.wait_for_selector(".virtual [data-key='fresh-0']")


def test_a_lost_connection_is_told_and_resumes_where_it_was(visit: Open, site: Site) -> None:
    page = visit("/company")
    site.publish("ping", "", None)
    site.stub.down = True
    site.drop()
    page.wait_for_selector(".banner :text('Connection lost')")
    assert page.locator(".tiles .tile").count() > 0, "what was known stays"
    site.stub.down = False
    page.evaluate("document.querySelector('.banner button')?.click()")  # Gone, where it is back by itself already.
    page.wait_for_selector(".banner", state="detached")
    assert site.stub.resumed[0] is None
    assert site.stub.resumed[-1] == "test-1"


def test_a_page_that_could_not_be_loaded_comes_back_by_itself(visit: Open, site: Site) -> None:
    site.stub.down = True
    page = visit("/company")
    assert page.inner_text("h1") == "The server cannot be reached"
    site.stub.down = False
    page.wait_for_selector("h1:text('Company')")


def test_a_reset_loads_the_page_anew(visit: Open, site: Site) -> None:
    page = visit("/company")
    for record in site.stub.sample.teams.values():
        record["totals"]["won_amount"] = 123_000_000
    site.publish("reset", "", None)
    until(page, "() => document.querySelector('.tile dd').innerText.includes('m')")


def test_changes_in_a_burst_are_shown_together(visit: Open, site: Site, sample: Sample) -> None:
    page = visit(address("team", sample))
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/teams/" in request.url else None)
    began = time.monotonic()
    for _ in range(200):
        site.publish("scores", "x", {"employee_id": "x"})
    page.wait_for_timeout(BURST)
    assert 1 <= len(asked) <= 2 + (time.monotonic() - began)
