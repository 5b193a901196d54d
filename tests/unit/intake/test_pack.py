import json

from hypothesis import given
from hypothesis import strategies as st

from streams.intake.pack import COUNT, LIMIT, Packed, Packer, head

KIND = b"events"


def item(offset: int, event: bytes = b"{}") -> bytes:
    return head("crm.contacts", 3) + b"%d,%b]" % (offset, event)


def test_a_record_is_a_json_array_of_topic_partition_offset_and_the_event_as_it_was_produced() -> None:
    packer = Packer(KIND, 2)
    packer.add(1, item(7, b'{"amount": 1.50 ,"a":"\xc3\xa4"}'))
    packer.add(1, item(9))

    (record,) = packer.take()

    assert (record.partition, record.kind) == (1, KIND)
    assert record.value == b'[["crm.contacts",3,7,{"amount": 1.50 ,"a":"\xc3\xa4"}],["crm.contacts",3,9,{}]]'
    assert json.loads(record.value)[1] == ["crm.contacts", 3, 9, {}]


def test_nothing_added_is_no_record_and_what_was_taken_is_gone() -> None:
    packer = Packer(KIND, 2)
    assert packer.take() == []
    packer.add(0, item(1))
    assert len(packer.take()) == 1
    assert packer.take() == []


def test_a_record_ends_at_the_count_and_before_the_size() -> None:
    packer = Packer(KIND, 1, limit=1_000, count=3)
    for offset in range(4):
        packer.add(0, item(offset))
    assert [len(json.loads(record.value)) for record in packer.take()] == [3, 1]

    packer = Packer(KIND, 1, limit=2 * len(item(0)) + 3)
    for offset in range(5):
        packer.add(0, item(offset))
    records = packer.take()
    assert [len(json.loads(record.value)) for record in records] == [2, 2, 1]
    assert len(records[0].value) == 2 * len(item(0)) + 3


def test_an_event_above_the_limit_travels_alone() -> None:
    packer = Packer(KIND, 1)
    large = b'"%b"' % (b"x" * (LIMIT + 1))
    for offset, event in enumerate((b"{}", large, b"{}")):
        packer.add(0, item(offset, event))

    assert [json.loads(record.value)[0][2] for record in packer.take()] == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=200), st.integers(60, 900))
def test_every_event_arrives_once_in_its_partition_in_order_and_no_record_is_too_large(
    added: list[tuple[int, int]], limit: int
) -> None:
    packer = Packer(KIND, 4, limit=limit, count=10)
    for offset, (partition, size) in enumerate(added):
        packer.add(partition, item(offset, b'"%b"' % (b"x" * size)))

    records: list[Packed] = packer.take()

    for partition in range(4):
        arrived = [entry[2] for r in records if r.partition == partition for entry in json.loads(r.value)]
        assert arrived == [offset for offset, (where, _) in enumerate(added) if where == partition]
    for record in records:
        held = json.loads(record.value)
        assert len(held) <= 10
        assert len(record.value) <= limit or len(held) == 1


def test_a_full_record_fits_what_the_topics_take() -> None:
    assert COUNT > 100
    assert LIMIT == 512 * 1024
