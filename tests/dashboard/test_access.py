"""What axe finds: nothing serious, on any page, in light and dark, nor in a dialog."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from tests.dashboard.conftest import Open, Site
from tests.dashboard.places import NAMES, address
from tests.dashboard.sample import Sample

GRAVE = ("serious", "critical")


def faults(page: Any) -> list[str]:
    """Each with the first place where it is."""
    page.evaluate((files("axe_playwright_python") / "axe.min.js").read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("name", NAMES)
def test_a_page_has_no_serious_fault_in_light_and_dark(visit: Open, sample: Sample, name: str) -> None:
    page = visit(address(name, sample), color_scheme="light", reduced_motion="reduce")
    if name == "alerts":
        page.click(".virtual .row >> nth=0")
        page.wait_for_selector(".alerts-detail")
    assert faults(page) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page) == []


def check_dialog(page: Any) -> None:
    page.wait_for_selector("dialog[open]")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert faults(page) == [], scheme


@pytest.mark.parametrize("key", ["?", "/"])
def test_a_dialog_has_no_serious_fault(visit: Open, key: str) -> None:
    page = visit("/company", reduced_motion="reduce")
    page.keyboard.press(key)
    check_dialog(page)


@pytest.mark.parametrize("button", ["Acknowledge", "Silence"])
def test_a_dialog_about_an_alert_has_no_serious_fault(visit: Open, button: str) -> None:
    page = visit("/alerts", reduced_motion="reduce")
    page.click(".virtual .row >> nth=0")
    page.click(f".alerts-detail button:has-text('{button}')")
    check_dialog(page)


@pytest.mark.parametrize("button", ["Answer", "Accept"])
def test_a_dialog_about_a_person_has_no_serious_fault(visit: Open, site: Site, sample: Sample, button: str) -> None:
    path = address("person", sample)
    if button == "Answer":
        site.stub.reader = {"role": "employee", "employee_id": path.removeprefix("/person/")}
    site.stub.advice = [{"recommendation_id": "rec-1", "kind": "coaching", "summary": "Go along on two visits."}]
    page = visit(path, reduced_motion="reduce")
    page.click(f"button:has-text('{button}')")
    check_dialog(page)


def test_the_check_finds_a_fault(visit: Open, site: Site) -> None:
    page = visit("/company")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert any("image-alt" in fault for fault in faults(page))
