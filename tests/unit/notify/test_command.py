"""`crmpulse notify` as it is called: what it makes of options and environment, and what it says to mistakes."""

import importlib
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from streams.cli import main
from streams.notify import Wanted
from streams.settings import Settings

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[Wanted]:
    """What it would have begun with."""
    begun: list[Wanted] = []

    def begin(settings: Settings, wanted: Wanted, now: Any) -> None:
        begun.append(wanted)

    monkeypatch.setattr(importlib.import_module("streams.cli.notify"), "run_notify", begin)
    return begun


def said(*arguments: str, **environ: str) -> tuple[int, str]:
    found = CliRunner().invoke(main, ["notify", *arguments], env=environ, catch_exceptions=False)
    return found.exit_code, found.stderr


def test_targets_and_choices_of_the_command_line(wanted: list[Wanted]) -> None:
    arguments = ["--alertmanager", "http://am:9093", "--webhook", "a=https://a", "--webhook", "b=https://b"]
    arguments += ["--apprise", "chat=json://x", "--select", "webhook-a:rule=x", "--digest-over", "0", "--port", "0"]
    assert said(*arguments, "--from-beginning") == (0, "")
    (one,) = wanted
    names = [target.name for target in one.targets]
    assert names[0].startswith("alertmanager-")
    assert names[1:] == ["webhook-a", "webhook-b", "apprise-chat"]
    assert [name for name, chosen in one.selections.items() if chosen.conditions] == ["webhook-a"]
    assert (one.limit, one.from_beginning, one.port) == (0, True, 0)
    assert one.digested == {"apprise-chat"}


def test_targets_of_the_environment(wanted: list[Wanted]) -> None:
    environ = {
        "CRMPULSE_NOTIFY_WEBHOOK": " a=https://a  b=https://b ", "CRMPULSE_NOTIFY_ALERTMANAGER": "",
        "CRMPULSE_NOTIFY_SELECT": "severity=critical", "CRMPULSE_NOTIFY_DIGEST_OVER": "3", "CRMPULSE_NOTIFY_PORT": "7",
        "CRMPULSE_NOTIFY_TELL": "webhook=digests webhook-a=changes",
    }  # fmt: skip
    assert said(**environ) == (0, "")
    (one,) = wanted
    assert [target.name for target in one.targets] == ["webhook-a", "webhook-b"]
    assert all(len(chosen.conditions) == 1 for chosen in one.selections.values())
    assert (one.limit, one.from_beginning, one.port) == (3, False, 7)
    assert one.digested == {"webhook-b"}


@pytest.mark.logs_errors  # apprise's own line, which reaches nobody but a test
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "nobody to tell: give at least one of --alertmanager, --webhook and --apprise"),
        (["--webhook", f"ftp://{SECRET}"], "--webhook takes an address like https://host:port/path, not ftp://***."),
        (["--webhook", f"x {SECRET}"], "--webhook: the address *** holds blanks or control characters."),
        (["--apprise", f"foo://{SECRET}"], "--apprise: apprise cannot use the address foo://***; "),
        (["--webhook", "a=https://a", "--webhook", "a=https://b"], "The target webhook-a is given twice."),
        (["--webhook", "https://a", "--tell", "webhook=all"], "--tell 'webhook=all' is none; "),
        (["--webhook", "https://a", "--select", "severty=x"], "--select 'severty=x' is none; "),
    ],
)
def test_wrong_use_is_one_sentence_without_secrets(arguments: list[str], sentence: str) -> None:
    code, told = said(*arguments)
    assert code == 2
    line = told.splitlines()[-1]
    assert line.startswith(f"Error: {sentence}")
    assert SECRET not in told


def test_settings_that_cannot_be_used_are_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    environ = {"CRMPULSE_SECURITY_PROTOCOL": "SSL", "CRMPULSE_CA_FILE": str(file)}
    code, told = said("--webhook", "https://a", **environ)
    assert code == 2
    assert told.splitlines()[-1].startswith(f"Error: CRMPULSE_CA_FILE is '{file}', which cannot be used")


def test_no_broker_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening
        kafka = f"127.0.0.1:{taken.getsockname()[1]}"
        code, told = said("--webhook", "https://a", CRMPULSE_KAFKA=kafka)
    assert (code, told) == (1, f"Error: No Kafka answers at {kafka}; CRMPULSE_KAFKA says where it is.\n")
