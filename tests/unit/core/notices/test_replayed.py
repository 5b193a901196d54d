"""A replay leaves the last digest of each recipient in a file, however often it hands on what it has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.replay import Line, Outputs, Replay, run
from tests.unit.core.kit import contact, us
from tests.unit.core.notices.house import rules, short
from tests.unit.core.notices.test_digest import planned


@pytest.mark.parametrize("handed_on", [1, 3, 1000])
def test_a_replay_writes_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handed_on: int) -> None:
    monkeypatch.setattr(run, "SAY_EVENTS", handed_on)
    lines = [*planned("02", "01", "03"), *planned("02", "01", "04", of="d", who="bob"), contact("06", customer_id="x")]
    with Outputs(tmp_path) as outputs:
        replay = Replay(rules(), outputs.write, us("08 12:00"))
        assert len(list(replay.feed(Line(raw, "-", number) for number, raw in enumerate(lines)))) == len(lines)
        replay.finish()
    written = [json.loads(line) for line in (tmp_path / "digests.jsonl").read_text().splitlines()]
    assert [short(digest) for digest in written] == ["08 09:00 ann: new overdue c", "08 09:00 bob: new overdue d"]
