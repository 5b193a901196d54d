"""The same without a terminal: what the model and the status come to in lines."""

from __future__ import annotations

from streams.demo.guests import Guest
from streams.demo.model import Model
from streams.demo.status import Status
from streams.demo.words import when
from streams.events.outputs import AlertRecord


def status_line(model: Model, status: Status) -> str:
    """Where we are, in one line."""
    late = "" if status.behind is None else f", {status.behind:.1f} s behind"
    rules = ", ".join(f"{rule.name} {rule.standing:,}" for rule in model.alerts.rules()) or "none"
    rows = model.board.rows()
    told = [
        f"{when(status.at)} · {status.phase}",
        f"{status.rate:,.0f} events/s",
        f"lag {status.waiting:,} events{late}",
        f"{model.guests.refused:,} dead letters",
        f"alerts that stand: {rules}",
    ]
    if rows:
        best, last = rows[0], rows[-1]
        told.append(f"first {best.name} {best.score:.1f}, last {last.name} {last.score:.1f} of {len(rows)}")
    teams = ", ".join(f"{team.team} {team.score:.1f}" for team in model.board.teams() if team.score is not None)
    return " | ".join([*told, teams] if teams else told)


def alert_line(alert: AlertRecord, who: str) -> str:
    """One change of an alert; its status stands in it as a word."""
    what = f"{alert.status} ({alert.reason.replace('_', ' ')})"
    return "  ".join(("alert", what, alert.severity or "", alert.rule, who, alert.customer_id or "", alert.summary))


def guest_line(guest: Guest, who: str) -> str:
    """One event of somebody else's."""
    outcome = f"refused, {guest.refused}" if guest.refused else "taken"
    parts = ("event from outside", guest.type, guest.subject, who, guest.amount, outcome)
    return "  ".join(part for part in parts if part)
