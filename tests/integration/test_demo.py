"""The demo as a process of its own, as whoever types the command has it."""

import asyncio
import fcntl
import os
import pty
import re
import selectors
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from streams.demo.words import BARS

COMMAND = [sys.executable, "-m", "streams", "demo"]
START_S = 60.0
"""However busy the machine, the worker has joined its groups by then."""
LIVE_S = 120.0
STOP_S = 12.0
BROKER = re.compile(r"127\.0\.0\.1:\d+")


class Demo:
    """A running demo whose output is read as it comes; in a session of its own, so that what it leaves is found."""

    def __init__(self, home: Path, *options: str, terminal: tuple[int, int] | None = None) -> None:
        self.output = ""
        self._home = home
        if terminal:
            self._read, write = pty.openpty()
            fcntl.ioctl(write, termios.TIOCSWINSZ, struct.pack("HHHH", terminal[1], terminal[0], 0, 0))
        else:
            self._read, write = os.pipe()
        environ = os.environ | {"TMPDIR": str(home), "TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"}
        environ = {key: value for key, value in environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")}
        self.process = subprocess.Popen(
            [*COMMAND, *options], stdin=subprocess.DEVNULL, stdout=write, stderr=write, env=environ,
            start_new_session=True,
        )  # fmt: skip
        os.close(write)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._read, selectors.EVENT_READ)

    def until(self, condition: Callable[[str], object], within: float, what: str) -> None:
        """Reads on until the output so far meets the condition."""
        deadline = time.monotonic() + within
        while not condition(self.output):
            left = deadline - time.monotonic()
            assert left > 0, f"{what}: not within {within:.0f} s. It said:\n{self.output[-3000:]}"
            assert self._take(left), f"{what}: it ended before. It said:\n{self.output[-3000:]}"

    def _take(self, wait: float) -> bool:
        if not self._selector.select(wait):
            return True
        try:
            some = os.read(self._read, 1 << 16)
        except OSError:  # how Linux says that the other side of a terminal is closed
            return False
        self.output += some.decode(errors="replace")
        return bool(some)

    def ended(self, within: float) -> int:
        """Reads to the end; the exit code."""
        deadline = time.monotonic() + within
        while self._take(max(0.0, deadline - time.monotonic())):
            assert time.monotonic() < deadline, f"still running after {within:.0f} s:\n{self.output[-3000:]}"
        return self.process.wait(max(1.0, deadline - time.monotonic()))

    def left(self) -> list[str]:
        """What it left behind: processes of its session, files."""
        files = [str(path.relative_to(self._home)) for path in self._home.rglob("*")]
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return files
        return [*files, f"processes of group {self.process.pid}"]

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._selector.close()
        os.close(self._read)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., Demo]]:
    started: list[Demo] = []

    def start(*options: str, terminal: tuple[int, int] | None = None) -> Demo:
        started.append(Demo(tmp_path, *options, terminal=terminal))
        return started[-1]

    yield start
    for one in started:
        one.close()


Start = Callable[..., Demo]


def produce(address: str, topic: str, value: bytes) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=address) as producer:
            await producer.send_and_wait(topic, value, b"whatever")

    asyncio.run(send())


def address_of(demo: Demo) -> str:
    found = BROKER.search(demo.output)
    assert found
    return found[0]


def test_plain_lines_tell_of_alerts_that_fire_and_resolve_and_of_events_from_outside(demo: Start) -> None:
    running = demo("--plain")
    running.until(BROKER.search, START_S, "the broker's address")
    running.until(lambda said: re.search(r"^alert  firing ", said, re.M), LIVE_S, "an alert that fires")
    running.until(lambda said: re.search(r"^alert  resolved ", said, re.M), LIVE_S, "an alert that resolves")
    running.until(lambda said: "won.json" in said, START_S, "the command to produce an event")
    path = re.search(r"\S+won\.json", running.output)
    assert path
    produce(address_of(running), "crm.opportunities", Path(path[0]).read_bytes())
    produce(address_of(running), "crm.contacts", b'{"specversion":"1.0"}')
    running.until(
        lambda said: re.search(r"^event from outside  opportunity\.won  yours  .*taken$", said, re.M), LIVE_S,
        "the deal that somebody else produced",
    )  # fmt: skip
    running.until(
        lambda said: re.search(r"^event from outside  not an event  refused, missing_field", said, re.M), LIVE_S,
        "the refusal of what is no event",
    )  # fmt: skip
    running.until(lambda said: re.search(r" first .* last .* of \d\d", said), LIVE_S, "a full leaderboard")
    running.process.send_signal(signal.SIGINT)

    assert running.ended(STOP_S) == 0
    assert re.search(
        r"The demo ends: [\d,]+ events, [\d,]+ alerts that fired, [\d,]+ that resolved\.\s*$", running.output
    )
    assert "Traceback" not in running.output
    assert running.left() == []


def test_it_ends_by_itself(demo: Start) -> None:
    began = time.monotonic()
    running = demo("--plain", "--seconds", "6")

    assert running.ended(6 + START_S) == 0
    assert time.monotonic() - began >= 6
    # What libraries warned of (a join cut short, say) is kept in a file, and that is said.
    assert running.left() == [] or "demo.log" in running.output


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "broker is starting"),
        (signal.SIGHUP, "broker is starting"),
        (signal.SIGINT, "The broker listens"),
        (signal.SIGINT, "joining the groups"),
        (signal.SIGTERM, "joining the groups"),
    ],
)
def test_a_signal_ends_it_in_order_at_any_moment(demo: Start, number: signal.Signals, moment: str) -> None:
    running = demo("--plain")
    running.until(lambda said: moment in said, START_S, moment)
    running.process.send_signal(number)

    assert running.ended(STOP_S) == 0
    assert "Traceback" not in running.output
    assert running.left() == []


def test_a_terminal_gets_the_live_view_and_its_own_screen_back(demo: Start) -> None:
    running = demo(terminal=(150, 45))
    running.until(lambda said: "the embedded broker is starting" in said, START_S, "a first word")
    running.until(lambda said: "\x1b[?1049h" in said, START_S, "a screen of its own")
    running.until(lambda said: re.search(r"Alerts by rule.*contact\.due", said, re.S), LIVE_S, "the alerts by rule")
    running.until(lambda said: re.search(rf"\d\d\.\d[^│]*[{BARS}]", said), LIVE_S, "a score with its trend")
    running.process.send_signal(signal.SIGINT)

    assert running.ended(STOP_S) == 0
    screen, _, after = running.output.rpartition("\x1b[?1049l")
    assert "crm-pulse demo" in screen
    assert "\x1b[?25h" in running.output.rpartition("\x1b[?25l")[2], "the cursor is shown again"
    assert "The demo ends" in after
    assert "Traceback" not in running.output
    assert running.left() == []


def test_a_reader_that_goes_away_ends_it(demo: Start, tmp_path: Path) -> None:
    whole = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m streams demo --plain | head -2; echo "codes ${{PIPESTATUS[@]}}"'],
        capture_output=True, text=True, timeout=START_S + STOP_S, env=os.environ | {"TMPDIR": str(tmp_path)},
        check=True,
    )  # fmt: skip

    assert whole.stdout.splitlines()[-1] == "codes 0 0"
    assert whole.stderr == ""
    assert list(tmp_path.iterdir()) == []
