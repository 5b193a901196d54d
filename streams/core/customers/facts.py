"""What the next stage is told of employees at a flush, each beside the state record that it follows from."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from streams.core.customers import storage
from streams.core.formats import tagged
from streams.core.ledger import Ledger
from streams.core.organisation import Organisation
from streams.core.records import Contribution, Goal, Profile, key_of, packed
from streams.core.stage import Send
from streams.core.targets import Targets


class Facts:
    """The facts of partition `origin` as of an inbox offset and an instant (us), and the states."""

    def __init__(self, origin: int, offset: int, now: int) -> None:
        self._origin, self._offset, self._now = origin, offset, now
        self.states: list[tuple[bytes, bytes | None]] = []
        self.sends: list[Send] = []

    def of_organisation(self, organisation: Organisation, profiles: Iterable[str], targets: Targets) -> None:
        """What was learned of people: to be stored, told of those whose `profiles` this partition has, and targets."""
        for employee, record in organisation.take_dirty():
            self.states.append((key_of("employee", employee), record))
        for employee in sorted(profiles):
            self._tell(employee, "profile", Profile(self._offset, self._now, organisation.record(employee)))
        for key, target, kept in targets.take_dirty():
            self.states.append((key_of("target", *key), kept))
            bucket = f"target {key.period} {key.level} {key.kpi}"
            self._tell(key.scope_id, bucket, Goal(self._offset, self._now, str(target)))

    def of_ledger(self, ledger: Ledger, kind: str, prefix: str, clock: int) -> None:
        """The buckets of a ledger that changed: as state records of a kind, and as facts under a prefix."""
        changed, dropped = ledger.settle(clock)
        for place in sorted(changed):
            measures = packed(ledger.totals[place.employee][place.bucket])
            self.states.append((key_of(kind, *place), storage.write_measures(measures)))
            self._tell(place.employee, prefix + place.bucket, Contribution(self._offset, self._now, measures))
        for place in sorted(dropped):
            self.states.append((key_of(kind, *place), None))
            key = key_of(place.employee, prefix + place.bucket, self._origin)
            self.sends.append(Send("streams.facts", key, None, place.employee))

    def _tell(self, employee: str, bucket: str, content: msgspec.Struct) -> None:
        key = key_of(employee, bucket, self._origin)
        self.sends.append(Send("streams.facts", key, tagged(content), employee))
