"""A real Kafka that demands TLS and a password: all goes as elsewhere, and a mistake is told in one sentence."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.clients import refusal
from streams.events import ContactLogged, EmployeeUpserted, encode, make_event
from streams.settings import Settings
from tests.acceptance.installation import TOMORROW, Installation
from tests.integration.secured import PASSWORD, ROOT, Secured, clean, run

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
WAYS = [("SASL", "PLAIN"), ("SASL_TLS", "SCRAM-SHA-512"), ("TLS", "")]


def history() -> list[bytes]:
    """An employee and a contact of its."""
    ann = EmployeeUpserted(employee_id="emp-1", role="sales", team="north")
    call = ContactLogged(employee_id="emp-1", customer_id="cus-1", channel="call", direction="outbound")
    return [encode(make_event(data, f"e-{number}", "/crm", NOON)) for number, data in enumerate((ann, call))]


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
def test_an_event_goes_all_the_way(locked: Secured, app_id: str, tmp_path: Path, listener: str, mechanism: str) -> None:
    variables = locked.environ(listener, ROOT, mechanism)
    with Installation(variables["CRMPULSE_KAFKA"], app_id, tmp_path, **variables) as place:
        asyncio.run(place.produce(history()))
        place.backfill(TOMORROW, 1)
        told = asyncio.run(place.newest("kpis.employees"))["emp-1/2026-03"]
        assert {row["kpi"]: row["value"] for row in told["kpis"]}["contacts"] == 1
        assert "emp-1" in first_line("kpis", place.environ)


def first_line(stream: str, environ: dict[str, str]) -> str:
    """What `crmpulse tail` writes first."""
    command = [sys.executable, "-m", "streams", "tail", stream, "--from-beginning"]
    with subprocess.Popen(command, env=clean(environ), stdout=subprocess.PIPE, text=True) as tail:
        try:
            assert tail.stdout is not None
            return tail.stdout.readline()
        finally:
            tail.terminate()


MISTAKES = {
    "another password": (
        "SASL_TLS", {"CRMPULSE_SASL_PASSWORD": "guessed"},
        "does not let root in by SCRAM-SHA-512 (SaslAuthenticationFailed); see CRMPULSE_SASL_USERNAME",
    ),
    "another password by PLAIN": (
        "SASL", {"CRMPULSE_SASL_PASSWORD": "guessed", "CRMPULSE_SASL_MECHANISM": "PLAIN"},
        "does not let root in by PLAIN",
    ),
    "an unknown user": ("SASL", {"CRMPULSE_SASL_USERNAME": "nobody"}, "does not let nobody in by SCRAM-SHA-512"),
    "a certificate that nobody here trusts": (
        "TLS", {"CRMPULSE_CA_FILE": ""}, "shows a certificate that is not trusted (unable to get local issuer",
    ),
    "a certificate of somebody else": ("SASL_TLS", {"CRMPULSE_CA_FILE": "STRANGER"}, "CRMPULSE_CA_FILE names the cert"),
    "no TLS": (
        "TLS", {"CRMPULSE_SECURITY_PROTOCOL": "PLAINTEXT"},
        "breaks off what CRMPULSE_SECURITY_PROTOCOL=PLAINTEXT begins with; it may demand another one",
    ),
    "no password": (
        "SASL",
        {"CRMPULSE_SECURITY_PROTOCOL": "PLAINTEXT", "CRMPULSE_SASL_USERNAME": "", "CRMPULSE_SASL_PASSWORD": ""},
        "breaks off what CRMPULSE_SECURITY_PROTOCOL=PLAINTEXT begins with",
    ),
    "TLS where there is none": (
        "SASL", {"CRMPULSE_SECURITY_PROTOCOL": "SASL_SSL"}, "breaks off what CRMPULSE_SECURITY_PROTOCOL=SASL_SSL",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_a_name(locked: Secured, mistake: str) -> None:
    listener, changed, sentence = MISTAKES[mistake]
    changed = {name: str(locked.stranger) if value == "STRANGER" else value for name, value in changed.items()}
    told = asyncio.run(refusal(Settings.from_env(locked.environ(listener, ROOT) | changed)))
    assert told.startswith(f"Kafka at {locked.broker.at[listener]} ")
    assert sentence in told
    assert PASSWORD not in told


def test_nobody_there_has_one_too() -> None:
    told = asyncio.run(refusal(Settings.from_env({"CRMPULSE_KAFKA": "127.0.0.1:1,nowhere.invalid:9"})))
    assert told == "No Kafka answers at 127.0.0.1:1,nowhere.invalid:9; CRMPULSE_KAFKA says where it is."


@pytest.mark.parametrize("mistake", ["another password", "a certificate that nobody here trusts"])
@pytest.mark.parametrize(
    "command",
    [["topics"], ["worker"], ["tail", "alerts"], ["notify", "--webhook", "http://127.0.0.1:9"]],
    ids=lambda command: command[0],
)
def test_each_command_tells_it_in_one_sentence(locked: Secured, mistake: str, command: list[str]) -> None:
    listener, changed, sentence = MISTAKES[mistake]
    said = run(locked.environ(listener, ROOT) | changed, *command)
    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1), said
    assert said.err.startswith(f"Error: Kafka at {locked.broker.at[listener]} ")
    assert sentence in said.err


def test_a_file_that_holds_no_certificate_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    said = run({"CRMPULSE_SECURITY_PROTOCOL": "SSL", "CRMPULSE_CA_FILE": str(tmp_path / "ca.pem")}, "worker")
    assert said.code == 2
    assert "CRMPULSE_CA_FILE is " in said.err.splitlines()[-1]
    assert "Traceback" not in said.err
