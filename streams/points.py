"""Every step between reading a CRM record and committing what came of it, by name, so that a test can die at each.

`reach` stands at each of them and does nothing: only a test arms it, from outside. Points are passed once for a batch,
a flush or a step, never for an event, so all that they cost is a call that returns.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Self

STAGES: Final = ("customers", "employees", "company")
LAYERS: Final = ("inbox", "facts", "rollup")


class Point(StrEnum):
    """A step that was just made; `meaning` says how things stand then, `places` where in the system it is passed."""

    meaning: str
    places: tuple[str, ...]

    def __new__(cls, value: str, meaning: str, places: tuple[str, ...] = ("",)) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.meaning, member.places = value, meaning, places
        return member

    INTAKE_OPENED = "intake.opened", "the organisation is through, the other topics may flow"
    INTAKE_READ = "intake.read", "records of crm.* are read, nothing of them is sent"
    INTAKE_SENDING = "intake.sending", "one record is with the producer, more may follow"
    INTAKE_SENT = "intake.sent", "all records are with the producer, on the broker or not"
    INTAKE_ACKNOWLEDGED = "intake.acknowledged", "all is on the broker, no offset is committed"
    INTAKE_COMMITTED = "intake.committed", "the offsets are committed"
    INTAKE_REVOKED = "intake.revoked", "the group shares out anew, events are on their way"
    INTAKE_SETTLED = "intake.settled", "nothing is on its way, the partitions are handed over"
    INTAKE_ASSIGNED = "intake.assigned", "the new partitions are told, nothing of them is read"

    TICK_SAMPLED = "tick.sampled", "the ends of crm.* are read for an instant"
    TICK_DUE = "tick.due", "the instant has passed the layer before, no tick is sent", LAYERS
    TICK_SENDING = "tick.sending", "the tick is on its way to one partition, more may follow", LAYERS
    TICK_WRITTEN = "tick.written", "the tick is on the broker in every partition", LAYERS

    FLUSH_TAKEN = "flush.taken", "the changes are taken out of the state, no transaction is begun", STAGES
    FLUSH_BEGUN = "flush.begun", "a transaction is begun, nothing is sent", STAGES
    FLUSH_PLACE_SENT = "flush.place-sent", "one partition of an output is sent, more may follow", STAGES
    FLUSH_STATES_SENT = "flush.states-sent", "the states and the checkpoint are sent, outputs or not", STAGES
    FLUSH_ALL_SENT = "flush.all-sent", "outputs, states and checkpoint are sent, the offset is not", STAGES
    FLUSH_OFFSET_SENT = "flush.offset-sent", "the offset is in the transaction, which is not committed", STAGES
    FLUSH_COMMITTED = "flush.committed", "the transaction is committed, our own books do not say so yet", STAGES

    EMBEDDED_OUTPUTS_SENT = "embedded.outputs-sent", "without a transaction: outputs are sent, states are not"
    EMBEDDED_STATES_SENT = "embedded.states-sent", "likewise: states and checkpoint too, the offset is not committed"
    EMBEDDED_COMMITTED = "embedded.committed", "likewise: the offset too"

    LOAD_FENCED = "load.fenced", "the former owner of the partition is shut out, nothing is read", STAGES
    LOAD_READ = "load.read", "the state is read, and not restored", STAGES
    LOAD_RESTORED = "load.restored", "the state is restored, no input is read", STAGES

    REBALANCE_BEGUN = "rebalance.begun", "the group shares out anew, changes may be unwritten"
    REBALANCE_FLUSHED = "rebalance.flushed", "what was applied is written, nothing is handed over"
    REBALANCE_ASSIGNED = "rebalance.assigned", "the new partitions are told, the old ones are still held"
    REBALANCE_DROPPED = "rebalance.dropped", "what went is dropped, what came is not opened"
    REBALANCE_OPENED = "rebalance.opened", "what came is opened and being loaded"

    STOP_SETTLED = "stop.settled", "an orderly stop: intake has sent and committed what it read"
    STOP_BEGUN = "stop.begun", "the stages have stopped reading, changes may be unwritten"
    STOP_FLUSHED = "stop.flushed", "what was applied is written, the group is not left"
    STOP_LEFT = "stop.left", "the group is left, the partitions' producers are not closed"


Hook = Callable[[Point, str], None]

_hook: Hook | None = None


def reach(point: Point, place: str = "") -> None:
    """Say that a point is passed. Whatever an armed hook raises is raised here."""
    if _hook is not None:
        _hook(point, place)


def arm(hook: Hook | None) -> None:
    """For tests: call `hook` at every point from now on; None: no more."""
    global _hook
    _hook = hook
