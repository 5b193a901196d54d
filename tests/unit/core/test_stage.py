"""The partitioner: no release may ever move a subject."""

from __future__ import annotations

import pytest

from streams.core.stage import partition_of


@pytest.mark.parametrize(
    ("subject", "partition"), [("", 0), ("cus-0042", 1), ("emp-007", 0), ("中国-客户", 2), ("é", 6), ("e\u0301", 5)]
)
def test_a_subject_stays_where_it_is_for_good(subject: str, partition: int) -> None:
    assert partition_of(subject, 8) == partition


def test_every_partition_gets_its_share() -> None:
    shares = [0] * 8
    for number in range(8_000):
        shares[partition_of(f"cus-{number:06d}", 8)] += 1
    assert min(shares) > 900
    assert partition_of("anything", 1) == 0
