"""A small company in March 2026, of which every figure can be worked out by hand.

ann wins `o` for 120 (created on the 2nd for 100, so after 8 days), loses `o2`, wins `o3` for 70 and has it reopened;
she reaches `c` three times, is paid 100 and pays 30 back. bob reaches `d` once.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from streams.explain import Reading
from streams.policy import Policy
from streams.replay import Line
from tests.unit.core.kit import contact, created, customer, deal, employee, event, money, moved, policy, us

AS_OF = us("31")
CARD: list[dict[str, Any]] = [
    {"kpi": "won_amount", "perspective": "financial", "weight": 40, "target": 200, "cap": 1.2},
    {"kpi": "win_rate", "perspective": "process", "weight": 20, "target": 0.5},
    {"kpi": "sales_cycle_days", "perspective": "process", "weight": 10, "target": 4, "better": "lower"},
    {"kpi": "contacts", "perspective": "customer", "weight": 30, "target": 10},
]
SCORE = 58.0
"""40 * 120/200 + 20 * 1 + 10 * 4/8 + 30 * 3/10, of 100."""


def rules(card: Sequence[dict[str, Any]] = CARD, **sections: Any) -> Policy:
    """The policy."""
    return policy(scorecards={"sales": {"kpis": list(card)}}, **sections)


def company(name: str = "Ann Li", team: str = "north", client: str = "c") -> list[bytes]:
    """Its events, in the order of time."""
    about = {"customer_id": client}
    paid = {"employee_id": "ann", **about}
    return [
        employee("01", name=name, team=team),
        employee("01", "bob", name="Bob", team=team),
        customer("01 01:00", owner_id="ann", **about),
        customer("01 02:00", customer_id="d", owner_id="bob"),
        created("02", amount=money("100"), id="e-created", **about),
        contact("02 09:00", id="e-call-1", **about),
        created("03", opportunity_id="o2", id="e-second", **about),
        created("04", opportunity_id="o3", amount=money("50"), **about),
        contact("04 09:00", id="e-call-2", **about),
        moved("05", "B", id="e-moved", **about),
        deal("06", "won", opportunity_id="o3", amount=money("70"), id="e-won-3", **about),
        deal("08", "reopened", opportunity_id="o3", to_stage="A", id="e-reopened", **about),
        deal("10", "won", amount=money("120"), id="e-won", **about),
        event("11", "payment.received", payment_id="p", amount=money("100"), id="e-paid", **paid),
        event("11 01:00", "payment.refunded", payment_id="p", amount=money("30"), id="e-back", **paid),
        deal("12", "lost", opportunity_id="o2", id="e-lost", **about),
        contact("13 09:00", id="e-call-3", **about),
        contact("14 09:00", employee_id="bob", customer_id="d", channel="visit"),
    ]


def read(lines: Iterable[bytes], under: Policy | None = None, traced: str | None = "ann") -> Reading:
    """A reading of lines, as of the 31st."""
    reading = Reading(under or rules(), AS_OF, traced)
    for _ in reading.feed(Line(raw, "-", number) for number, raw in enumerate(lines, 1)):
        pass
    reading.finish()
    return reading


def stored(folder: Path, lines: Iterable[bytes], under: Policy | None = None) -> list[str]:
    """The options that give a command these events and this policy, from files; half of the events compressed."""
    known = list(lines)
    half = len(known) // 2
    first, second, written = folder / "first.jsonl", folder / "second.jsonl.gz", folder / "policy.yaml"
    first.write_bytes(b"\n".join(known[:half]) + b"\n")
    second.write_bytes(gzip.compress(b"\n".join(known[half:])))
    written.write_text((under or rules()).text)
    return ["--events", str(first), str(second), "--policy", str(written), "--as-of", "2026-03-31T00:00:00Z"]
