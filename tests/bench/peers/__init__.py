"""The environments that peers run in: one each, made from the locked requirements beside this file, kept in .bench/."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".bench"


class NotInstalled(Exception):
    """A peer cannot be had on this Python; the message is pip's reason."""


def python_of(peer: str) -> Path:
    """The interpreter of a peer's environment, made first where it is not there. Raises `NotInstalled`."""
    lock = HERE / f"{peer}.lock"
    version = f"{sys.implementation.cache_tag}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    home = CACHE / f"{peer}-{version}"
    python, ready = home / "bin" / "python", home / ".ready"
    if not ready.exists():
        shutil.rmtree(home, ignore_errors=True)
        print(f"installing {peer} ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        # Only wheels: what has none for this Python would ask for compilers.
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
        done = subprocess.run([*pip, "--require-hashes", "-r", str(lock)], capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(home)
            raise NotInstalled(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed")
        ready.touch()
    return python
