"""Notifications on a real Kafka: what a target is told over restarts, deaths and outages."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError

from streams.events.instants import iso
from streams.notify import keeper, place
from streams.notify.place import ALERTS, DIGESTS, Place
from streams.notify.run import NotifyError, Wanted, notify
from streams.notify.selection import selections
from streams.notify.targets import Kind, Target, digested, read_target
from streams.settings import Settings
from streams.topics import Topics
from tests.integration.receivers import Alertmanager, Hook
from tests.kafka import Broker
from tests.unit.notify.alerts import PENDING, RESOLVED, value
from tests.unit.notify.test_digests import over, record, standing

DEADLINE_S = 60.0
SECRET = "hunter2"
ROOT = Path(__file__).parents[2]


def now() -> int:
    return time.time_ns() // 1000


def settings_of(kafka: str, app: str) -> Settings:
    return Settings.from_env(
        {
            "CRMPULSE_KAFKA": kafka, "CRMPULSE_APP": app, "CRMPULSE_TOPIC_PREFIX": f"{app}.",
            "CRMPULSE_PARTITIONS": "2",
        }
    )  # fmt: skip


@pytest.fixture
def settings(kafka: str, app_id: str) -> Settings:
    return settings_of(kafka, app_id)


class Stage:
    """The topic of one test, made where it is not there, and who writes alerts."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def __aenter__(self) -> Self:
        names, admin = Topics(self.settings), AIOKafkaAdminClient(**self.settings.client_options())
        await admin.start()
        try:
            await admin.create_topics(
                [
                    NewTopic(names.full(name), names.partitions(name), 1, topic_configs=names.config(name))
                    for name in (ALERTS, DIGESTS)
                ]
            )
            await self._coordinated(admin)
        finally:
            await admin.close()
        self._producer = AIOKafkaProducer(**self.settings.client_options())
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def _coordinated(self, admin: AIOKafkaAdminClient) -> None:
        """Until the broker has groups, which it has not before it is first asked for one."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                try:
                    await admin.find_coordinator(self.settings.app)
                    return
                except GroupCoordinatorNotAvailableError:
                    await asyncio.sleep(0.1)

    async def say(self, name: str, change: dict[str, Any] | None = None, /, **more: Any) -> None:
        body = value(**({"id": name} | (change or {}) | more))
        await self.put(name.encode(), body)

    async def put(self, key: bytes, body: bytes | None, at_ms: int | None = None) -> None:
        await self._producer.send_and_wait(Topics(self.settings).full(ALERTS), body, key=key, timestamp_ms=at_ms)

    async def digest(self, who: str, *groups: Any, at: int | None = None, **fields: Any) -> None:
        """A digest for somebody that may be told now, or at another time."""
        told = record(*groups, at=iso(now() if at is None else at), **fields) | {"recipient": who}
        await self._producer.send_and_wait(Topics(self.settings).full(DIGESTS), json.dumps(told).encode(), who.encode())

    async def committed(self, target: Target) -> int:
        """So many records the target was told of, as the broker knows it."""
        admin = AIOKafkaAdminClient(**self.settings.client_options())
        await admin.start()
        try:
            found = await admin.list_consumer_group_offsets(f"{self.settings.app}.notify.{target.name}")
        finally:
            await admin.close()
        return sum(meta.offset for meta in found.values())


@asynccontextmanager
async def notifying(
    settings: Settings, *targets: Target, limit: int = 10, from_beginning: bool = False, die: bool = False,
    select: tuple[str, ...] = (), tell: tuple[str, ...] = (),
) -> AsyncIterator[asyncio.Task[None]]:  # fmt: skip
    """`notify` while the block runs, from when it is ready; stopped in order at its end, or cut short (`die`)."""
    stop = asyncio.Event()
    digests = digested(tell, targets)
    wanted = Wanted(targets, selections(select, targets, digests), limit, from_beginning, _free_port(), digests)
    task = asyncio.create_task(notify(settings, wanted, {}, now, stop))
    try:
        await until(lambda: _ready(wanted.port), task)
        yield task
        if not die:
            stop.set()
            await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _ready(port: int) -> bool:
    with contextlib.suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    return False


async def until(holds: Callable[[], Awaitable[bool]], task: asyncio.Task[None]) -> None:
    """Waits for a condition; a process that ended meanwhile is raised."""
    async with asyncio.timeout(DEADLINE_S):
        while not await holds():
            if task.done():
                task.result()
                raise AssertionError("it ended by itself")
            await asyncio.sleep(0.05)


async def words(hook: Hook, number: int, task: asyncio.Task[None]) -> list[str]:
    """What the hook was told, once that is so much."""

    async def enough() -> bool:
        return len(hook.told) >= number

    await until(enough, task)
    return hook.words


def run(scenario: Awaitable[None]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(2 * DEADLINE_S):
            await scenario

    asyncio.run(limited())


def hook_target(hook: Hook, name: str = "test") -> Target:
    return read_target(Kind.WEBHOOK, f"{name}={hook.url}")


def test_a_restart_tells_what_came_meanwhile_and_nothing_twice(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            target = hook_target(hook)
            await stage.say("old")
            await stage.say("older")
            async with notifying(settings, target) as task:
                await stage.say("a")
                assert await words(hook, 1, task) == ["fired a"]
                await stage.say("a", reason="reassigned", employee_id="emp-8")
                await stage.say("waits", PENDING)
                await stage.say("old", RESOLVED)
                await stage.say("b")
                assert await words(hook, 2, task) == ["fired a", "fired b"]
            await stage.say("older", RESOLVED)
            await stage.say("a", level=1)
            await stage.say("b")
            await stage.say("c")
            async with notifying(settings, target) as task:
                await words(hook, 4, task)
            async with notifying(settings, target) as task:
                await stage.say("a", RESOLVED, level=1)
                told = await words(hook, 5, task)
            assert sorted(told[2:4]) == ["escalated a", "fired c"]
            assert told[4:] == ["resolved a"]

    run(scenario())


def test_a_new_target_is_told_of_what_stands_only_when_asked_to(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            await stage.say("a")
            await stage.say("b", RESOLVED)
            async with notifying(settings, hook_target(hook, "end")) as task:
                await stage.say("c")
                assert await words(hook, 1, task) == ["fired c"]
            hook.told.clear()
            async with notifying(settings, hook_target(hook, "all"), from_beginning=True) as task:
                assert sorted(await words(hook, 2, task)) == ["fired a", "fired c"]

    run(scenario())


def test_what_was_delivered_and_not_committed_is_delivered_again_with_the_same_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            target, commit = hook_target(hook), Place.commit
            async with notifying(settings, target, die=True) as task:

                async def never(self: Place[Any]) -> None:
                    await asyncio.Event().wait()

                monkeypatch.setattr(Place, "commit", never)
                await stage.say("a")
                await stage.say("b")
                assert len(await words(hook, 1, task)) == 1
            monkeypatch.setattr(Place, "commit", commit)
            async with notifying(settings, target) as task:
                told = await words(hook, 3, task)
            assert sorted(told) == sorted([told[0], "fired a", "fired b"])
            assert hook.keys[0] == hook.keys[hook.words.index(told[0], 1)]

    run(scenario())


def test_a_target_that_is_away_holds_up_no_other_and_gets_all_in_order(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as up, Hook.listening() as down:
            down.status = lambda body: 503
            targets = hook_target(up, "up"), hook_target(down, "down")
            async with notifying(settings, *targets, limit=0) as task:
                await stage.say("a")
                await words(up, 1, task)
                await stage.say("a", level=1)
                await stage.say("a", RESOLVED, level=1)
                expected = ["fired a", "escalated a", "resolved a"]
                assert await words(up, 3, task) == expected
                assert down.told == []
                down.status = lambda body: 200
                assert await words(down, 3, task) == expected

    run(scenario())


def test_what_a_target_refuses_is_passed_over(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            hook.status = lambda body: 400 if body["alert"]["id"] == "bad" else 200
            async with notifying(settings, hook_target(hook), limit=0) as task:
                await stage.say("bad")
                await stage.put(b"foreign", b"{")
                await stage.put(b"foreign", None)
                await stage.say("a")
                assert await words(hook, 1, task) == ["fired a"]
            async with notifying(settings, hook_target(hook), limit=0) as task:
                await stage.put(b"a", None)
                assert await words(hook, 2, task) == ["fired a", "deleted a"]
            assert hook.attempts == 3

    run(scenario())


def test_a_burst_is_one_message(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            async with notifying(settings, hook_target(hook), limit=5) as task:
                await asyncio.gather(*(stage.say(f"a{number}") for number in range(30)))
                assert await words(hook, 1, task) == ["digest 30"]
            async with notifying(settings, hook_target(hook), limit=5) as task:
                await stage.say("b")
                assert await words(hook, 2, task) == ["digest 30", "fired b"]

    run(scenario())


def test_only_what_is_selected_is_told(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as all_, Hook.listening() as grave:
            targets = hook_target(all_, "all"), hook_target(grave, "grave")
            select = ("webhook-grave:severity=critical",)
            async with notifying(settings, *targets, limit=0, select=select) as task:
                await stage.say("a")
                await stage.say("b", severity="critical")
                await stage.say("c")
                await words(all_, 3, task)
                assert await words(grave, 1, task) == ["fired b"]

    run(scenario())


TELL = ("webhook=digests",)


def test_digests_are_told_at_their_time_once_and_over_a_restart_put_together(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            target = hook_target(hook)
            await stage.digest("ann", standing("new", old=0))
            async with notifying(settings, target, tell=TELL) as task:
                await stage.say("a")
                await stage.digest("eve", standing("new", e=0), at=now() + 3_600_000_000)
                await stage.digest("ann", standing("new", a=0))
                assert await words(hook, 1, task) == ["ann new a"]
                await stage.digest("ann", standing(None, a=0))
                await stage.digest("bob", standing("new", b=0))
                soon = now() + 2_000_000
                await stage.digest("cid", standing("new", c=0), at=soon)
                assert await words(hook, 3, task) == ["ann new a", "bob new b", "cid new c"]
                assert now() >= soon
            await stage.digest("ann", standing("new", d=0), over=(over("a"),))
            await stage.digest("ann", standing(None, d=0), over=(over("f"),))
            hook.told.clear()
            async with notifying(settings, target, tell=TELL) as task:
                await words(hook, 1, task)
                await stage.digest("dan", standing("new", g=0))

                async def dan() -> bool:
                    return "dan new g" in hook.words

                await until(dan, task)
                assert sorted(hook.words) == ["ann new d over a over f", "dan new g"]
            hook.told.clear()
            later = now() + 7_200_000_000
            monkeypatch.setattr(sys.modules[__name__], "now", lambda: later)
            async with notifying(settings, target, tell=TELL) as task:
                assert await words(hook, 1, task) == ["eve new e"]

    run(scenario())


def test_a_target_that_was_away_is_told_one_digest_for_each_recipient(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            hook.status = lambda body: 503
            async with notifying(settings, hook_target(hook), tell=TELL) as task:
                await stage.digest("ann", standing("new", a=0))

                async def tried() -> bool:
                    return hook.attempts > 0

                await until(tried, task)
                await stage.digest("ann", standing(None, a=0), standing("new", b=0))
                tries = hook.attempts

                async def again() -> bool:
                    return hook.attempts > tries + 1

                await until(again, task)
                hook.status = lambda body: 200
                assert await words(hook, 1, task) == ["ann new a new b"]
            async with notifying(settings, hook_target(hook), tell=TELL) as task:
                await stage.digest("bob", standing("new", c=0))
                assert await words(hook, 2, task) == ["ann new a new b", "bob new c"]

    run(scenario())


@pytest.mark.parametrize("refused", [False, True])
def test_a_digest_that_was_delivered_and_not_committed_comes_again_and_one_that_is_refused_never(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, refused: bool
) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            hook.status = lambda body: 400 if refused else 200
            commit = Place.commit

            async def tried() -> bool:
                return hook.attempts > 0

            async with notifying(settings, hook_target(hook), tell=TELL, die=not refused) as task:

                async def never(self: Place[Any]) -> None:
                    await asyncio.Event().wait()

                if not refused:
                    monkeypatch.setattr(Place, "commit", never)
                await stage.digest("ann", standing("new", a=0))
                await until(tried, task)
            monkeypatch.setattr(Place, "commit", commit)
            hook.status = lambda body: 200
            async with notifying(settings, hook_target(hook), tell=TELL) as task:
                await stage.digest("bob", standing("new", b=0))
                if refused:
                    assert await words(hook, 1, task) == ["bob new b"]
                else:
                    assert sorted(await words(hook, 3, task)) == ["ann new a", "ann new a", "bob new b"]
                    assert hook.keys[0] == hook.keys[hook.words.index("ann new a", 1)]

    run(scenario())


@pytest.mark.logs_errors  # aiokafka tells of a broker that is away
def test_a_broker_that_was_away_is_no_reason_to_tell_again(own_kafka: Broker, app_id: str) -> None:
    async def scenario() -> None:
        settings = settings_of(own_kafka.bootstrap, app_id)
        async with Stage(settings) as stage, Hook.listening() as hook, notifying(settings, hook_target(hook)) as task:
            await stage.say("a")
            assert await words(hook, 1, task) == ["fired a"]
            await asyncio.to_thread(own_kafka.restart)
            await stage.say("a", level=1)
            assert await words(hook, 2, task) == ["fired a", "escalated a"]

    run(scenario())


@pytest.mark.logs_errors  # aiokafka tells of a broker that is away
def test_an_alertmanager_is_kept_up_to_date_while_the_broker_is_away(
    own_kafka: Broker, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "KEEP_S", 0.0)  # there is always something to commit
    monkeypatch.setattr(keeper, "AGAIN_US", 1)

    async def scenario() -> None:
        settings = settings_of(own_kafka.bootstrap, app_id)
        async with Stage(settings) as stage, Hook.listening() as manager:
            target = read_target(Kind.ALERTMANAGER, manager.url)
            await stage.say("a")
            async with notifying(settings, target) as task:
                await asyncio.to_thread(own_kafka.kill)
                sent = len(manager.told)

                async def goes_on() -> bool:
                    return len(manager.told) > sent + 5

                await until(goes_on, task)
                await asyncio.to_thread(own_kafka.start)
                await stage.say("b")

                async def both() -> bool:
                    return len(manager.told[-1]) == 2

                await until(both, task)

    run(scenario())


def test_no_topic_no_start(settings: Settings) -> None:
    async def scenario() -> None:
        with pytest.raises(NotifyError, match=r"alerts does not exist; `crmpulse topics` creates it\.$"):
            await notify(settings, Wanted((), {}, 10, False, 0), {}, now, asyncio.Event())

    run(scenario())


class Child:
    """`crmpulse notify` as a process of its own, with a webhook, an unused secret, and its log in a file."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    @classmethod
    @asynccontextmanager
    async def running(cls, settings: Settings, hook: Hook, log: Path) -> AsyncIterator[Self]:
        port = _free_port()
        environ = {
            "PATH": os.environ["PATH"], "CRMPULSE_KAFKA": settings.kafka, "CRMPULSE_APP": settings.app,
            "CRMPULSE_TOPIC_PREFIX": settings.topic_prefix, "CRMPULSE_NOTIFY_PORT": str(port),
            "CRMPULSE_NOTIFY_WEBHOOK": f"test={hook.url}", "CRMPULSE_NOTIFY_APPRISE": f"json://127.0.0.1:9/{SECRET}",
            "CRMPULSE_NOTIFY_SELECT": "apprise:rule=none",
        }  # fmt: skip
        with log.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "streams", "notify", cwd=ROOT, env=environ, stdout=file, stderr=file
            )
        try:
            yield cls(process, port, log)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not await holds():
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)


def test_a_port_that_is_taken_is_one_sentence(settings: Settings) -> None:
    async def scenario() -> None:
        async with Stage(settings):
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                taken.listen()
                wanted = Wanted((), {}, 10, False, taken.getsockname()[1])
                with pytest.raises(NotifyError, match=r"^--port: 127.* listened on: Address already in use\.$"):
                    await notify(settings, wanted, {}, now, asyncio.Event())

    run(scenario())


@pytest.mark.parametrize("away", [False, True], ids=["target up", "target away"])
def test_a_signal_ends_the_process_and_what_was_told_stays_told(settings: Settings, away: bool, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Stage(settings) as stage, Hook.listening() as hook:
            hook.status = lambda body: 503 if away else 200

            async def tried() -> bool:
                return hook.attempts > 0

            async with Child.running(settings, hook, tmp_path / "log") as child:
                await child.until(lambda: _ready(child.port))
                await stage.say("a")
                await child.until(tried)
                child.process.send_signal(signal.SIGTERM)
                assert await child.process.wait() == 0
            log = child.log.read_text()
            assert SECRET not in log
            assert "Traceback" not in log
            assert "webhook-test (http://127.0.0.1" in log
            hook.status = lambda body: 200
            async with notifying(settings, hook_target(hook)) as task:
                await stage.say("b")
                assert sorted(await words(hook, 2, task)) == ["fired a", "fired b"]

    run(scenario())


def test_a_real_alertmanager_holds_what_stands(settings: Settings, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with Alertmanager.running(tmp_path) as manager, Stage(settings) as stage:
            target = read_target(Kind.ALERTMANAGER, manager.url)

            def holds(*expected: tuple[str, str]) -> Callable[[], Awaitable[bool]]:
                async def held() -> bool:
                    return await manager.labels() == list(expected)

                return held

            await stage.say("a")
            async with notifying(settings, target) as task:
                await until(holds(("a", "emp-7")), task)
                await stage.say("b")
                await stage.say("c", suppressed_by="source.lagging")
                await stage.say("d", PENDING)
                await until(holds(("a", "emp-7"), ("b", "emp-7")), task)
                await stage.say("a", employee_id="emp-8", level=1)
                await until(holds(("a", "emp-8"), ("b", "emp-7")), task)
            before = await manager.alerts()
            assert await stage.committed(target) == 5
            # As old as what we were away for: it was not sent, so it is all the same.
            await stage.put(b"b", value(id="b", **RESOLVED), now() // 1000 - 3_600_000)
            await stage.say("e")
            async with notifying(settings, target) as task:
                await until(holds(("a", "emp-8"), ("e", "emp-7")), task)
                after = await manager.alerts()
                fingerprints = {one["labels"]["alert_id"]: one["fingerprint"] for one in before}
                assert fingerprints["a"] == {one["labels"]["alert_id"]: one["fingerprint"] for one in after}["a"]
                await stage.say("a", RESOLVED, employee_id="emp-8", level=1)
                await stage.put(b"e", None)
                await until(holds(), task)

    run(scenario())
