"""What the next stage is told of employees at a flush, each beside the state record that it follows from."""

from __future__ import annotations

from collections.abc import Container, Iterable

import msgspec

from streams.core.customers import storage
from streams.core.customers.cascading import KIND, Cascade
from streams.core.formats import tagged
from streams.core.ledger import Ledger, Measures, Place
from streams.core.organisation import Organisation
from streams.core.records import Contribution, Goal, Profile, key_of, packed
from streams.core.stage import Send
from streams.core.targets import EMPLOYEE, Targets


class Facts:
    """The facts of partition `origin` as of an inbox offset and an instant (us), and the states. Of those who are
    `erased` there are none: in their place the former ones are deleted."""

    def __init__(self, origin: int, offset: int, now: int, erased: Container[str]) -> None:
        self._origin, self._offset, self._now, self._erased = origin, offset, now, erased
        self.states: list[tuple[bytes, bytes | None]] = []
        self.sends: list[Send] = []

    def of_organisation(self, organisation: Organisation, profiles: Iterable[str]) -> None:
        """What was learned of people: to be stored, and told of those whose `profiles` this partition has."""
        for employee, record in organisation.take_dirty():
            self.states.append((key_of("employee", employee), record))
        for employee in sorted(profiles):
            if employee in self._erased:
                self._delete(employee, "profile")
            else:
                self._tell(employee, "profile", Profile(self._offset, self._now, organisation.record(employee)))

    def of_targets(self, targets: Targets, cascade: Cascade) -> None:
        """The targets that changed: those of employees as they were set, those of others as what they come to."""
        for key in targets.take_gone():
            self.states.append((key_of("target", *key), None))
            if cascade.is_home(key.scope_id):
                self._delete(key.scope_id, f"target {key.period} {key.level} {key.kpi}")
        for key, target, kept in targets.take_dirty():
            self.states.append((key_of("target", *key), kept))
            if key.scope != EMPLOYEE or not cascade.is_home(key.scope_id):
                continue
            bucket = f"target {key.period} {key.level} {key.kpi}"
            self._tell(key.scope_id, bucket, Goal(self._offset, self._now, str(target)))
        self.states += cascade.take_reached()
        for (name, fact), measures, state in cascade.settle():
            self.states.append((key_of(KIND, name, fact), state))
            self._tell(name, fact, Contribution(self._offset, self._now, measures))

    def of_ledger(self, ledger: Ledger, kind: str, prefix: str, clock: int) -> tuple[set[Place], set[Place]]:
        """The buckets of a ledger that changed: as state records of a kind, and as facts under a prefix. Answers them,
        and those that are out of reach, as `Ledger.settle` does."""
        changed, dropped = ledger.settle(clock)
        for place in sorted(changed):
            measures = ledger.totals[place.employee][place.bucket]
            self.states.append((key_of(kind, *place), storage.write_measures(packed(measures))))
            self.contribute(place.employee, prefix + place.bucket, measures)
        for place in sorted(dropped):
            self.states.append((key_of(kind, *place), None))
            self.contribute(place.employee, prefix + place.bucket, None)
        return changed, dropped

    def contribute(self, employee: str, bucket: str, measures: Measures | None) -> None:
        """All that this partition adds to a bucket; None for one that is out of reach."""
        if measures is None:
            self._delete(employee, bucket)
        else:
            self._tell(employee, bucket, Contribution(self._offset, self._now, packed(measures)))

    def _tell(self, employee: str, bucket: str, content: msgspec.Struct) -> None:
        if employee in self._erased:
            self._delete(employee, bucket)
            return
        key = key_of(employee, bucket, self._origin)
        self.sends.append(Send("streams.facts", key, tagged(content), employee))

    def _delete(self, employee: str, bucket: str) -> None:
        self.sends.append(Send("streams.facts", key_of(employee, bucket, self._origin), None, employee))
