"""deploy/Dockerfile, what it takes from the tree, and the health check inside it."""

import http.server
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]

Instructions = list[tuple[str, str]]


def last(dockerfile: Instructions, wanted: str) -> str:
    """The last of an instruction in the final stage, which is the one in force."""
    stage = max(i for i, (instruction, _) in enumerate(dockerfile) if instruction == "FROM")
    return [rest for instruction, rest in dockerfile[stage:] if instruction == wanted][-1]


def test_every_stage_starts_from_the_same_pinned_slim_python(dockerfile: Instructions) -> None:
    bases = [rest.split()[0] for instruction, rest in dockerfile if instruction == "FROM"]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", bases[0])


def test_it_runs_as_nobody_special(dockerfile: Instructions) -> None:
    user, group = last(dockerfile, "USER").split(":")
    assert int(user) >= 1000
    assert int(group) >= 1000
    assert any(f"--uid {user}" in rest and f"--gid {group}" in rest for _, rest in dockerfile)


def test_it_installs_nothing_that_is_not_locked(dockerfile: Instructions) -> None:
    commands = [command for instruction, rest in dockerfile if instruction == "RUN" for command in rest.split("&&")]
    pips = [command.split() for command in commands if re.search(r"\bpip (install|wheel)\b", command)]
    assert len(pips) == 4
    assert all("--require-hashes" in pip or "--no-deps" in pip for pip in pips)
    assert all("--no-build-isolation" in pip for pip in pips if "wheel" in pip)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
    assert re.search(r"^setuptools==.* \\$", text, re.MULTILINE), "the build takes it from this lock"


def test_it_starts_the_worker_and_asks_it_for_its_health(dockerfile: Instructions) -> None:
    assert last(dockerfile, "ENTRYPOINT") == '["crmpulse"]'
    assert last(dockerfile, "CMD") == '["worker"]'
    assert last(dockerfile, "HEALTHCHECK").endswith('python /opt/crmpulse/healthcheck.py "$CRMPULSE_WEB_PORT"')
    assert ("COPY", "deploy/healthcheck.py /opt/crmpulse/healthcheck.py") in dockerfile
    assert "CRMPULSE_WEB_HOST=0.0.0.0" in last(dockerfile, "ENV")


def test_what_it_copies_is_there_and_not_ignored(dockerfile: Instructions) -> None:
    let_through = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(encoding="utf-8"), re.MULTILINE))
    copied = [
        source
        for instruction, rest in dockerfile
        if instruction == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    ]
    assert "streams" in copied
    assert set(copied) <= let_through
    assert not [source for source in copied if not (ROOT / source).exists()]


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server on a free port of the loopback that answers /healthz with a status, everything else with 404."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Requests are no news."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def check(port: int) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "http_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    command = [sys.executable, str(ROOT / "deploy/healthcheck.py"), str(port)]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_healthy_though_a_proxy_is_set() -> None:
    with answering(200) as port:
        assert check(port).returncode == 0


def test_unhealthy_when_the_worker_says_so() -> None:
    with answering(503) as port:
        done = check(port)
    assert (done.returncode, done.stderr.strip()) == (1, f"/healthz on port {port} answered 503")


def test_unhealthy_when_nobody_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there meanwhile
        done = check(taken.getsockname()[1])
    assert done.returncode == 1
    assert "does not answer" in done.stderr
