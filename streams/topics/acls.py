"""Who may do what on the broker: Kafka's access control lists, one table for all who connect.

Kafka lets whoever may read, write or delete a thing see it too, so that is not said here. Nobody but the worker and who
sets it up may write what the worker makes, and each kind of output can be given to its readers alone: alerts, scores,
pay.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum, StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import for_code
from aiokafka.protocol.admin import CreateAclsRequest

from streams.settings import Settings
from streams.topics.registry import COMMANDS, CRM, DEAD_LETTERS, GENERATION, INTERNAL, OUTPUTS, POLICY

ALLOW: Final = 3
LITERAL, PREFIXED = 3, 4
ANY_HOST: Final = "*"


class Role(StrEnum):
    """Whoever connects to the broker as a user of its own."""

    SETUP = "setup"
    WORKER = "worker"
    SOURCE = "source"
    NOTIFY = "notify"
    DASHBOARD = "dashboard"
    OPERATIONS = "operations"
    SCORES = "scores"
    PAY = "pay"


WHAT: Final[Mapping[Role, str]] = {
    Role.SETUP: "crmpulse topics, crmpulse rebuild",
    Role.WORKER: "crmpulse worker, intake within it",
    Role.SOURCE: "whoever sends events: CRM connectors, crmpulse simulate",
    Role.NOTIFY: "crmpulse notify",
    Role.DASHBOARD: "crmpulse dashboard",
    Role.OPERATIONS: "reads alerts, customers, opportunities and what was refused",
    Role.SCORES: "reads scores, KPIs, recommendations and what the company's figures say",
    Role.PAY: "reads pay, and nothing else",
}


class Kind(IntEnum):
    """What a grant is about, numbered as in Kafka's protocol."""

    TOPIC = 2
    GROUP = 3
    TRANSACTIONS = 5


class Operation(IntEnum):
    """What it allows, numbered likewise."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    DESCRIBE_CONFIGS = 10


OPTIONS: Final[Mapping[Kind, str]] = {
    Kind.TOPIC: "--topic", Kind.GROUP: "--group", Kind.TRANSACTIONS: "--transactional-id",
}  # fmt: skip
R, W, C, D, CONFIGS = (
    Operation.READ, Operation.WRITE, Operation.CREATE, Operation.DELETE, Operation.DESCRIBE_CONFIGS,
)  # fmt: skip

OF_NOTIFY: Final = ("alerts", "alerts.digest")
OF_DASHBOARD: Final = (
    "alerts", "alerts.log", "scores.employees", "scores.teams", "kpis.employees", "funnel", "campaigns",
    "opportunities", "customers", "recommendations", DEAD_LETTERS, GENERATION,
)  # fmt: skip
ORDERS: Final = (COMMANDS, "crm.assessments")
"""Where the dashboard writes: what people order there, and what they answer to their appraisal."""
OF_READERS: Final[Mapping[Role, Sequence[str]]] = {
    Role.OPERATIONS: ("alerts", "alerts.digest", "alerts.log", "opportunities", "customers", DEAD_LETTERS),
    Role.SCORES: (
        "scores.employees", "scores.teams", "kpis.employees", "funnel", "campaigns", "insights", "recommendations",
    ),
    Role.PAY: ("pay.statements",),
}  # fmt: skip


class Grant(NamedTuple):
    """Operations on a thing of this name, or on all whose name begins so."""

    kind: Kind
    name: str
    operations: tuple[Operation, ...]
    prefixed: bool = False


class AclError(Exception):
    """A role or a user that is none; the message is one sentence."""


def grants(settings: Settings) -> dict[Role, list[Grant]]:
    """What each role needs, and nothing more. Later generations of topics, groups and transactions are covered."""
    prefix, app = settings.topic_prefix, settings.app
    sources, internal = (f"{prefix}{area}" for area in (CRM, INTERNAL))
    outputs = [topic.name for topic in OUTPUTS if not topic.name.startswith(INTERNAL)]

    def topics(names: Sequence[str], *operations: Operation) -> list[Grant]:
        return [Grant(Kind.TOPIC, f"{prefix}{name}", operations) for name in names]

    membership = [
        Grant(Kind.GROUP, f"{app}.intake", (R,)),
        Grant(Kind.GROUP, f"{app}.progress", (R,)),
        Grant(Kind.GROUP, f"{app}.retractions", (R,)),
        Grant(Kind.GROUP, f"{app}.g", (R,), prefixed=True),  # of later generations
        Grant(Kind.TRANSACTIONS, f"{app}-", (W,), prefixed=True),
        Grant(Kind.TRANSACTIONS, f"{app}.g", (W,), prefixed=True),
    ]
    return {
        Role.SETUP: [
            Grant(Kind.TOPIC, sources, (R, C, CONFIGS), prefixed=True),
            Grant(Kind.TOPIC, internal, (R, W, C, D, CONFIGS), prefixed=True),
            *topics(outputs, R, W, C, CONFIGS),
            *membership,
        ],
        Role.WORKER: [
            Grant(Kind.TOPIC, sources, (R, CONFIGS), prefixed=True),
            Grant(Kind.TOPIC, internal, (R, W, CONFIGS), prefixed=True),
            *topics(outputs, W, CONFIGS),
            *membership,
        ],
        Role.SOURCE: [Grant(Kind.TOPIC, sources, (W,), prefixed=True)],
        Role.NOTIFY: [*topics(OF_NOTIFY, R), Grant(Kind.GROUP, f"{app}.notify.", (R,), prefixed=True)],
        Role.DASHBOARD: [
            *topics(OF_DASHBOARD, R),
            Grant(Kind.TOPIC, sources, (R,), prefixed=True),  # who manages whom, and the events behind a figure
            Grant(Kind.TOPIC, f"{prefix}{POLICY}", (R,), prefixed=True),  # of later generations too
            *topics(ORDERS, W),
        ],
        **{
            role: [*topics(names, R), Grant(Kind.GROUP, f"{app}.{role}.", (R,), prefixed=True)]
            for role, names in OF_READERS.items()
        },
    }


def principals(given: Sequence[str]) -> dict[Role, str]:
    """Role -> Kafka's name of its user: `User:crmpulse-<role>`, or what `given` says as `ROLE=NAME`.

    Raises `AclError`.
    """
    named = {role: f"User:crmpulse-{role}" for role in Role}
    for text in given:
        role, _, name = text.partition("=")
        if role not in set(Role) or not name or re.search(r"[\x00-\x1f]", name):
            raise AclError(
                f"{text!r} is no role and user; write it like worker=User:ann, with one of {', '.join(Role)}."
            )
        named[Role(role)] = name if name.startswith("User:") else f"User:{name}"
    return named


def script(settings: Settings, users: Mapping[Role, str]) -> Iterator[str]:
    """Lines of a shell script that grants everything, with Kafka's own tool; its arguments say where the broker is."""
    yield "#!/bin/sh"
    yield "# Who may do what: sh acls.sh --bootstrap-server HOST:PORT --command-config ADMIN.properties"
    yield "# Written by `crmpulse topics --acls`; `--apply` grants the same at once."
    yield "set -e"
    for role, granted in grants(settings).items():
        yield ""
        yield f"# {role}: {WHAT[role]}"
        for (kind, operations, prefixed), alike in groupby(granted, lambda g: (g.kind, g.operations, g.prefixed)):
            words = [f"--allow-principal {shlex.quote(users[role])}"]
            words += [" ".join(f"--operation {one.name.title().replace('_', '')}" for one in operations)]
            words += ["--resource-pattern-type prefixed"] * prefixed
            words += [f"{OPTIONS[kind]} {shlex.quote(grant.name)}" for grant in alike]
            yield 'kafka-acls.sh "$@" --add \\\n  ' + " \\\n  ".join(words)


async def apply(settings: Settings, users: Mapping[Role, str]) -> int:
    """Grants everything, and takes nothing away; how many. Raises aiokafka's KafkaError."""
    client = AIOKafkaClient(**settings.client_options())
    await client.bootstrap()
    try:
        wanted = [
            CreateAclsRequest(
                grant.kind, grant.name, PREFIXED if grant.prefixed else LITERAL,
                users[role], ANY_HOST, operation, ALLOW,
            )
            for role, granted in grants(settings).items() for grant in granted for operation in grant.operations
        ]  # fmt: skip
        for request in wanted:
            answer = await client.send(client.get_random_node(), request)
            for code, message in answer.creation_responses:
                if code:
                    raise for_code(code)(message or "no reason given")
        return len(wanted)
    finally:
        await client.close()
