"""What the dashboard's read model holds and how fast it answers: `python -m tests.bench.dashboard`, without a broker.

EMPLOYEES (5,000), ALERTS (100,000), CUSTOMERS (1,000,000), DEALS (100,000) and SUBSCRIBERS (500) stand in the
environment. The records are applied as a feed would apply them; then every request is asked some times, over HTTP, each
page opened in a browser where there is one, and as many subscribers hear of changes while one of them does not read.
Beside each request stands the most CPU that the event loop spent in one go, which is how long everybody else waited for
it. Nothing that is timed fails.
"""

from __future__ import annotations

import asyncio
import gc
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import msgspec
from aiohttp import ClientResponse
from playwright.async_api import async_playwright

from streams.dashboard.access import Role
from streams.dashboard.routes import API
from streams.dashboard.tokens import make_token
from tests.bench.environment import whole
from tests.unit.dashboard import records
from tests.unit.dashboard.following import change, waiting
from tests.unit.dashboard.house import FAR, KEY, Board, Client, bearer, serving
from tests.unit.dashboard.records import Told

TEAM = 10
"""Members of a team, the first of whom manages the others."""
PERIODS = ("2026-01", "2026-02", "2026-03", "2026-Q1", "2026", "7d", "30d", "90d")
RULES = ("contact.overdue", "contact.due", "contact.interval_exceeded", "opp.stalled", "ticket.warning", "task.due")
PAGE = 4096
MIB = 1 << 20
ASKED = 9
BULK = 1 << 20
"""Bytes of other changes that come with each batch, for those who hear of all topics."""
PAGES = (
    "/company?period=2026-03", "/team/team-00001?period=2026-03", "/person/e-00042?period=2026-03", "/alerts",
    "/pipeline", "/customer/cus-0000042", "/health",
)  # fmt: skip
OPENED = 5
PATHS = (
    "/me", "/meta", "/company?period=2026-03", "/teams/team-00001?period=2026-03", "/employees?search=e-0042",
    "/employees/e-00042?period=2026-03", "/alerts?status=standing", "/alerts?status=standing&group=rule",
    "/alerts?status=firing&rule=opp.stalled&team=team-00001", "/alerts?search=cus-0000042", "/alerts?search=contact",
    "/alerts?status=standing&search=contact&group=rule", "/pipeline",
    "/pipeline?stage=Engaging", "/customers?search=cus-00004", "/customers/cus-0000042", "/health",
)  # fmt: skip


def main() -> None:
    employees, alerts = whole("EMPLOYEES", 5_000), whole("ALERTS", 100_000)
    customers, deals = whole("CUSTOMERS", 1_000_000), whole("DEALS", 100_000)
    asyncio.run(run(employees, alerts, customers, deals, whole("SUBSCRIBERS", 500)))


async def run(employees: int, alerts: int, customers: int, deals: int, subscribers: int) -> None:
    async with serving([]) as (board, client):
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)  # as the command does
        _apply(board, "employees and teams", _people(employees))
        _apply(board, "scorecards and KPIs", _figures(employees))
        _apply(board, "alerts", _alerts(alerts, employees))
        _apply(board, "opportunities", _deals(deals, employees))
        _apply(board, "customers", _customers(customers, employees))
        await _ask(client, Role.ADMIN, None)
        await _ask(client, Role.MANAGER, _id(0))
        await _open(client)
        await _follow(board, client, subscribers, asleep=0)
        await _follow(board, client, subscribers, asleep=1)


def resident() -> float:
    """MiB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / MIB


def _apply(board: Board, what: str, told: Iterator[Told]) -> None:
    before, seconds, count = resident(), 0.0, 0
    for topic, key, value in told:
        began = time.perf_counter()
        board.model.apply(topic, key.encode(), value)
        seconds += time.perf_counter() - began
        count += 1
    assert not board.model.foreign, board.model.foreign
    more = resident() - before
    print(
        f"{what:<22}{count:>10,} records {seconds:>8.1f} s {count / max(seconds, 1e-9):>10,.0f}/s "
        f"{more:>8,.0f} MiB {more * MIB / max(count, 1):>7,.0f} B each, {resident():,.0f} MiB in all",
        flush=True,
    )


def _id(number: int) -> str:
    return f"e-{number:05d}"


def _team(number: int) -> str:
    return f"team-{number // TEAM:05d}"


def _people(count: int) -> Iterator[Told]:
    for number in range(count):
        above = None if number == 0 else _id(0) if number % TEAM == 0 else _id(number - number % TEAM)
        yield records.employee(_id(number), above, _team(number))
    for first in range(0, count, TEAM):
        members = [_id(number) for number in range(first, min(first + TEAM, count))]
        for period in PERIODS:
            yield records.team(_team(first), members, period)
    yield from (records.funnel("", period) for period in PERIODS)


def _figures(count: int) -> Iterator[Told]:
    names = [f"kpi_{number}" for number in range(12)]
    values = [
        {"kpi": name, "value": 50.5, "numerator": 101.0, "denominator": 2.0, "count": 2} for name in names * 4
    ]  # as many as a seller has
    for number in range(count):
        for period in PERIODS:
            lines = [records.line(name, value=number + at / 7) for at, name in enumerate(names)]
            yield records.score(_id(number), _team(number), period, number % 100 + 0.5, kpis=lines)
            record = {
                "employee_id": _id(number), "period": period, "as_of": records.AS_OF, "policy_version": "v",
                "kpis": [one | {"value": number / 7} for one in values],
            }  # fmt: skip
            yield records.told("kpis.employees", f"{_id(number)}/{period}", record)


def _alerts(count: int, employees: int) -> Iterator[Told]:
    for number in range(count):
        at = number * 7919 % 2_000_000  # as partitions come, in no order of time
        started = f"2026-02-{1 + at // 86_400 % 28:02d}T{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"
        who = number % employees
        yield records.alert(
            f"{number:016x}", _id(who), _team(who), rule=RULES[number % len(RULES)], started_at=started,
            customer_id=f"cus-{number:07d}", opportunity_id=f"opp-{number:07d}",
            summary=f"The contact with customer cus-{number:07d} was not made: contact it now or move the date.",
        )  # fmt: skip


def _deals(count: int, employees: int) -> Iterator[Told]:
    for number in range(count):
        who, at = number % employees, number * 7919 % 86_400
        entered = f"2026-02-{1 + number % 28:02d}T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"
        yield records.deal(
            f"opp-{number:07d}", _id(who), _team(who), entered=entered, customer_id=f"cus-{number:07d}",
            stage=("Prospecting", "Engaging")[number % 2],
        )  # fmt: skip


def _customers(count: int, employees: int) -> Iterator[Told]:
    for number in range(count):
        amount = number * 7919 % 100_000 / 4
        yield records.customer(
            f"cus-{number * 7919 % count:07d}", _id(number % employees), won_amount=amount, invoiced=amount / 2,
            last_contact={"at": f"2026-03-{1 + number % 28:02d}T09:{number % 60:02d}:00Z",
                          "employee_id": _id(number % employees)},
        )  # fmt: skip


async def _ask(client: Client, role: Role, employee: str | None) -> None:
    headers = bearer(role, employee)
    for path in PATHS:
        spans, size = [], 0
        async with _goes() as goes:
            for _ in range(ASKED):
                began = time.perf_counter()
                async with client.get(API + path, headers=headers) as answer:
                    size = len(await answer.read())
                    status = answer.status
                spans.append(time.perf_counter() - began)
        print(
            f"{role:<8} {path:<58} {status} median {median(spans) * 1000:>8.1f} ms  worst {max(spans) * 1000:>8.1f} ms "
            f"in one go {goes[0] * 1000:>6.1f} ms {size / 1024:>8.1f} KiB",
            flush=True,
        )


async def _open(client: Client) -> None:
    """Open each page in a browser: until what was asked for stands on it, the first time with an empty cache."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("no chromium on the path: no page was opened", flush=True)
        return
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=path)
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        await page.goto(str(client.make_url(f"/sign-in?token={make_token(KEY, Role.ADMIN, None, 0, FAR)}")))
        for address in PAGES:
            spans = []
            for _ in range(OPENED):
                began = time.perf_counter()
                await page.goto(str(client.make_url(address)), wait_until="commit")
                await page.wait_for_selector("main:not([aria-busy]) h1")
                spans.append(time.perf_counter() - began)
            nodes = await page.evaluate("document.querySelectorAll('*').length")
            print(
                f"browser  {address:<58} median {median(spans) * 1000:>8.1f} ms  worst {max(spans) * 1000:>8.1f} ms "
                f"{nodes:>6,} nodes",
                flush=True,
            )
        await browser.close()


@asynccontextmanager
async def _goes() -> AsyncIterator[list[float]]:
    """The most seconds of CPU from one turn of the loop to the next, so that a busy machine does not
    count; the client's share is among them."""
    found = [0.0]

    async def watch() -> None:
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            found[0], before = max(found[0], now - before), now

    watching = asyncio.create_task(watch())
    try:
        yield found
    finally:
        watching.cancel()


async def _follow(board: Board, client: Client, count: int, asleep: int) -> None:
    """Changes for all, and as many subscribers that never read, who are to hear of far more than that."""
    before, rounds, batch = resident(), 20, 50
    alerts, all_topics = "/api/v1/events?topics=alerts", "/api/v1/events"
    paths = [all_topics] * asleep + [alerts] * (count - asleep)
    streams = [await client.get(path, headers=bearer(Role.ADMIN)) for path in paths]
    for stream in streams:
        await stream.content.readline()
    latest: list[float] = []

    async def read(stream: ClientResponse) -> None:
        for _ in range(rounds * batch):
            while not (line := await stream.content.readline()).startswith(b"data: "):
                pass
            latest.append(time.perf_counter() - float(msgspec.json.decode(line[6:])["value"]["policy_version"]))

    readers = [asyncio.create_task(read(stream)) for stream in streams[asleep:]]
    for number in range(rounds):
        board.hub.publish(change(at, BULK // batch) for at in range(batch))
        version = repr(time.perf_counter())
        board.tell(*(records.alert(f"n-{number}-{at}", policy_version=version) for at in range(batch)))
        await asyncio.sleep(0.5)
    await asyncio.gather(*readers)
    latest.sort()
    print(
        f"{count:,} subscribers, {asleep} asleep: {len(latest):,} changes told, half of them within "
        f"{latest[len(latest) // 2]:.2f} s, 99 of 100 within {latest[len(latest) * 99 // 100]:.2f} s "
        f"(server and subscribers in one process); {max(waiting(client)) / 1024:,.0f} KiB wait for one connection at "
        f"most, {resident() - before:,.0f} MiB more in all",
        flush=True,
    )
    for stream in streams:
        stream.close()


if __name__ == "__main__":
    main()
