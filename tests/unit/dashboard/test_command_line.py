"""`crmpulse dashboard` and `crmpulse token`: where they refuse."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.dashboard.access import Role
from streams.dashboard.tokens import Tokens

SECRET = "s" * 32


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, list(words), env={"CRMPULSE_KAFKA": "127.0.0.1:1"} | environment)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "crm.example", "127.0.0.1.example"])
def test_on_an_address_that_others_reach_it_does_not_start_without_tokens(host: str) -> None:
    for result in (run("dashboard", "--host", host), run("dashboard", CRMPULSE_DASHBOARD_HOST=host)):
        assert result.exit_code == 2
        assert "CRMPULSE_DASHBOARD_SECRET" in result.output


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CRMPULSE_DASHBOARD_SECRET": "short"}, "CRMPULSE_DASHBOARD_SECRET"),
        ({"CRMPULSE_DASHBOARD_SECRET_FILE": "/none"}, "CRMPULSE_DASHBOARD_SECRET_FILE"),
        ({"CRMPULSE_DASHBOARD_OIDC_ISSUER": "https://id.example"}, "CRMPULSE_DASHBOARD_OIDC_JWKS_URL"),
        ({"CRMPULSE_DASHBOARD_ORIGIN": "https://crm.example/path"}, "CRMPULSE_DASHBOARD_ORIGIN"),
        ({"CRMPULSE_DASHBOARD_PORT": "70000"}, "CRMPULSE_DASHBOARD_PORT"),
        ({"CRMPULSE_DASHBOARD_AUDIT_FILE": "/none/audit"}, "CRMPULSE_DASHBOARD_AUDIT_FILE"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(environment: dict[str, str], named: str) -> None:
    result = run("dashboard", "--port", "0", **environment)
    assert result.exit_code == 2
    assert named in result.output
    assert "short" not in result.output


def test_a_secret_that_is_too_short_in_its_file_is_named_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    result = run("token", "--role", "admin", CRMPULSE_DASHBOARD_SECRET_FILE=str(file))
    assert result.exit_code == 2
    assert "32 bytes" in result.output
    assert "hunter2" not in result.output


def test_without_a_broker_it_says_so() -> None:
    result = run("dashboard", "--port", "0")
    assert result.exit_code == 1
    assert "No Kafka answers at 127.0.0.1:1" in result.output


def test_a_token_is_taken_by_the_dashboard_with_the_same_secret(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    for environment in ({"CRMPULSE_DASHBOARD_SECRET": SECRET}, {"CRMPULSE_DASHBOARD_SECRET_FILE": str(file)}):
        result = run("token", "--role", "manager", "--employee", "ann", "--expires", "1h", **environment)
        assert result.exit_code == 0, result.output
        reader = asyncio.run(Tokens(SECRET.encode(), None, None).read(result.stdout.strip()))
        assert reader[:3] == (Role.MANAGER, "ann", "ann")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--role", "manager"], "--employee"),
        (["--role", "king"], "king"),
        (["--role", "admin", "--expires", "soon"], "soon"),
        ([], "--role"),
    ],
)
def test_a_token_that_cannot_be_made_is_explained(words: list[str], named: str) -> None:
    result = run("token", *words, CRMPULSE_DASHBOARD_SECRET=SECRET)
    assert result.exit_code == 2
    assert named in result.output


def test_a_token_needs_a_secret() -> None:
    result = run("token", "--role", "admin")
    assert result.exit_code == 2
    assert "CRMPULSE_DASHBOARD_SECRET" in result.output
