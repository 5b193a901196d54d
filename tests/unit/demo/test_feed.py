from datetime import timedelta
from itertools import islice

import pytest

from streams.demo.feed import Ahead, Feed, Pace, organisation, spoilt
from streams.events import Event, Reason, Rejected, decode, encode
from streams.settings import Settings
from streams.simulate import simulate
from streams.simulate.hours import DAY

SCALE = organisation(1)


def test_events_are_taken_as_far_as_an_instant_and_none_is_lost() -> None:
    expected = list(islice(simulate(SCALE), 5_000))
    ahead = Ahead(simulate(SCALE))
    taken: list[Event] = []
    instant = SCALE.start - timedelta(days=1)
    while len(taken) < len(expected):
        instant += timedelta(hours=7)
        batch = list(ahead.until(instant))
        assert all(instant - timedelta(hours=7) < event.time <= instant for event in batch) or not taken
        taken += batch

    assert taken[: len(expected)] == expected


def test_the_instant_itself_belongs_to_it() -> None:
    opening = list(Ahead(simulate(SCALE)).until(SCALE.start))

    assert len(opening) > SCALE.customers + SCALE.employees
    assert {event.time for event in opening} == {SCALE.start}


def test_every_spoilt_event_is_refused_and_in_more_ways_than_one() -> None:
    line = encode(next(simulate(SCALE)))
    reasons = set()
    for number in range(1, 40):
        judged = decode(spoilt(line, number))
        if isinstance(judged, Rejected):
            reasons.add(judged.reason)
        else:  # of a currency that the policy has no rate for, which only intake knows
            reasons.add(Reason.no_rate)

    assert len(reasons) >= 4


@pytest.mark.parametrize(("days", "live"), [(0, False), (19.9, False), (20, True)])
def test_it_is_live_when_the_history_has_been_told(days: float, live: bool) -> None:
    feed = Feed(Settings.from_env({}), SCALE, Pace(history=20, a_second=0.5, leash=5), lambda: None)
    feed.at = feed.start + int(days * DAY)

    assert feed.live is live
    assert feed.speed == 86_400 / 2
