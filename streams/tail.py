"""`crmpulse tail`: follows an output stream in the terminal, one readable line to a record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
from aiokafka import AIOKafkaConsumer
from rich.console import Console
from rich.text import Text

from streams.clients import stop_consumer
from streams.events.instants import iso
from streams.settings import Settings
from streams.topics import DEAD_LETTERS, OUTPUTS, partitions_of

ALIASES: Final[Mapping[str, str]] = {
    "digest": "alerts.digest",
    "scores": "scores.employees",
    "teams": "scores.teams",
    "kpis": "kpis.employees",
    "pay": "pay.statements",
    "dead-letters": DEAD_LETTERS,
}
"""Shorter names of streams, beside the topics' own."""

TOLD: Final = 3
"""So many alerts of a digest stand in its line."""

WIDTH: Final = 240
"""Characters of a value that has no line of its own."""

STATUS: Final = {"pending": "yellow", "firing": "bold red", "acknowledged": "cyan", "resolved": "green"}
OUTCOME: Final = {"won": "green", "lost": "red"}
SEVERITY: Final = {"critical": "bold red", "warning": "yellow"}


Line = Callable[[Any, str, int], Text]
"""Makes a line of a record, its key and its time (us)."""


class TailError(Exception):
    """There is no such stream; the message is one sentence."""


def streams() -> list[str]:
    """Every name that `tail` takes."""
    return sorted([*ALIASES, *(topic.name for topic in OUTPUTS)])


async def tail(
    settings: Settings, stream: str, out: Console, *, from_beginning: bool = False, stop: asyncio.Event | None = None
) -> None:
    """Prints the records of a stream as they come, until `stop` is set or the task is cancelled.

    `stream` is an output topic or a short name of one; by default only what is new is printed. Raises `TailError` for a
    name that is none, `MissingTopic` for a topic that does not exist, KafkaError for a broker that is not there.
    """
    topic = ALIASES.get(stream, stream)
    if topic not in {output.name for output in OUTPUTS}:
        raise TailError(f"There is no stream {stream!r}; there are {', '.join(streams())}.")
    partitions = await partitions_of(settings, topic)
    consumer = AIOKafkaConsumer(**settings.client_options(), isolation_level="read_committed", enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        if from_beginning:
            await consumer.seek_to_beginning(*partitions)
        else:
            await consumer.seek_to_end(*partitions)
        while stop is None or not stop.is_set():
            for records in (await consumer.getmany(timeout_ms=200)).values():
                for record in records:
                    out.print(line(topic, record.key, record.value, record.timestamp * 1000), soft_wrap=True)
    finally:
        await stop_consumer(consumer)


def line(topic: str, key: bytes | None, value: bytes | None, time: int) -> Text:
    """One record as one line, without anything in it that could move a terminal's cursor; `time` in microseconds."""
    name = (key or b"").decode(errors="replace")
    if value is None:
        text = Text.assemble((iso(time), "dim"), f"  {name}  ", ("deleted", "dim"))
    else:
        try:
            told: Line = LINES.get(topic, _other)
            text = told(msgspec.json.decode(value), name, time)
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError):
            # Somebody else's record, or one of a newer version: shown as it is.
            text = _other(value.decode(errors="replace"), name, time)
    return Text(printable(text.plain), spans=text.spans)


def printable(text: str) -> str:
    """The text without anything that could move a terminal's cursor."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _alert(record: dict[str, Any], key: str, time: int) -> Text:
    status, severity = record["status"], record["severity"]
    at = {"pending": "started_at", "firing": "fired_at", "resolved": "ended_at"}.get(status, "")
    about = [record[name] for name in ("employee_id", "customer_id", "opportunity_id") if record.get(name)]
    return Text.assemble(
        (record.get(at) or iso(time), "dim"),
        "  ",
        (f"{status:<12}", STATUS.get(status, "")),
        (f"{severity:<8}", SEVERITY.get(severity, "dim")),
        f"  {record['rule']:<26}{' '.join(about):<36}  {record['summary']}",
        (f"  ({record['reason']})", "dim"),
    )


def _digest(record: dict[str, Any], key: str, time: int) -> Text:
    counts = record["counts"]
    told = ", ".join(f"{counts[word]} {word}" for word in ("new", "again", "over", "standing") if counts[word])
    text = Text.assemble((record["notify_at"], "dim"), f"  {record['recipient']:<20}", (f"{told:<28}", "bold"))
    alerts = [(group, alert) for group in record["standing"] for alert in group["alerts"] if alert["news"]]
    for group, alert in alerts[:TOLD]:
        severity, flaps = group["severity"], alert.get("flapping")
        text.append(f"  {severity}", SEVERITY.get(severity, "dim"))
        text.append(f" {group['rule']}" + (f" (flapping, {flaps} times)" if flaps else "") + f": {alert['summary']}")
    for one in record["over"][: max(0, TOLD - len(alerts))]:
        text.append(f"  {one['reason']}", STATUS["resolved"])
        text.append(f" {one['rule']}: {one['summary']}")
    more = len(alerts) + len(record["over"]) - TOLD
    return text.append(f"  and {more} more", "dim") if more > 0 else text


def _score(record: dict[str, Any], key: str, time: int) -> Text:
    who = record.get("employee_id") or record["team"]
    score = "no score" if record["score"] is None else f"{record['score']:.1f}"
    best = sorted(record.get("kpis") or (), key=lambda kpi: -kpi["points"])[:4]
    told = [f"{kpi['kpi']} {_number(kpi['value'])}" for kpi in best]
    if record.get("rank"):
        told.insert(0, f"rank {record['rank']}")
    return Text.assemble(
        (record["as_of"], "dim"),
        f"  {record['period']:<8} {who:<20}",
        (f"{score:>8}", "bold"),
        f"  {record.get('rating') or '':<3}  {', '.join(told)}",
    )


def _kpis(record: dict[str, Any], key: str, time: int) -> Text:
    told = ", ".join(f"{kpi['kpi']} {_number(kpi['value'])}" for kpi in record["kpis"])
    return Text.assemble((record["as_of"], "dim"), f"  {record['period']:<8} {record['employee_id']:<20}  {told}")


def _opportunity(record: dict[str, Any], key: str, time: int) -> Text:
    at = record["closed_at"] or record["history"][-1]["entered_at"] if record["history"] else record["created_at"]
    told = [record["stage"] or "-", _number(record["amount"])]
    if record["probability"] is not None:
        told.append(f"{record['probability']:.0%}")
    if record["expected_close_at"] and record["status"] == "open":
        told.append(f"expected {record['expected_close_at'][:10]}")
    if record["received"]:
        told.append(f"received {_number(record['received'])}")
    return Text.assemble(
        (at or iso(time), "dim"),
        "  ",
        (f"{record['status']:<5}", OUTCOME.get(record["status"], "")),
        f"{record['opportunity_id']:<20} {record['customer_id']:<16} {record['owner_id'] or '-':<12}  ",
        ", ".join(told),
    )


def _customer(record: dict[str, Any], key: str, time: int) -> Text:
    last, ahead = record["last_contact"], record["next_contact"]
    told = [
        f"contacted {last['at'][:10]} by {last['employee_id']}" if last else "never contacted",
        *([f"next {ahead['at'][:10]}"] if ahead else []),
        f"{len(record['open_opportunities'])} open ({_number(record['open_amount'])})",
        f"won {_number(record['won_amount'])}",
        *([f"owes {_number(record['outstanding'])}"] if record["outstanding"] else []),
        *([f"{len(record['open_tickets'])} tickets"] if record["open_tickets"] else []),
    ]
    alerts = ", ".join(alert["rule"] for alert in record["alerts"])
    return Text.assemble(
        (iso(time), "dim"),
        f"  {record['customer_id']:<20} {record['owner_id'] or '-':<12} {record['grade'] or '-':<4}  {', '.join(told)}",
        (f"  {alerts}" if alerts else "", "yellow"),
    )


def _funnel(record: dict[str, Any], key: str, time: int) -> Text:
    money = record["amount"]
    lines = ("opening", "new", "pulled_in", "increased", "decreased", "pushed", "won", "lost", "closing")
    told = [f"{line} {_number(money[line])}" for line in lines if money[line] or line in ("opening", "closing")]
    if record["forecast"] is not None:
        told.append(f"forecast {_number(record['forecast'])}")
    if record["coverage"] is not None:
        told.append(f"coverage {record['coverage']:.1f}")
    stages = ", ".join(f"{stage['stage']} {stage['open_count']}" for stage in record["stages"] if stage["open_count"])
    return Text.assemble(
        (record["as_of"], "dim"),
        f"  {record['period']:<8} {record['team'] or 'all teams':<16}  {', '.join(told)}",
        (f"  {stages}" if stages else "", "cyan"),
    )


def _campaign(record: dict[str, Any], key: str, time: int) -> Text:
    told = [
        f"{record['participants']} participants",
        f"{record['leads']} leads, {record['converted']} converted",
        f"cost {_number(record['cost'])}",
        f"{record['won_count']} won, {_number(record['won_amount'])}",
        *([] if record["return"] is None else [f"return {record['return']:.1f}"]),
    ]
    name = record["campaign_id"] or record["lead_source"]
    return Text.assemble((record["as_of"], "dim"), f"  {record['period']:<8} {name:<16}  {', '.join(told)}")


def _dead_letter(record: dict[str, Any], key: str, time: int) -> Text:
    where = f"{record['topic']}[{record['partition']}]@{record['offset']}"
    return Text.assemble(
        (record["time"] or iso(time), "dim"),
        "  ",
        (f"{record['reason']:<14}", "yellow"),
        f"{where}  {record['detail']}",
    )


def _other(record: Any, key: str, time: int) -> Text:
    told = record if isinstance(record, str) else msgspec.json.encode(record).decode()
    if len(told) > WIDTH:
        told = told[: WIDTH - 1] + "\N{HORIZONTAL ELLIPSIS}"
    return Text.assemble((iso(time), "dim"), f"  {key}  {told}")


def _number(value: float | int | str | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


LINES: Final[Mapping[str, Line]] = {
    "alerts": _alert,
    "alerts.log": _alert,
    "alerts.digest": _digest,
    "scores.employees": _score,
    "scores.teams": _score,
    "kpis.employees": _kpis,
    "opportunities": _opportunity,
    "customers": _customer,
    "funnel": _funnel,
    "campaigns": _campaign,
    DEAD_LETTERS: _dead_letter,
}
