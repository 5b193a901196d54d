"""Who gets which partition: fair in every topic, and no move that fairness does not ask for."""

from collections import Counter

from aiokafka.cluster import ClusterMetadata
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.structs import PartitionMetadata
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.assignor import Partitions, assignor, share

TOPICS = {"inbox": 8, "facts": 8, "rollup": 1}
ALL = {(topic, n) for topic, count in TOPICS.items() for n in range(count)}

members = st.dictionaries(st.sampled_from("abcde"), st.sets(st.sampled_from(sorted(ALL))), min_size=1)


@given(members)
def test_every_partition_has_one_owner_and_each_topic_is_shared_fairly(owned: dict[str, Partitions]) -> None:
    given = share(TOPICS, owned)
    assert Counter(tp for mine in given.values() for tp in mine) == Counter(ALL)
    for topic in TOPICS:
        counts = [sum(t == topic for t, _ in mine) for mine in given.values()]
        assert max(counts) - min(counts) <= 1


@given(members)
def test_what_was_shared_out_stays_as_it_is(owned: dict[str, Partitions]) -> None:
    given = share(TOPICS, owned)
    assert share(TOPICS, given) == given


@given(members)
def test_when_one_leaves_the_others_keep_what_they_have(owned: dict[str, Partitions]) -> None:
    before = share(TOPICS, owned)
    if len(before) > 1:
        before.pop(min(before))
        after = share(TOPICS, before)
        assert all(before[member] <= after[member] for member in before)


def test_a_newcomer_takes_half_and_the_first_keeps_the_other_half() -> None:
    given = share(TOPICS, {"new": set(), "old": ALL})
    assert Counter(topic for topic, _ in given["old"]) == {"inbox": 4, "facts": 4, "rollup": 1}
    assert Counter(topic for topic, _ in given["new"]) == {"inbox": 4, "facts": 4}


def test_more_members_than_partitions_leaves_some_without() -> None:
    given = share({"rollup": 1}, {"a": set(), "b": set()})
    assert sorted(map(len, given.values())) == [0, 1]


def test_members_tell_the_leader_what_they_have() -> None:
    cluster = ClusterMetadata()
    cluster._partitions = {"inbox": {n: PartitionMetadata("inbox", n, 0, [], [], None) for n in range(4)}}
    mine, other = assignor(), assignor()
    first = mine.assign(cluster, {"m": mine.metadata(["inbox"])})["m"]
    mine.on_assignment(first)
    assert other.owned == []
    both = other.assign(cluster, {"m": mine.metadata(["inbox"]), "a": other.metadata(["inbox"])})
    kept = {partition for _, partitions in both["m"].assignment for partition in partitions}
    assert kept == {0, 1}


def test_a_member_that_says_it_otherwise_has_nothing() -> None:
    cluster = ClusterMetadata()
    cluster._partitions = {"inbox": {0: PartitionMetadata("inbox", 0, 0, [], [], None)}}
    foreign = ConsumerProtocolMemberMetadata(0, ["inbox"], b"\x00\x01")
    assert assignor().assign(cluster, {"m": foreign})["m"].partitions()
