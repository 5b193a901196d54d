"""The environments that peers run in: one each, made from the locked requirements beside this file, kept in .bench/.

PyFlink needs a jar besides, which pyflink.jar names with its SHA-256; it lies in the environment's folder `jars`.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".bench"


class NotInstalled(Exception):
    """A peer cannot be had on this Python; the message is the installer's reason."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, made first where it is not there. Raises `NotInstalled`."""
    lock, jar = HERE / f"{peer}.lock", HERE / f"{peer}.jar"
    wanted = lock.read_bytes() + (jar.read_bytes() if jar.exists() else b"")
    home = CACHE / f"{peer}-{sys.implementation.cache_tag}-{hashlib.sha256(wanted).hexdigest()[:12]}"
    python, ready = home / "bin" / "python", home / ".ready"
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        print(f"installing {peer} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        try:
            _install(python, lock, jar, home / "jars")
        except NotInstalled:
            shutil.rmtree(home)
            raise
        ready.touch()
    return python


def _install(python: Path, lock: Path, jar: Path, jars: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _must(*pip, "--require-hashes", "-r", str(lock))
    if jar.exists():
        artifact, digest = jar.read_text().split()
        _fetch(artifact, digest, jars)


def _fetch(artifact: str, digest: str, folder: Path) -> None:
    """A jar from Maven's central repository."""
    goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
    _must("mvn", "-B", "-q", goal, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}")
    (found,) = folder.iterdir()
    if hashlib.sha256(found.read_bytes()).hexdigest() != digest:
        raise NotInstalled(f"{found.name} is not the file that is expected")


def _must(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        told = (done.stderr + done.stdout).strip().splitlines() or [f"{command[0]} failed"]
        raise NotInstalled(next((line for line in told if line.upper().startswith(("ERROR", "[ERROR"))), told[-1]))
