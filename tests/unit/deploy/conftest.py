"""What the tests of the deployment share: its files, read once, and the tools of the system."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def dockerfile() -> list[tuple[str, str]]:
    """(instruction, rest) of deploy/Dockerfile in order, continuation lines joined."""
    text = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(instruction, rest) for instruction, rest in lines]


@pytest.fixture
def tool() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a tool of the system in the project's root; where it is not installed, the test is skipped."""

    def run(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not on the PATH")
        return subprocess.run([path, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    return run
