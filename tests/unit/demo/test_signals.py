"""A signal that comes while the demo starts, in code that swallows it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from streams import demo
from streams.demo import session
from streams.settings import Settings


@pytest.mark.parametrize("number", demo.SIGNALS)
def test_a_signal_that_a_library_swallowed_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    heard: list[bool] = []

    def swallowing(until: float | None, plain: bool, seed: int, console: Console, asked: Callable[[], bool]) -> int:
        heard.append(asked())
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        heard.append(asked())
        return 0

    monkeypatch.setattr(session, "demo", swallowing)
    before = [signal.getsignal(number) for number in demo.SIGNALS]
    assert demo.run(None, True, 1, Console(file=StringIO())) == 0
    assert heard == [False, True]
    assert [signal.getsignal(number) for number in demo.SIGNALS] == before


def test_a_session_that_was_asked_before_it_began_does_nothing(tmp_path: Path) -> None:
    nowhere = Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:1"})
    said = StringIO()
    one = session.Session(nowhere, tmp_path / "won.json", True, 1, Console(file=said))
    asyncio.run(asyncio.wait_for(one.run(None, lambda: True), 60))
    assert said.getvalue() == ""
    assert list(tmp_path.iterdir()) == []
