import asyncio
import logging

import aiohttp
import pytest

from streams.agents.web import Web
from streams.notify.answer import Answer, Outcome
from streams.notify.attempts import LOG_S, Attempts, rest
from streams.notify.figures import Figures
from streams.notify.targets import Kind, read_target
from tests.unit.notify.alerts import NOON

TARGET = read_target(Kind.WEBHOOK, "pager=https://hooks/hunter2")
DELIVERED, REFUSED = Answer(Outcome.DELIVERED), Answer(Outcome.REFUSED, "400 Bad Request")
FAILED = Answer(Outcome.FAILED, "503")


def test_a_target_that_is_away_is_logged_now_and_then_and_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    attempts = Attempts(TARGET, Figures(lambda: NOON, [TARGET.name]), lambda: NOON, lambda: 0.0)
    pauses = [attempts.came(FAILED, at) for at in (0.0, 1.0, LOG_S, LOG_S + 1)]
    assert pauses == [1, 2, 4, 8]
    assert attempts.came(DELIVERED, LOG_S + 2) == 0
    assert attempts.came(DELIVERED, LOG_S + 3) == 0
    assert attempts.came(FAILED, LOG_S + 4) == 1
    away = "webhook-pager (https://hooks/***): 503; trying again"
    assert caplog.messages == [away, away, "webhook-pager answers again", away]


def test_what_was_refused_is_named_and_ends_the_wait(caplog: pytest.LogCaptureFixture) -> None:
    attempts = Attempts(TARGET, Figures(lambda: NOON, [TARGET.name]), lambda: NOON, lambda: 0.0)
    attempts.came(FAILED, 0.0)
    assert attempts.came(REFUSED, 1.0, about="a1/firing/0/7") == 0
    assert caplog.messages[1:] == [
        "webhook-pager (https://hooks/***) refused a1/firing/0/7: 400 Bad Request; passed over"
    ]


def test_every_attempt_is_counted_and_served_with_how_long_a_target_has_been_away() -> None:
    now = [NOON]
    figures = Figures(lambda: now[0], [TARGET.name, "alertmanager-x"])
    attempts = Attempts(TARGET, figures, lambda: now[0], lambda: 0.0)
    attempts.came(DELIVERED, 0.0, 5)
    attempts.came(FAILED, 1.0)
    now[0] += 3_000_000
    attempts.came(FAILED, 4.0)

    async def scrape() -> list[str]:
        web = Web("127.0.0.1", 0, figures, list)
        port = await web.start()
        async with (
            aiohttp.ClientSession() as client,
            client.get(f"http://127.0.0.1:{port}/metrics") as answer,
        ):
            text = await answer.text()
        await web.stop()
        return text.splitlines()

    lines = asyncio.run(scrape())
    assert {
        'crmpulse_notifications_total{outcome="delivered",target="webhook-pager"} 5.0',
        'crmpulse_notifications_total{outcome="failed",target="webhook-pager"} 2.0',
        'crmpulse_notifications_total{outcome="refused",target="alertmanager-x"} 0.0',
        'crmpulse_notify_failing_seconds{target="webhook-pager"} 3.0',
        'crmpulse_notify_failing_seconds{target="alertmanager-x"} 0.0',
    } <= set(lines)
    attempts.came(DELIVERED, 5.0)
    assert b'failing_seconds{target="webhook-pager"} 0.0' in figures.text()


def test_a_rest_ends_with_the_stop() -> None:
    async def scenario() -> None:
        stop = asyncio.Event()
        assert not await rest(stop, 0.001)
        resting = asyncio.create_task(rest(stop, 3600))
        await asyncio.sleep(0)
        stop.set()
        assert await resting

    asyncio.run(scenario())
