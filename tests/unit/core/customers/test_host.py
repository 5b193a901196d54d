"""How much is said in one record."""

from __future__ import annotations

import pytest

from streams.core.customers import host
from streams.core.customers.host import parts


def test_items_go_into_parts_in_order_and_a_large_one_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "PART", 10)
    assert list(parts(["abc", "def", "gh", "x" * 50, "i"])) == [["abc", "def"], ["gh"], ["x" * 50], ["i"]]
    assert list(parts([])) == []
