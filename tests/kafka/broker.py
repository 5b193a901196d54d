"""One Apache Kafka node, broker and controller in one Java process, on loopback, with a log directory of its own."""

import base64
import contextlib
import fcntl
import functools
import hashlib
import logging
import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

HERE = Path(__file__).parent
JAVA = 17
START_SECONDS = 120.0
STOP_SECONDS = 20.0

_silent = logging.getLogger("tests.kafka.probe")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class BrokerError(RuntimeError):
    """The broker could not be resolved, started or reached; the message ends with what it logged last."""


@functools.cache
def missing() -> str | None:
    """Why no broker can run on this machine, in one line; None when one can."""
    for command in ("java", "mvn"):
        if shutil.which(command) is None:
            return f"`{command}` is not on the PATH (Java {JAVA} and Maven are needed)"
    answer = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', answer)
    if found is None or int(found[1]) < JAVA:
        return f"Java {JAVA} or newer is needed, found {found[1] if found else 'none that works'}"
    return None


def jars() -> Path:
    """The directory of Kafka's jars, outside the tree; Maven fills it once for each version of pom.xml."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "crm-pulse"
    pom = HERE / "pom.xml"
    target = cache / f"kafka-{hashlib.sha256(pom.read_bytes()).hexdigest()[:12]}"
    with _locked(cache / "kafka.lock"):
        if not target.is_dir():
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                part = Path(scratch) / "jars"
                goal = ["dependency:copy-dependencies", f"-DoutputDirectory={part}"]
                maven = subprocess.run(["mvn", "-B", "-q", "-f", str(pom), *goal], capture_output=True, text=True)
                if maven.returncode != 0:
                    raise BrokerError(f"Maven could not resolve Kafka:\n{maven.stdout[-2000:]}{maven.stderr[-2000:]}")
                part.rename(target)
    return target


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below the kernel's ephemeral range: a client that keeps dialling a stopped
    broker inside that range sooner or later gets its own port and talks to itself, and the restart finds it taken."""
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        while len(ports) < count:
            port = random.randrange(20_000, 32_000)
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                ports.append(port)
        return ports


class Broker:
    """A running Kafka; `bootstrap` is its address. Use it as a context manager, or call stop().

    `extra` are further server properties, `listeners` further names of listeners with the protocol of each; `at` is
    where they are."""

    def __init__(
        self,
        port: int | None = None,
        extra: Mapping[str, str] | None = None,
        listeners: Mapping[str, str] | None = None,
    ) -> None:
        listeners = listeners or {}
        free, controller, *ports = _free_ports(2 + len(listeners))
        self.port = port or free
        self.bootstrap = f"127.0.0.1:{self.port}"
        self.at = {name: f"127.0.0.1:{number}" for name, number in zip(listeners, ports, strict=True)}
        self.home = Path(tempfile.mkdtemp(prefix="crm-pulse-kafka-"))
        self._cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._log = self.home / "broker.log"
        self._config = self.home / "server.properties"
        self._java: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            further = "".join(f"{name}={value}\n" for name, value in (extra or {}).items())
            own = _properties(self.port, controller, self.home / "data", self.at, listeners)
            self._config.write_text(own + further)
            self._format()
            self.start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process on the existing log directory and wait until a client gets metadata from it."""
        if self._java is not None:
            raise BrokerError("the broker runs already")
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for us, who then stop it in order.
            self._java = subprocess.Popen(
                _java("kafka.Kafka", str(self._config)), stdout=log, stderr=log, start_new_session=True
            )
        # Ends the broker when we die without a chance to: the pipe closes, whatever killed us.
        orphaned = f"cat >/dev/null; kill -9 {self._java.pid}; rm -rf {shlex.quote(str(self.home))}"
        self._guard = subprocess.Popen(["sh", "-c", orphaned], stdin=subprocess.PIPE, start_new_session=True)
        self._await_metadata(self._java)

    def restart(self) -> None:
        """Stop it if it runs, then start it on the same port with the same data."""
        self._end(signal.SIGTERM)
        self.start()

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it runs."""
        if self._java is not None:
            self._java.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: no shutdown, no flush. The data stays for restart()."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stop the process and drop its data."""
        self._end(signal.SIGTERM)
        shutil.rmtree(self.home, ignore_errors=True)

    def wait(self) -> None:
        """Until the process ends by itself, which is an error."""
        if self._java is not None:
            self._java.wait()
            raise BrokerError(f"the broker ended by itself:\n{self._tail()}")

    def _end(self, how: signal.Signals) -> None:
        guard, java, self._guard, self._java = self._guard, self._java, None, None
        if guard is not None:
            # Before the broker is reaped, or the guard might hit a stranger with the same process id.
            guard.kill()
            guard.communicate()
        if java is not None:
            java.send_signal(how)
            try:
                java.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                java.kill()
                java.wait()

    def _format(self) -> None:
        arguments = ["format", "--standalone", f"--cluster-id={self._cluster}", "--config", str(self._config)]
        done = subprocess.run(_java("kafka.tools.StorageTool", *arguments), capture_output=True, text=True)
        if done.returncode != 0:
            raise BrokerError(f"Kafka's storage could not be formatted:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _await_metadata(self, java: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_SECONDS
        client = AdminClient({"bootstrap.servers": self.bootstrap, "reconnect.backoff.max.ms": 200}, logger=_silent)
        while True:
            if java.poll() is not None:
                raise BrokerError(f"the broker on {self.bootstrap} did not start:\n{self._tail()}")
            with contextlib.suppress(KafkaException):
                metadata = client.list_topics(timeout=1.0)
                if metadata.cluster_id != self._cluster:
                    raise BrokerError(f"another Kafka answers on {self.bootstrap}")
                if metadata.brokers:
                    return
            if time.monotonic() > deadline:
                raise BrokerError(f"no answer on {self.bootstrap} in {START_SECONDS:.0f} s:\n{self._tail()}")

    def _tail(self) -> str:
        """The last lines that it logged, without the frames of Java's stack traces."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join([line for line in lines if not line.startswith("\t")][-10:])


def _java(main: str, *arguments: str) -> list[str]:
    """The command line of one of Kafka's own programs."""
    options = ["-Xmx512m", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}"]
    return ["java", *options, "-cp", f"{jars()}/*", main, *arguments]


def _properties(port: int, controller: int, data: Path, at: Mapping[str, str], protocols: Mapping[str, str]) -> str:
    """One node that is broker and controller, with every internal topic small and unreplicated.

    Topics are never created by being named: what the application forgets to create should fail here. A broker that
    was killed may come back only when its old registration has run out, hence the short session."""
    more = "".join(f",{name}://{address}" for name, address in at.items())
    spoken = "".join(f",{name}:{protocol}" for name, protocol in protocols.items())
    return f"""\
node.id=1
process.roles=broker,controller
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}{more}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}{more}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT{spoken}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
log.dirs={data}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=16777216
"""
