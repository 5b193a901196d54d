"""All of it: a real Kafka, a worker, the dashboard, and a browser in front. Logs how long each way round took."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from streams.dashboard.access import Role
from streams.dashboard.tokens import make_token
from streams.events import ContactLogged
from tests.acceptance.board import Dashboard, Writer, company, dashboard, writing
from tests.acceptance.installation import Installation
from tests.dashboard.conftest import Open, until

log = logging.getLogger(__name__)
T = TypeVar("T")
PATIENCE_S = 300.0
KEY = "a key of more than thirty-two bytes"
FAR = 4_000_000_000  # seconds, in the year 2096
CONTACT = ContactLogged(employee_id="bob", customer_id="cus-1", channel="call", direction="outbound")


class House:
    """A company on a real Kafka, its worker and its dashboard; what is asynchronous has a thread of its own."""

    def __init__(self, kafka: str, app: str, home: Path) -> None:
        self._place = Installation(kafka, app, home)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._stack = AsyncExitStack()
        self.writer: Writer
        self.board: Dashboard

    def __enter__(self) -> House:
        self._place.__enter__()
        self._thread.start()
        self._place.start()
        self.writer = self.wait(self._stack.enter_async_context(writing(self._place.settings)))
        self.wait(company(self.writer))
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._place.__exit__(None, None, None)

    def serve(self, **variables: str) -> None:
        """Starts the dashboard once everything is judged."""
        self.wait(asyncio.to_thread(self._place.until_judged))
        self.board = self.wait(self._stack.enter_async_context(dashboard(self._place.environ | variables)))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S)


@pytest.fixture
def house(kafka: str, app_id: str, tmp_path: Path) -> Iterator[House]:
    with House(kafka, app_id, tmp_path) as house:
        yield house


class Watch:
    """Tells how long something took that was begun before."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def says(self, what: str) -> None:
        log.info("%s: %.2f s", what, time.monotonic() - self._began)


def test_a_contact_moves_a_number_and_resolves_an_alert_and_commands_come_back(house: House, surf: Open) -> None:
    house.serve()
    person = surf(f"{house.board.address}/person/bob")
    alerts = surf(f"{house.board.address}/alerts?rule=contact.overdue&status=firing")
    alerts.wait_for_selector(".virtual .row >> nth=1")
    count = "Number(/(\\d+) overdue/.exec(document.querySelector('.today').innerText)[1])"
    until(person, "() => document.querySelector('.today').innerText.includes('overdue')")
    before = person.evaluate(count)

    watch = Watch()
    house.wait(house.writer.say(CONTACT))
    until(person, f"before => {count} < before", before)
    watch.says("a contact on Kafka moves the number")
    alerts.wait_for_selector(".virtual .row:has-text('cus-1') :text('Resolved')")
    watch.says("and resolves the alert")

    alerts.click(".virtual .row:has-text('cus-2')")
    alerts.click(".alerts-detail >> text=Acknowledge")
    watch = Watch()
    alerts.click("dialog .main")
    alerts.wait_for_selector(".virtual .row:has-text('cus-2') :text('Acknowledged')")
    watch.says("acknowledged, round trip")

    alerts.click(".alerts-detail >> text=Silence")
    watch = Watch()
    alerts.click("dialog .main")
    alerts.wait_for_selector(".virtual .row:has-text('cus-2') :text('Quiet')")
    watch.says("silenced, round trip")


def test_an_employee_sees_the_own_page_and_nobody_elses(house: House, surf: Open) -> None:
    house.serve(CRMPULSE_DASHBOARD_SECRET=KEY)
    address = house.board.address
    page = surf(f"{address}/sign-in?token={make_token(KEY.encode(), Role.EMPLOYEE, 'bob', 0, FAR)}")
    page.wait_for_url("**/person/bob")
    page.wait_for_selector("main h1:text-is('Bob')")
    page.goto(f"{address}/person/ann")
    page.wait_for_selector("h1:text('Not for you to see')")
    ask = "async path => (await fetch(path)).status"
    for path in ("/employees/ann", "/employees/ann/explain?kpi=contacts", "/events?topics=scores&employee=ann"):
        assert page.evaluate(ask, f"/api/v1{path}") == 403, path
    assert page.evaluate(ask, "/person/ann") == 403
    assert page.evaluate(ask, "/api/v1/employees/bob") == 200
