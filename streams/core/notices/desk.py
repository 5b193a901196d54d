"""What the recipients of one facts partition are to be told, and when.

Everything is decided at ticks, as every fact that they are later than is known by then: so a digest depends neither on
how facts are batched nor on when they are written. A recipient without anything to be told costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush

import msgspec

from streams.core.formats import reader, tagged
from streams.core.history import END
from streams.core.notices.digest import Entry, contents, mark, record
from streams.core.notices.facts import AWAY, NOTICE, RESOLVED, Away, Notice, away_key, read_effaced
from streams.core.notices.hours import Hours
from streams.core.records import key_of, parts_of
from streams.core.stage import Send
from streams.policy import Policy
from streams.policy.zone import DAY

KEPT = 7 * DAY
"""So long a version is known of what is over: only an inbox that is read anew has older facts, and none is longer."""
LAST = "digest"
"""The first of the two parts of the key of a recipient's last digest in the state topic."""
State = tuple[bytes, bytes | None]


class _Last(msgspec.Struct, array_like=True):
    """When the last digest was to be told, and whom it names; former releases did not keep that."""

    at: int
    named: list[str] = []


_read_notice, _read_away = reader(Notice), reader(Away)
_read_entry, _read_last = reader(Entry), reader(_Last)


class Recipient:
    """Somebody, or a name such as `high_risk`, and the alerts of which it hears, by the key of their facts."""

    __slots__ = ("away", "entries", "last", "name", "named", "wake")

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: dict[bytes, Entry] = {}
        self.away: dict[int, Away] = {}
        self.last: int | None = None
        """When the last digest was to be told."""
        self.named: set[str] = set()
        """The customers and employees that it names."""
        self.wake = END
        """No digest is due before; `END`: there is nothing to say."""

    @property
    def absences(self) -> list[tuple[int, int]]:
        """Every absence, as all origins know them."""
        return [absence for away in self.away.values() for absence in away.absences]

    @property
    def waits(self) -> bool:
        """Whether there may be something to tell later on: of what is over too, as it may flap."""
        return any(entry.notice is not None for entry in self.entries.values())


class Desk:
    """The recipients of one partition. Instants in microseconds."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._hours = policy, Hours(policy)
        self._recipients: dict[str, Recipient] = {}
        self._queue: list[tuple[int, str]] = []
        self._states: dict[bytes, bytes | None] = {}
        self._sends: list[Send] = []

    def adopt(self, policy: Policy, clock: int) -> None:
        """Tell people by another policy from now on."""
        self._policy, self._hours = policy, Hours(policy)
        self._rearm(clock)

    def take(self, key: bytes, value: bytes, clock: int) -> bool:
        """Take a fact, if it is one of this desk's; says so. One that is older than what is known changes nothing."""
        name, kind, origin = parts_of(key)
        kind, _, id = str(kind).partition(" ")
        if kind == AWAY:
            away, known = _read_away(value), self._recipient(str(name)).away
            if int(origin) not in known or away.version >= known[int(origin)].version:
                known[int(origin)] = away
                self._states[key] = value
        elif kind == NOTICE:
            self._note(self._recipient(str(name)), key, id, _read_notice(value), clock)
        return kind in (AWAY, NOTICE)

    def gone(self, key: bytes, clock: int) -> None:
        """A fact was deleted, long after it said that an alert is over; where that was deleted unread, it is now."""
        who = self._recipients.get(str(parts_of(key)[0]))
        entry = None if who is None else who.entries.get(key)
        if entry is not None and entry.notice is not None and entry.over is None:
            entry.notice = msgspec.structs.replace(entry.notice, status=RESOLVED)
            entry.over = clock
            self._states[key] = tagged(entry)

    def _note(self, who: Recipient, key: bytes, id: str, notice: Notice, clock: int) -> None:
        entry = who.entries.get(key)
        if entry is None:
            entry = who.entries[key] = Entry(id, notice.version, notice)
        elif notice.version < entry.version:
            return
        entry.version, entry.notice = notice.version, notice
        entry.over = None if notice.stands else clock
        self._states[key] = tagged(entry)
        if who.wake == END:
            self._arm(who, clock)

    def tick(self, before: int, now: int) -> None:
        """Time has come from one instant to another: tell what is to be told, of several digests the last."""
        while self._queue and self._queue[0][0] <= now:
            wake, name = heappop(self._queue)
            who = self._recipients.get(name)
            if who is None or who.wake != wake:
                continue
            if self._policy.notices.digest:
                self._tell(who, before, now)
            who.wake = END
            if who.waits:
                self._arm(who, now)
        if self._policy.zone.day(before) != self._policy.zone.day(now):
            self.forget(now)

    def _tell(self, who: Recipient, before: int, now: int) -> None:
        absences = who.absences
        at = self._hours.last(before, now, absences)
        if at is None:
            return
        told = contents(who.entries.values(), at, absences, self._hours, self._policy)
        if not told.worth_telling:
            return
        digest = record(who.name, told, at, who.last, self._policy.version)
        self._sends.append(Send("alerts.digest", who.name.encode(), digest))
        listed = told.listed()
        changed = {id(entry) for entry in mark(listed, at, self._hours.slot(at))}
        for key, entry in who.entries.items():
            if id(entry) in changed:
                self._states[key] = tagged(entry)
        who.last = at
        notices = [item.notice for item in (*listed.standing, *listed.over)]
        who.named = {name for one in notices for name in (one.customer, one.employee) if name and name != who.name}
        self._states[key_of(LAST, who.name)] = tagged((at, sorted(who.named)))

    def efface(self, value: bytes, clock: int) -> None:
        """Forget alerts, as `write_effaced` has them, and delete the digests that name the customer."""
        gone = read_effaced(value)
        ids, subject = set(gone.alerts), gone.subject
        self._blank(lambda id, notice: id in ids or notice.customer == subject is not None, gone.customer, clock)

    def depart(self, employee: str, clock: int) -> None:
        """Forget somebody who was erased: what it heard, and what others heard of it."""
        who = self._recipients.pop(employee, None)
        if who is not None:
            keys = [*who.entries, *(away_key(employee, origin) for origin in who.away), key_of(LAST, employee)]
            self._states |= dict.fromkeys(keys)
            if who.last is not None:
                self._sends.append(Send("alerts.digest", employee.encode(), None))
        self._blank(lambda _, notice: notice.employee == employee, employee, clock)

    def _blank(self, chosen: Callable[[str, Notice], bool], named: str | None, clock: int) -> None:
        """Forget the alerts that are chosen, and delete the digests that name somebody."""
        for who in self._recipients.values():
            for key, entry in who.entries.items():
                if entry.notice is not None and chosen(entry.id, entry.notice):
                    entry.notice, entry.told = None, None
                    entry.over = clock if entry.over is None else entry.over
                    self._states[key] = tagged(entry)
            if named in who.named and who.last is not None:
                who.named.clear()
                self._states[key_of(LAST, who.name)] = tagged((who.last, []))
                self._sends.append(Send("alerts.digest", who.name.encode(), None))

    def forget(self, now: int) -> None:
        """Let go of what has been over for long: first of what it was, when no older fact can come, altogether."""
        off = not self._policy.notices.digest
        for who in self._recipients.values():
            latest = _latest(who)
            for key, entry in list(who.entries.items()):
                if entry.over is None or (entry.told is not None and not off):
                    continue
                if entry.notice is None and entry.over + KEPT <= now:
                    del who.entries[key]
                    self._states[key] = None
                elif entry.notice is not None:
                    since = max(entry.over, latest.get(entry.episode, 0))
                    if since + self._policy.notices.flap.within.us <= now:
                        entry.notice = None
                        self._states[key] = tagged(entry)

    def absences(self, name: str) -> list[tuple[int, int]]:
        """Every absence of somebody that is known: from the first instant to before the second."""
        who = self._recipients.get(name)
        return [] if who is None else who.absences

    def _recipient(self, name: str) -> Recipient:
        who = self._recipients.get(name)
        if who is None:
            who = self._recipients[name] = Recipient(name)
        return who

    def _arm(self, who: Recipient, clock: int) -> None:
        who.wake = self._hours.next(clock, who.absences)
        heappush(self._queue, (who.wake, who.name))

    def _rearm(self, clock: int) -> None:
        """Queue everybody anew."""
        for who in self._recipients.values():
            who.wake = self._hours.next(clock, who.absences) if who.waits else END
        self._queue = [(who.wake, who.name) for who in self._recipients.values() if who.wake != END]
        heapify(self._queue)

    def pending(self) -> int:
        """How many things a flush would write."""
        return len(self._states) + len(self._sends)

    def take_changes(self) -> tuple[dict[bytes, bytes | None], list[Send]]:
        """The state records and digests since the last time."""
        states, sends = self._states, self._sends
        self._states, self._sends = {}, []
        return states, sends

    def restore(self, key: bytes, value: bytes) -> bool:
        """Take one record of the state topic, if it is one of this desk's; says so."""
        name, *rest = parts_of(key)
        if len(rest) == 1:
            if name == LAST:
                who, last = self._recipient(str(rest[0])), _read_last(value)
                who.last, who.named = last.at, set(last.named)
            return name == LAST
        kind = str(rest[0]).partition(" ")[0] if rest else ""
        if kind == AWAY:
            self._recipient(str(name)).away[int(rest[1])] = _read_away(value)
        elif kind == NOTICE:
            self._recipient(str(name)).entries[key] = _read_entry(value)
        return kind in (AWAY, NOTICE)

    def __len__(self) -> int:
        """How many alerts stand for recipients."""
        return sum(entry.over is None for who in self._recipients.values() for entry in who.entries.values())


def _latest(who: Recipient) -> dict[tuple[str, str] | None, int]:
    """When an episode of a rule and subject fired or ended last: none is let go of while a run of them goes on."""
    found: dict[tuple[str, str] | None, int] = {}
    for entry in who.entries.values():
        if (notice := entry.notice) is not None:
            episode = entry.episode
            found[episode] = max(found.get(episode, 0), notice.fired, notice.ended or 0)
    return found
