"""The whole house and what it tells recipients, drawn in days of March 2026 in UTC: the 2nd is a Monday."""

from __future__ import annotations

from typing import Any

import msgspec

from streams.events.instants import to_us
from streams.events.outputs import DigestRecord
from streams.policy import Policy
from tests.unit.core.kit import HOUR, Record, parsed, policy, us
from tests.unit.core.works import Works

OFF = {"enabled": False}
QUIET = {"contact.due": OFF, "contact.interval_exceeded": OFF, "opp.stalled": OFF}
OFFICE = {"workdays": ["mon", "tue", "wed", "thu", "fri"], "hours": "09:00-17:00"}


def rules(*, overdue: dict[str, Any] | None = None, alerts: dict[str, Any] | None = None, **sections: Any) -> Policy:
    """A planned contact is overdue a day after; of the other rules all are off but those given."""
    return policy(alerts=QUIET | {"contact.overdue": overdue or {}} | (alerts or {}), **sections)


class House:
    """Told events, and the time; answers the digests that this causes."""

    def __init__(self, policy: Policy | None = None, partitions: int = 3) -> None:
        self.works = Works(policy or rules(), partitions)
        self._seen = 0

    def tell(self, *lines: bytes) -> None:
        self.works.tell(lines)

    def tick(self, when: str) -> list[Record]:
        """Time comes to an instant; the digests made by then."""
        self.works.tick(us(when))
        return self.digests()

    def to(self, first: int, last: int, times: tuple[str, ...] = ("00:00", "09:00", "12:00")) -> list[Record]:
        """Day after day, at each of some times; the digests made by then."""
        for day in range(first, last + 1):
            for time in times:
                self.works.tick(us(f"{day:02d} {time}"))
        return self.digests()

    def live(self, lines: list[bytes], first: int, last: int) -> list[Record]:
        """The same each half hour, and events as they happen."""
        waiting = sorted(lines, key=lambda line: to_us(parsed(line).time))
        for half in range(us(f"{first:02d}"), us(f"{last + 1:02d}"), HOUR // 2):
            while waiting and to_us(parsed(waiting[0]).time) <= half:
                self.tell(waiting.pop(0))
            self.works.tick(half)
        return self.digests()

    def digests(self) -> list[Record]:
        """The digests since the last time, in order of time and recipient."""
        made = [
            send.value
            for seat in self.works.employees
            for flush in seat.flushes
            for send in flush
            if send.topic == "alerts.digest" and isinstance(send.value, dict)
        ]
        for record in made:
            assert msgspec.json.decode(msgspec.json.encode(record), type=DigestRecord).policy_version
        made.sort(key=lambda record: (record["notify_at"], record["recipient"]))
        fresh, self._seen = made[self._seen :], len(made)
        return fresh


def short(digest: Record) -> str:
    """`02 09:00 ann: new overdue c2, overdue c3; resolved overdue c1`."""
    when = digest["notify_at"][8:16].replace("T", " ")
    standing = [
        " ".join(
            part
            for part in (
                alert["news"],
                _flaps(alert),
                "(ack)" if alert["status"] == "acknowledged" else None,
                group["rule"].partition(".")[2],
                alert["opportunity_id"] or alert["customer_id"],
            )
            if part
        )
        for group in digest["standing"]
        for alert in group["alerts"]
    ]
    over = [
        " ".join(
            part
            for part in (
                one["reason"],
                _flaps(one),
                one["rule"].partition(".")[2],
                one["opportunity_id"] or one["customer_id"],
            )
            if part
        )
        for one in digest["over"]
    ]
    return f"{when} {digest['recipient']}: {', '.join(standing)}" + (f"; {', '.join(over)}" if over else "")


def _flaps(alert: Record) -> str | None:
    return f"x{alert['flapping']}" if alert["flapping"] else None
