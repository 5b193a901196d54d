"""apprise, with the service that sends JSON to a server on the loopback, and its way of telling what went wrong."""

import asyncio
import threading

import pytest
from aiohttp import web

from streams.notify.answer import Answer, Outcome
from streams.notify.messages import Message, Tone
from streams.notify.services import Service, in_thread, judge
from streams.notify.targets import Kind, Target, TargetError, read_target
from tests.unit.notify.test_http import SECRET, Handler, answering, serving

MESSAGE = Message("key", "The title", "<b>the</b> text", Tone.WARNING, b"{}")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def tell(handler: Handler) -> Answer:
    async def scenario() -> Answer:
        async with serving(handler) as url:
            service = Service(read_target(Kind.APPRISE, url.replace("http:", "json:")))
            return await service.tell(MESSAGE)

    return asyncio.run(scenario())


def test_a_service_is_told() -> None:
    seen = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(await request.json())
        return web.Response()

    assert tell(handler) == Answer(Outcome.DELIVERED)
    assert [(one["title"], one["message"], one["type"]) for one in seen] == [(MESSAGE.title, MESSAGE.text, "warning")]


@pytest.mark.parametrize(("status", "outcome"), [(503, Outcome.FAILED), (429, Outcome.FAILED), (404, Outcome.REFUSED)])
def test_whether_it_is_for_good_is_known_from_what_apprise_logs(status: int, outcome: Outcome) -> None:
    assert tell(answering(status)) == Answer(outcome, f"the service answered {status}")


def test_a_service_that_is_away_is_tried_again() -> None:
    service = Service(read_target(Kind.APPRISE, f"json://127.0.0.1:9/{SECRET}"))
    assert asyncio.run(service.tell(MESSAGE)) == Answer(Outcome.FAILED, "the service did not take it")


def test_the_last_status_counts() -> None:
    assert judge(False, ["Failed: error=500.", "Failed: error=403."]).outcome is Outcome.REFUSED


@pytest.mark.logs_errors  # into its own logger, which reaches nobody but a test
def test_an_address_that_apprise_does_not_know_is_one_sentence_without_it() -> None:
    with pytest.raises(TargetError, match=r"^--apprise: apprise cannot use the address foo://\*\*\*; .*\.$") as caught:
        Service(Target(Kind.APPRISE, "apprise-x", f"foo://{SECRET}", "foo://***"))
    assert SECRET not in str(caught.value)


def test_a_thread_gives_its_result_or_what_it_raises_and_may_be_left_alone() -> None:
    async def scenario() -> None:
        assert await in_thread(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await in_thread(lambda: 1 // 0)
        go = threading.Event()
        hanging = asyncio.create_task(in_thread(go.wait))
        await asyncio.sleep(0)
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        assert hanging.cancelled()
        (thread,) = (one for one in threading.enumerate() if one.name == "apprise")
        go.set()
        await asyncio.to_thread(thread.join)
        await asyncio.sleep(0)  # what it hands over is dropped, and not as an error of the loop's

    asyncio.run(scenario())
