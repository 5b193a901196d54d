"""Timelines: what is committed moves to the right, ticks follow."""

from aiokafka import TopicPartition

from streams.intake.cascade import HOPS, Cascade, Gate, Layer, Mark, Offsets, Tick

CRM = TopicPartition("crm.contacts", 0)
IN = [TopicPartition("streams.inbox", 0), TopicPartition("streams.inbox", 1)]
FACT = [TopicPartition("streams.facts", 0), TopicPartition("streams.facts", 1)]
ROLL = [TopicPartition("streams.rollup", 0)]
BEHIND = {Layer.INBOX: IN, Layer.FACTS: FACT, Layer.ROLLUP: ROLL}


class Streams:
    """A cascade with the topics it ticks into: every tick is one record."""

    def __init__(self, until: int | None = None) -> None:
        self.cascade = Cascade(until)
        self.committed: dict[TopicPartition, int] = {}
        self.ends: dict[TopicPartition, int] = {CRM: 0}
        self.ticks: list[Tick] = []

    def look(self, now: int = 0) -> list[Tick]:
        """One look of the ticker; the ticks it writes."""
        if (at := self.cascade.sample(now)) is not None:
            self.cascade.sampled(at, {CRM: self.ends[CRM]})
        seen = len(self.ticks)
        for tick in self.cascade.due(self.committed):
            offsets = {tp: self.ends.get(tp, 0) + 1 for tp in BEHIND[tick.layer]}
            self.ends |= offsets
            self.cascade.written(tick, offsets)
            self.ticks.append(tick)
        return self.ticks[seen:]

    def handled(self, partitions: list[TopicPartition]) -> None:
        """A stage commits all that its partitions hold."""
        self.committed |= {tp: self.ends[tp] for tp in partitions}


def test_a_tick_waits_until_everything_read_before_it_is_in_the_inbox() -> None:
    streams = Streams()
    streams.ends[CRM] = 10

    assert streams.look(now=100) == []
    streams.committed[CRM] = 9
    assert streams.look(now=200) == []
    streams.committed[CRM] = 10
    assert streams.look(now=300) == [Tick(Layer.INBOX, 100, False)]


def test_events_that_came_after_the_sample_do_not_hold_the_tick_back() -> None:
    streams = Streams()
    streams.ends[CRM] = 10
    streams.look(now=100)
    streams.ends[CRM] = 1_000
    streams.committed[CRM] = 10

    assert streams.look(now=200) == [Tick(Layer.INBOX, 100, False)]
    assert streams.look(now=300) == []


def test_with_nothing_to_read_time_moves_at_once() -> None:
    assert Streams().look(now=5) == [Tick(Layer.INBOX, 5, False)]


def test_a_tick_goes_down_stage_by_stage_as_each_has_handled_it() -> None:
    streams = Streams()
    streams.look(now=1)
    streams.committed[IN[0]] = 1
    assert Tick(Layer.FACTS, 1, False) not in streams.look(now=2)

    streams.handled(IN)
    assert Tick(Layer.FACTS, 2, False) in streams.look(now=3)
    streams.handled(FACT)
    assert Tick(Layer.ROLLUP, 2, False) in streams.look(now=4)


def test_a_partition_that_stands_still_holds_the_next_stage_back_but_not_the_other_partitions() -> None:
    streams = Streams()
    for now in range(1, 50):
        streams.look(now)
        streams.committed[IN[0]] = streams.ends[IN[0]]
    assert [tick.layer for tick in streams.ticks] == [Layer.INBOX] * 49

    streams.handled(IN)
    assert streams.look(now=50) == [Tick(Layer.FACTS, 49, False), Tick(Layer.INBOX, 50, False)]


def test_a_clock_that_went_back_ticks_again_when_it_has_caught_up() -> None:
    streams = Streams()
    streams.look(now=100)
    assert streams.look(now=90) == []
    assert streams.look(now=100) == []
    assert streams.look(now=101) == [Tick(Layer.INBOX, 101, False)]


def test_until_is_ticked_once_everything_is_drained_into_the_inbox_for_each_hop_and_then_ends() -> None:
    streams = Streams(until=77)
    streams.ends[CRM] = 3
    assert streams.look(now=1) == []
    streams.committed[CRM] = 3
    assert streams.look(now=2) == [Tick(Layer.INBOX, 77, False)]
    assert streams.look(now=3) == []
    for _ in range(HOPS - 1):
        streams.handled(IN)
        assert streams.look(now=4) == [Tick(Layer.INBOX, 77, False)]
    streams.handled(IN)
    assert streams.look(now=4) == [Tick(Layer.INBOX, 77, True)]
    streams.handled(IN)
    assert streams.look(now=5) == [Tick(Layer.FACTS, 77, True)]
    streams.handled(FACT)
    assert streams.look(now=6) == [Tick(Layer.ROLLUP, 77, True)]
    assert not streams.cascade.finished
    streams.handled(ROLL)
    assert streams.look(now=7) == []
    assert streams.cascade.finished
    assert streams.look(now=8) == []


def test_what_earlier_runs_committed_does_not_let_a_new_tick_pass() -> None:
    streams = Streams(until=77)
    streams.ends |= dict.fromkeys([*IN, *FACT, *ROLL], 40)
    streams.handled([*IN, *FACT, *ROLL])

    assert streams.look() == [Tick(Layer.INBOX, 77, False)]
    assert streams.look() == []


def test_only_partitions_that_are_waited_for_are_asked_about() -> None:
    streams = Streams()
    streams.ends[CRM] = 1
    streams.look(now=1)
    assert streams.cascade.waiting() == {CRM}
    streams.committed[CRM] = 1
    streams.look(now=2)
    assert streams.cascade.waiting() == set(IN)


def test_a_gate_gives_the_newest_mark_that_passed_and_holds_two_at_most() -> None:
    def mark(at: int) -> Mark:
        return Mark(at, False, {CRM: at})

    def committed(offset: int) -> Offsets:
        return {CRM: offset}

    gate = Gate()
    assert gate.take(committed(9)) is None
    for at in (1, 2, 3):
        gate.put(mark(at))
    assert gate.take(committed(0)) is None
    assert gate.take(committed(2)) == mark(1)
    assert gate.take(committed(2)) is None
    assert gate.take(committed(3)) == mark(3)
    assert gate.waiting is None
    gate.put(mark(4))
    gate.put(mark(5))
    assert gate.take(committed(5)) == mark(5)
    assert gate.take(committed(5)) is None
