"""What ticks say of how much topics hold."""

from aiokafka import TopicPartition

from streams.intake.cascade import Layer, Tick
from streams.intake.holdings import Holdings

ENDS = {TopicPartition("x.crm.leads", 0): 3, TopicPartition("x.crm.leads", 1): 4, TopicPartition("x.crm.tasks", 0): 0}


def test_the_inbox_is_told_once_what_was_seen_at_the_instant_of_a_tick() -> None:
    holdings = Holdings(lambda full: full.removeprefix("x."))
    holdings.sampled(5, ENDS)
    holdings.sampled(6, {TopicPartition("x.crm.leads", 0): 9})
    assert holdings.told_with(Tick(Layer.FACTS, 5, False)) == {}
    assert holdings.told_with(Tick(Layer.INBOX, 5, False)) == {"crm.leads": 7, "crm.tasks": 0}
    assert holdings.told_with(Tick(Layer.INBOX, 5, True)) == {}
    assert holdings.told_with(Tick(Layer.INBOX, 6, False)) == {"crm.leads": 9}


def test_what_was_seen_at_an_instant_that_was_never_told_is_forgotten() -> None:
    holdings = Holdings(lambda full: full)
    holdings.sampled(5, ENDS)
    holdings.sampled(6, ENDS)
    assert holdings.told_with(Tick(Layer.INBOX, 6, False)) != {}
    assert holdings.told_with(Tick(Layer.INBOX, 5, False)) == {}
