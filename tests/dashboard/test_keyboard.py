"""Everything can be reached without a mouse."""

from __future__ import annotations

from tests.dashboard.conftest import Open, Site, until


def test_the_first_tab_skips_to_the_content(visit: Open) -> None:
    page = visit("/company")
    page.keyboard.press("Tab")
    page.wait_for_selector(":focus:text('Skip to content')")
    page.keyboard.press("Enter")
    until(page, "() => document.activeElement.id === 'main'")


def test_two_letters_lead_to_a_page(visit: Open) -> None:
    page = visit("/company")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/alerts")
    until(page, "() => document.activeElement.matches('main h1')")
    page.go_back()
    page.wait_for_selector("h1:text('Company')")


def test_a_question_mark_tells_the_shortcuts(visit: Open) -> None:
    page = visit("/alerts")
    page.keyboard.press("?")
    page.wait_for_selector("dialog :text('Acknowledge it')")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_a_slash_finds_a_person(visit: Open, site: Site) -> None:
    id, person = next(iter(site.stub.sample.people.items()))
    page = visit("/company")
    page.keyboard.press("/")
    page.keyboard.type(person["name"])
    page.wait_for_selector(f"dialog li[aria-selected=true]:has-text('{person['name']}')")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/person/{id}")


def test_brackets_turn_the_period(visit: Open) -> None:
    page = visit("/company")
    page.keyboard.press("[")
    page.wait_for_url("**period=2026-02")
    page.wait_for_selector(".head .soft:text('February 2026')")
    page.keyboard.press("]")
    page.wait_for_selector(".head .soft:text('March 2026')")


def test_the_list_of_alerts_is_walked_through(visit: Open) -> None:
    page = visit("/alerts")
    page.wait_for_selector(".virtual .row")
    for _ in range(15):
        page.keyboard.press("j")
    page.wait_for_selector(".alerts-detail")
    page.wait_for_selector(".virtual .row.active[aria-posinset='15']")
    until(
        page,
        "() => { const row = document.querySelector('.row.active').getBoundingClientRect();"
        " const list = document.querySelector('.virtual').getBoundingClientRect();"
        " return row.top >= list.top - 1 && row.bottom <= list.bottom + 1 }",
    )
    page.keyboard.press("Escape")
    page.wait_for_selector(".alerts-detail", state="detached")
    until(page, "() => document.activeElement.getAttribute('role') === 'listbox'")
    assert page.get_attribute(".virtual", "aria-activedescendant") == "row-14"


def test_focus_is_seen(visit: Open) -> None:
    page = visit("/company")
    for _ in range(4):
        page.keyboard.press("Tab")
    until(page, "() => getComputedStyle(document.activeElement).outlineStyle === 'solid'")
