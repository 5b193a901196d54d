"""Access control on a real Kafka with its authorizer: everybody can do their job under what they were granted, and no
more."""

import asyncio
import contextlib
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.protocol.fetch import FetchRequest

from streams.settings import Settings
from streams.topics import MIB, OUTPUTS, Topics
from streams.topics.acls import Role
from tests.acceptance.installation import TOMORROW, Installation
from tests.integration.secured import PATIENCE_S, Secured, clean, run
from tests.integration.test_secured import first_line, history

MARCH = "2026-03-03T00:00:00Z"
"""After all that happened, and long ago: whoever goes by the wall clock has something left to judge."""
READABLE = {
    Role.SOURCE: set(),
    Role.NOTIFY: {"alerts", "alerts.digest"},
    Role.DASHBOARD: {topic.name for topic in OUTPUTS} - {"pay.statements", "alerts.digest", "insights"},
    Role.OPERATIONS: {"alerts", "alerts.digest", "alerts.log", "opportunities", "customers", "streams.dead-letters"},
    Role.SCORES: {
        "scores.employees", "scores.teams", "kpis.employees", "funnel", "campaigns", "insights", "recommendations",
    },
    Role.PAY: {"pay.statements"},
    Role.WORKER: {"streams.dead-letters"},
}  # fmt: skip
WRITABLE = {
    Role.SOURCE: {"crm.contacts", "crm.commands"},
    Role.DASHBOARD: {"crm.commands"},
    Role.WORKER: {"pay.statements", "streams.dead-letters"},
}


class Granted:
    """An installation that was set up, as each role sees it."""

    def __init__(self, locked: Secured, app: str, home: Path) -> None:
        self._locked, self._app, self._home = locked, app, home
        locked.add(*(self.user(role) for role in Role))
        told = run(locked.root() | self.names(), "topics", "--acls", "--apply", *self.principals())
        assert told.code == 0, told
        assert re.fullmatch(r"[0-9]+ rights of 8 roles are granted\.\n", told.out)

    def user(self, role: Role) -> str:
        return f"{self._app}-{role}"

    def principals(self) -> list[str]:
        return [word for role in Role for word in ("--principal", f"{role}={self.user(role)}")]

    def names(self) -> dict[str, str]:
        return {"CRMPULSE_APP": self._app, "CRMPULSE_TOPIC_PREFIX": f"{self._app}.", "CRMPULSE_PARTITIONS": "2"}

    def environ(self, role: Role) -> dict[str, str]:
        return self._locked.environ("SASL_TLS", self.user(role)) | self.names() | {"CRMPULSE_WEB_PORT": "0"}

    def settings(self, role: Role) -> Settings:
        return Settings.from_env(self.environ(role))

    def place(self, role: Role) -> Installation:
        """Workers and commands as a role has them."""
        variables = self.environ(role)
        return Installation(variables["CRMPULSE_KAFKA"], self._app, self._home, **variables)

    @contextmanager
    def working(self) -> Iterator[Installation]:
        """The topics as they are, and workers that end with the context."""
        place = self.place(Role.WORKER)
        try:
            yield place
        finally:
            place.__exit__(None, None, None)

    def set_up(self) -> None:
        """As soon as the broker knows of the rights: it hears of them a moment after they were granted."""
        deadline = time.monotonic() + PATIENCE_S
        while (told := run(self.environ(Role.SETUP), "topics")).code:
            assert time.monotonic() < deadline, told


@pytest.fixture(scope="module")
def granted(locked: Secured, tmp_path_factory: pytest.TempPathFactory) -> Granted:
    found = Granted(locked, "acl", tmp_path_factory.mktemp("acl"))
    found.set_up()
    asyncio.run(found.place(Role.SOURCE).produce(history()))
    with found.working() as place:
        place.backfill(MARCH, 1)
    return found


async def readable(settings: Settings) -> set[str]:
    """Which outputs the broker lets be read: what it answers to a fetch from the first partition of each."""
    client = AIOKafkaClient(**settings.client_options())
    await client.bootstrap()
    try:
        wanted = [(Topics(settings).full(topic.name), [(0, 0, MIB)]) for topic in OUTPUTS]
        answer = await client.send(client.get_random_node(), FetchRequest(0, 1, MIB, 1, wanted))
    finally:
        await client.close()
    codes = {Topics(settings).plain(topic): part[1] for topic, (part,) in answer.topics}
    assert set(codes.values()) <= {0, TopicAuthorizationFailedError.errno}
    return {topic for topic, code in codes.items() if not code}


async def coordinator(settings: Settings, name: str, kind: int) -> None:
    """Asks for what everybody begins with who would join a group (0) or write in a transaction (1)."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    try:
        await admin.start()
        await admin.find_coordinator(name, kind)
    finally:
        await admin.close()


async def write(settings: Settings, topic: str) -> None:
    producer = AIOKafkaProducer(**settings.client_options())
    await producer.start()
    try:
        await producer.send_and_wait(Topics(settings).full(topic), b"{}", b"nobody")
    finally:
        await producer.stop()


def writable(settings: Settings) -> set[str]:
    """Which of these topics the broker lets be written."""
    found = set()
    for topic in ("crm.contacts", "crm.commands", "pay.statements", "streams.dead-letters"):
        with contextlib.suppress(TopicAuthorizationFailedError):
            asyncio.run(write(settings, topic))
            found.add(topic)
    return found


def test_a_worker_does_all_its_job(granted: Granted) -> None:
    """It has taken in a backlog; now it goes by the wall clock, with ticks, and another takes over from it."""
    assert "emp-1" in first_line("kpis", granted.environ(Role.SCORES))
    for end in (signal.SIGKILL, signal.SIGTERM):
        with granted.working() as place:
            worker = place.start()
            place.until_judged()
            worker.send_signal(end)
            assert worker.wait(PATIENCE_S) == (0 if end is signal.SIGTERM else -end), place.said(worker)
            assert "uthorization" not in place.said(worker), place.said(worker)


@pytest.mark.parametrize("role", READABLE)
def test_each_role_reads_its_own_outputs_and_no_others(granted: Granted, role: Role) -> None:
    assert asyncio.run(readable(granted.settings(role))) == READABLE[role]


@pytest.mark.logs_errors
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SETUP])
def test_nobody_writes_what_others_make(granted: Granted, role: Role) -> None:
    assert writable(granted.settings(role)) == WRITABLE.get(role, set())


def test_a_dashboard_cannot_follow_what_people_are_paid(granted: Granted) -> None:
    told = run(granted.environ(Role.DASHBOARD), "tail", "pay", "--from-beginning")
    assert told.code == 1
    assert told.err == (
        "Error: The topic acl.pay.statements does not exist, or acl-dashboard may not see it; "
        "`crmpulse topics` creates it.\n"
    )
    assert "emp-1" in first_line("scores", granted.environ(Role.DASHBOARD))


def test_consumers_have_groups_of_their_own(granted: Granted) -> None:
    settings = granted.settings(Role.OPERATIONS)
    asyncio.run(coordinator(settings, "acl.operations.pager", 0))
    for group in ("acl.progress", "acl.intake", "acl.scores.board"):
        with pytest.raises(GroupAuthorizationFailedError):
            asyncio.run(coordinator(settings, group, 0))


@pytest.mark.parametrize("role", [Role.SOURCE, Role.DASHBOARD, Role.NOTIFY, Role.PAY])
def test_nobody_else_shuts_a_worker_out(granted: Granted, role: Role) -> None:
    with pytest.raises(TransactionalIdAuthorizationFailed):
        asyncio.run(coordinator(granted.settings(role), "acl-customers-0", 1))


def test_notify_follows_alerts_and_remembers_its_place(granted: Granted) -> None:
    command = [sys.executable, "-m", "streams", "notify", "--webhook", "http://127.0.0.1:9/", "--port", "0"]
    with subprocess.Popen(
        command, env=clean(granted.environ(Role.NOTIFY)), stderr=subprocess.PIPE, text=True
    ) as notify:
        assert notify.stderr is not None
        said = []
        for line in notify.stderr:
            said.append(line)
            if line.endswith(": ready\n"):
                break
        notify.terminate()
        assert said[-1].endswith(": ready\n"), said
        assert not [line for line in said if "uthorization" in line]


def test_a_rebuild_needs_no_more_than_who_sets_up_has(granted: Granted) -> None:
    told = run(granted.environ(Role.SETUP) | {"CRMPULSE_PARTITIONS": "3"}, "rebuild")
    assert (told.code, "Generation 2 serves: 3 partitions" in told.out) == (0, True), told
    with granted.working() as later:
        later.environ["CRMPULSE_PARTITIONS"] = "3"
        later.backfill(TOMORROW, 1)
    told = run(granted.environ(Role.SETUP), "rebuild", "--delete-old")
    assert told.code == 0, told
