"""A crew: it ends with its members, hands signals on, and gives each what it must not share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from streams.crew import member, run_crew
from streams.settings import Settings

ENDS = [sys.executable, "-c", "import os, sys; sys.exit(int(os.environ['CODE']))"]
LISTENER = """
import os, signal, sys, threading
told = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"member %b ends\\n" % os.environb[b"NAME"]), os._exit(0)))
if os.environ.get("CODE"):
    sys.exit(int(os.environ["CODE"]))
print("member", os.environ["NAME"], "works", flush=True)
told.wait()
"""
CREW = f"""
import sys
from streams.crew import run_crew
sys.exit(run_crew([sys.executable, "-c", {LISTENER!r}], [{{"NAME": "a"}}, {{"NAME": "b"}}]))
"""


def test_each_has_a_port_and_a_folder_of_its_own() -> None:
    settings = Settings.from_env(
        {"CRMPULSE_WEB_PORT": "7000", "CRMPULSE_STORE": "rocksdb", "CRMPULSE_STORE_DIR": "/var/lib/crm"}
    )
    assert [member(settings, number) for number in range(2)] == [
        {"CRMPULSE_WEB_PORT": "7000", "CRMPULSE_STORE_DIR": "/var/lib/crm/0"},
        {"CRMPULSE_WEB_PORT": "7001", "CRMPULSE_STORE_DIR": "/var/lib/crm/1"},
    ]
    assert member(Settings.from_env({"CRMPULSE_WEB_PORT": "0"}), 1) == {"CRMPULSE_WEB_PORT": "0"}


def test_it_ends_when_all_have_ended() -> None:
    assert run_crew(ENDS, [{"CODE": "0"}, {"CODE": "0"}]) == 0


def test_one_that_fails_ends_the_others_and_its_code_is_the_answer() -> None:
    command = [sys.executable, "-c", LISTENER]
    assert run_crew(command, [{"NAME": "a"}, {"NAME": "b", "CODE": "13"}]) == 13


def test_one_that_is_killed_fails() -> None:
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    assert run_crew(command, [{}]) == 128 + signal.SIGKILL


def test_a_signal_is_handed_on_to_all(tmp_path: Path) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        crew = subprocess.Popen([sys.executable, "-c", CREW], stdout=subprocess.PIPE, text=True)
        assert crew.stdout is not None
        with crew.stdout as said:
            assert {said.readline(), said.readline()} == {"member a works\n", "member b works\n"}
            os.kill(crew.pid, number)
            assert sorted(said.read().splitlines()) == ["member a ends", "member b ends"]
        assert crew.wait() == 0
