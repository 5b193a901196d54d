"""One round: a seeded log, workers, a nemesis, a last worker that drains and judges, and what is wrong in the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.admin import AIOKafkaAdminClient

from streams.agents.leave import Exit
from streams.core.ledger import DAYS
from streams.intake import progress
from streams.policy.periods import days, months
from streams.topics import INBOX
from tests.acceptance.commands import PATIENCE_S, crmpulse
from tests.acceptance.comparing import Records, figures, versus_replay
from tests.acceptance.installation import Installation
from tests.chaos import checks
from tests.chaos.crew import Crew
from tests.chaos.log import POLICY, Log, law, log, teams
from tests.chaos.nemesis import Nemesis
from tests.chaos.observer import Observer
from tests.chaos.outputs import Outputs, outputs
from tests.chaos.plan import Act, plan
from tests.chaos.sender import Place, Sender
from tests.kafka import Broker
from tests.oracle import recount
from tests.oracle.comparing import differences
from tests.unit.core.works import settled

EPOCH = date(1970, 1, 1)
SESSION_S = 3.0
SLOWEST = 100
"""Events a second that a crowded machine still drains, and replays; slower counts as standing still."""

Say = Callable[[str], object]


class Order(NamedTuple):
    """What to play. The log ends as `day` begins; `rate` is in lines a second."""

    seed: int
    events: int
    day: date
    acts: int
    rate: float

    def __str__(self) -> str:
        return f"SEED={self.seed} EVENTS={self.events} DAY={self.day} ACTS={self.acts} RATE={self.rate:g}"


class Result(NamedTuple):
    """What happened in a round, and by the name of each check what does not hold."""

    order: Order
    lines: int
    repeated: int
    """Lines that were sent a second time."""
    reread: int
    """Events and dead letters that intake wrote a second time."""
    under_fire: float
    """The share of the inbox that was handled before the nemesis was through and the workers were stopped."""
    seconds: float
    acts: Counter[Act]
    exits: Counter[int]
    joins: int
    leaves: int
    takeovers: list[float]
    kpis: int
    alerts: int
    wrong: dict[str, list[str]]

    @property
    def differences(self) -> int:
        return sum(map(len, self.wrong.values()))


class Fire(NamedTuple):
    """What is known once the last worker is through."""

    crew: Crew
    observer: Observer
    nemesis: Nemesis
    sender: Sender
    until: str
    under_fire: float


def play(order: Order, broker: Broker, home: Path, say: Say) -> Result:
    """A round on a broker that nobody else uses; `home`, an empty folder, keeps what everybody said."""
    began, patience = time.monotonic(), PATIENCE_S + order.events / SLOWEST
    sent = log(order.seed, order.events, order.day)
    (home / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (home / "events.jsonl").write_bytes(b"".join(line.raw + b"\n" for line in sent.lines))
    app = f"chaos-{home.name}"
    variables = {"CRMPULSE_POLICY": home / "policy.yaml", "CRMPULSE_SESSION_MS": int(SESSION_S * 1000)}
    with Installation(broker.bootstrap, app, home, **variables) as place:
        fire = asyncio.run(_burn(order, sent, place, broker, say))
        say(f"{fire.under_fire:.0%} was handled under fire; the rest is drained as of {fire.until}")
        place.backfill(fire.until, 1, patience=patience)
        left = asyncio.run(outputs(place))
        crmpulse(
            *("replay", home / "events.jsonl", "--policy", home / "policy.yaml"),
            *("--as-of", fire.until, "--out", home / "replayed"),
            patience=patience,
        )
    wrong = judge(left, sent, fire.sender.malformed, fire.until, home / "replayed")
    wrong["workers"] = fire.crew.wrong
    if fire.crew.exits[Exit.BUG] or fire.crew.exits[Exit.GAP]:
        wrong["workers"].append(f"workers ended as they never should: {dict(fire.crew.exits)}")
    return Result(
        order, len(sent.lines), sent.repeated, reread(left), fire.under_fire, time.monotonic() - began,
        fire.nemesis.acts, fire.crew.exits, fire.observer.joins, fire.observer.leaves, fire.observer.takeovers,
        len(figures(left.tables["kpis.employees"])), len(left.tables["alerts"]), wrong,
    )  # fmt: skip


async def _burn(order: Order, sent: Log, place: Installation, broker: Broker, say: Say) -> Fire:
    """From the first worker to the orderly end of all, once everything is sent and done.

    Raises what made the round impossible, such as a broker that does not come back.
    """
    crew, observer, sender = Crew(place), Observer(place), Sender(place, sent.lines, order.rate)
    steps = plan(order.seed, order.acts)
    nemesis = Nemesis(steps, crew, broker, sender, observer, SESSION_S, say)
    try:
        async with asyncio.TaskGroup() as looking:
            watches = [looking.create_task(crew.run()), looking.create_task(observer.run())]
            await asyncio.gather(sender.run(), nemesis.run())
            for watch in watches:
                watch.cancel()
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    await crew.stop()
    now = int(datetime.now(UTC).timestamp())
    # Later than every tick by the wall clock, and later than a worker could have written another.
    until = datetime.fromtimestamp(now + 2, UTC).isoformat().replace("+00:00", "Z")
    return Fire(crew, observer, nemesis, sender, until, await _handled(place))


async def _handled(place: Installation) -> float:
    """The share of the inbox that is committed."""
    ends: dict[tuple[str, int], int] = {(one.topic, one.partition): one.offset + 1 async for one in place.read(INBOX)}
    admin = AIOKafkaAdminClient(**place.settings.client_options())
    await admin.start()
    try:
        done = (await progress(admin, place.settings))[INBOX]
    finally:
        await admin.close()
    handled: int = sum(one.offset for one in done.values())
    return handled / max(1, sum(ends.values()))


def judge(left: Outputs, sent: Log, malformed: dict[Place, bytes], until: str, replayed: Path) -> dict[str, list[str]]:
    """What does not hold as of `until`, by the name of the check; `replayed` is the folder of the lines' replay."""
    tables = left.tables
    kpis, scores, alerts = tables["kpis.employees"], tables["scores.employees"], tables["alerts"]
    counted = recount(sent.events, law(), until)
    return {
        "recount": [str(one) for one in differences(checks.told(left), counted)],
        **{
            f"replay: {what}": wrong
            for what, wrong in versus_replay(tables, replayed, until, partial(told_alike, until=until)).items()
        },
        "keys": checks.one_home_per_key(left.homes),
        "open alerts": checks.one_alert_open(alerts),
        "alerts.log": checks.log_ends_as_table(alerts, left.changes, until),
        "dead letters": checks.malformed_alone_are_dead(left.letters, malformed),
        "scorecards": checks.scores_are_of_the_kpis(kpis, scores),
        "team totals": checks.teams_add_up(kpis, tables["scores.teams"], teams(sent.events)),
        "rankings": checks.teams_rank_the_scores(scores, tables["scores.teams"]),
    }


def told_alike(alerts: Iterable[dict[str, Any]], until: str) -> Records:
    """What `settled` has, but for goals of months and quarters of which not every day is known any more as of an
    instant: a replay, which looks then alone, tells none of them, and a worker that looked before that tells what it
    saw. (One that drained the log in one go did not look before either.)"""
    known = (datetime.fromisoformat(until).date() - EPOCH).days - DAYS + 2  # wherever the policy's zone is
    return {
        id: alert
        for id, alert in settled(alerts).items()
        if not alert["rule"].startswith("goal.")
        or len(months(alert["values"]["period"])) == 12
        or days(alert["values"]["period"], 0).start >= known
    }


def reread(left: Outputs) -> int:
    """How many records intake wrote again because it could not commit them."""
    letters = sum(len(found) - 1 for found in left.letters.values())
    return left.taken.total() - len(left.taken) + letters
