"""When each rule holds, as SQL over a state and an hour: `now`, and `worked`, what the meter of work reads then.

A column `due` has beside it `due_w`, what the meter read at that instant. More than a duration has passed where more of
the rule's clock has, and nothing is a duration that passes at once on either clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from tests.oracle.law import Law, Rule


class Conditions:
    """The conditions of the rules of a policy."""

    def __init__(self, law: Law, intervals: Mapping[str, str], stall_after: Mapping[str, Any], contact: Any) -> None:
        self._law, self._intervals, self._stalls = law, intervals, stall_after
        self._grace, self._lead = contact.get("grace", "1d"), contact.get("lead_time", "1d")
        self._silent = contact.get("silent_when_planned", False)

    def of(self, table: str) -> dict[str, tuple[str, str]]:
        """By rule, of those about the subjects of a table: when it holds, and the instant that names the episode."""
        kinds = TABLES[table]
        return {
            rule.name: (
                f"({kinds[rule.kind].holds(self, rule)})",
                kinds[rule.kind].basis.format(count=rule.keys.get("count")),
            )
            for rule in self._law.rules.values()
            if rule.enabled and rule.kind in kinds
        }

    def _us(self, text: str, clock: str) -> int:
        return self._law.length(text, clock) // timedelta(microseconds=1)

    def _passed(self, column: str, text: str, rule: Rule, clock: str | None = None) -> str:
        length = self._us(text, clock or rule.clock)
        if (clock or rule.clock) == "working" and length:
            return f"(now > {column} AND worked - {column}_w > {length})"
        return f"(now - {column} > {length})"

    def _held(self, column: str, text: str, since: str, rule: Rule) -> str:
        """Passed, and for more than the rule's hold by now; what it is passed by came to matter at `since`."""
        passed = self._passed(column, text, rule)
        hold = self._us(rule.keys.get("hold", "0s"), rule.clock)
        if not hold:
            return passed
        mark, now = ("_w", "worked") if rule.clock == "working" else ("", "now")
        bound = f"{column}{mark} + {self._us(text, rule.clock)}"
        return f"({passed} AND {now} - greatest({bound}, {since}{mark}) > {hold})"

    def _near(self, column: str, text: str, rule: Rule) -> str:
        length = self._us(text, rule.clock)
        if rule.clock == "working" and length:
            return f"(now > {column} OR {column}_w - worked < {length})"
        return f"(now > {column} - {length})"

    def _by(self, word: str, said: Any, condition: Callable[[str], str]) -> str:
        """A condition with the duration that a word chooses."""
        if not isinstance(said, Mapping):
            return condition(said)
        cases = [f"WHEN '{name}' THEN {condition(text)}" for name, text in said.items() if name != "default"]
        other = condition(said["default"]) if "default" in said else "false"
        return f"(CASE {word} {' '.join(cases)} ELSE {other} END)" if cases else other

    def due(self, rule: Rule) -> str:
        overdue = self._passed("plan", self._grace, rule, self._law.rules["contact.overdue"].clock)
        return f"plan IS NOT NULL AND {self._near('plan', self._lead, rule)} AND NOT {overdue}"

    def overdue(self, rule: Rule) -> str:
        return f"plan IS NOT NULL AND {self._held('plan', self._grace, 'planned', rule)}"

    def silent(self, rule: Rule) -> str:
        said = rule.keys.get("after", {"default": "30d"} | dict(self._intervals))
        quiet = " AND NOT coalesce(plan > now, false)" if self._silent else ""
        return f"attended AND {self._by('grade', said, lambda text: self._passed('silent', text, rule))}{quiet}"

    def stalled(self, rule: Rule) -> str:
        quiet = " AND NOT coalesce(plan > now, false)" if rule.silent_when_planned else ""
        said = {stage: rule.keys.get("after", self._stalls.get(stage)) for stage in self._law.stages}
        cases = " ".join(
            f"WHEN '{stage}' THEN {self._by('grade', after, lambda text: self._passed('since', text, rule))}"
            for stage, after in said.items()
            if after is not None
        )
        return f"open AND (CASE stage {cases} ELSE false END){quiet}"

    def moved(self, rule: Rule) -> str:
        lasts = f"NOT {self._passed('move', rule.keys['lasts'], rule)}"
        held = self._held("move", "0s", "move", rule) if rule.keys.get("hold") else "true"
        back = " AND back" if rule.kind == "opp.regressed" else ""
        if rule.kind == "dq.suspicious_moves":
            back = f" AND list_contains(string_split(swings, ' '), '{rule.name}')"
        return f"open AND move IS NOT NULL AND {lasts} AND {held}{back}"

    def backs(self, rule: Rule) -> str:
        return f"open AND {_nth('backs', rule.count)} IS NOT NULL"

    def pushed(self, rule: Rule) -> str:
        return f"open AND {_nth('pushes', rule.count)} IS NOT NULL"

    def closing(self, rule: Rule) -> str:
        passed = self._by("grade", rule.keys["after"], lambda text: self._passed("close", text, rule))
        return f"open AND close IS NOT NULL AND ({passed} OR {self._once(rule)})"

    def bare(self, rule: Rule) -> str:
        passed = self._by("bare_grade", rule.keys["after"], lambda text: self._passed("bare", text, rule))
        return f"open AND NOT step AND NOT coalesce(plan > now, false) AND {passed}"

    def missing(self, rule: Rule) -> str:
        return "missing"

    def owed(self, rule: Rule) -> str:
        passed = self._by("grade", rule.keys["after"], lambda text: self._passed("due", text, rule))
        return f"outstanding AND due IS NOT NULL AND ({passed} OR {self._once(rule)})"

    def lost(self, rule: Rule) -> str:
        return f"lost IS NOT NULL AND NOT paid_after AND NOT {self._passed('lost', rule.keys['lasts'], rule)}"

    def _once(self, rule: Rule) -> str:
        return f"list_contains(string_split(passed, ' '), '{rule.name}')"

    def _ran(self, said: Any, clock: str, part: tuple[int, int] = (1, 1)) -> str:
        """The clock of a ticket has run for more than so much, or than a part of that."""
        ran, now, mark = ("ran_working", "worked", "_w") if clock == "working" else ("ran", "now", "")
        run = f"({ran} + coalesce({now} - runs{mark}, 0))"
        return self._by("priority", said, lambda text: f"({part[1]} * {run} > {part[0]} * {self._us(text, clock)})")

    def unanswered(self, rule: Rule) -> str:
        return f"NOT replied AND NOT resolved_once AND {self._ran(rule.keys['after'], rule.clock)}"

    def unresolved(self, rule: Rule) -> str:
        return f"NOT solved AND {self._ran(rule.keys['after'], rule.clock)}"

    def warning(self, rule: Rule) -> str:
        breach = self._law.rules["ticket.resolution_breach"]
        after, clock = breach.keys["after"], breach.clock
        return f"NOT solved AND {self._ran(after, clock, (4, 5))} AND NOT {self._ran(after, clock)}"

    def complaint(self, rule: Rule) -> str:
        passed = self._by("priority", rule.keys["after"], lambda text: self._passed("opened", text, rule))
        return f"kind = 'complaint' AND NOT solved AND {passed}"

    def unprocessed(self, rule: Rule) -> str:
        passed = self._passed("created", rule.keys["after"], rule)
        return f"created IS NOT NULL AND tried IS NULL AND NOT closed AND {passed}"

    def slow(self, rule: Rule) -> str:
        mark = "_w" if rule.clock == "working" else ""
        late = f"tried{mark} - given{mark} > {self._us(rule.keys['after'], rule.clock)}"
        return f"tried IS NOT NULL AND {late} AND NOT {self._passed('tried', rule.keys['lasts'], rule)}"

    def task_due(self, rule: Rule) -> str:
        late = [self._passed("due", one.keys["after"], one) for one in self._law.watching("task.overdue")]
        near = self._near("due", rule.keys["before"], rule)
        return " AND ".join(["due IS NOT NULL AND NOT done", near, *(f"NOT {one}" for one in late)])

    def task_overdue(self, rule: Rule) -> str:
        return f"due IS NOT NULL AND NOT done AND {self._held('due', rule.keys['after'], 'assigned', rule)}"


def _nth(column: str, count: Any) -> str:
    """When something happened for that time, of instants that are listed."""
    return f"TRY_CAST(string_split({column}, ' ')[{count}] AS BIGINT)"


class Kind(NamedTuple):
    """A kind of rule: its condition, and the instant that it runs from."""

    holds: Callable[[Conditions, Rule], str]
    basis: str


NTH = "greatest(opened, {})"

TABLES: Mapping[str, Mapping[str, Kind]] = {
    "Customer": {
        "contact.due": Kind(Conditions.due, "planned"),
        "contact.overdue": Kind(Conditions.overdue, "planned"),
        "contact.interval_exceeded": Kind(Conditions.silent, "silent"),
    },
    "Opportunity": {
        "opp.stalled": Kind(Conditions.stalled, "since"),
        "opp.stage_changed": Kind(Conditions.moved, "move"),
        "opp.regressed": Kind(Conditions.moved, "move"),
        "opp.ping_pong": Kind(Conditions.backs, NTH.format(_nth("backs", "{count}"))),
        "opp.close_date_pushed": Kind(Conditions.pushed, NTH.format(_nth("pushes", "{count}"))),
        "opp.close_date_passed": Kind(Conditions.closing, "greatest(opened, close_since)"),
        "opp.no_next_step": Kind(Conditions.bare, "bare"),
        "dq.missing_field": Kind(Conditions.missing, "ended"),
        "dq.suspicious_moves": Kind(Conditions.moved, "move"),
    },
    "Invoice": {
        "payment.overdue": Kind(Conditions.owed, "owed_since"),
        "payment.bad_debt": Kind(Conditions.lost, "lost"),
    },
    "Ticket": {
        "ticket.response_breach": Kind(Conditions.unanswered, "opened"),
        "ticket.resolution_breach": Kind(Conditions.unresolved, "since"),
        "ticket.warning": Kind(Conditions.warning, "since"),
        "complaint.unresolved": Kind(Conditions.complaint, "since"),
    },
    "Lead": {
        "lead.unprocessed": Kind(Conditions.unprocessed, "created"),
        "lead.slow_response": Kind(Conditions.slow, "tried"),
    },
    "Task": {
        "task.due": Kind(Conditions.task_due, "assigned"),
        "task.overdue": Kind(Conditions.task_overdue, "assigned"),
    },
}
"""The kinds of rules by the table of the subjects that they are about."""
