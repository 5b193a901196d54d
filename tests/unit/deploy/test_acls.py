"""deploy/kafka/acls.sh: what `crmpulse topics --acls` prints, and what the table behind it grants."""

import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from streams.cli import main
from streams.settings import Settings
from streams.topics import OUTPUTS
from streams.topics.acls import WHAT, AclError, Kind, Operation, Role, grants, principals

ACLS = Path(__file__).parents[3] / "deploy/kafka/acls.sh"
WORD = {operation.name.title().replace("_", ""): operation for operation in Operation}


def told(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(main, ["topics", *arguments], env=variables)


def commands(text: str) -> list[list[str]]:
    """The words of each command line."""
    return [shlex.split(line) for line in text.replace("\\\n", " ").splitlines() if line.startswith("kafka-acls")]


def test_the_file_is_what_the_command_prints() -> None:
    assert ACLS.read_text(encoding="utf-8") == told("--acls").stdout
    assert ACLS.stat().st_mode & 0o111


def test_the_script_grants_what_the_table_says() -> None:
    found = set()
    for words in commands(told("--acls").stdout):
        assert words[:4] == ["kafka-acls.sh", "$@", "--add", "--allow-principal"]
        pairs = list(zip(words[5::2], words[6::2], strict=True))
        prefixed = ("--resource-pattern-type", "prefixed") in pairs
        operations = [WORD[value] for name, value in pairs if name == "--operation"]
        kinds = {"--topic": Kind.TOPIC, "--group": Kind.GROUP, "--transactional-id": Kind.TRANSACTIONS}
        found |= {
            (words[4], kinds[name], value, operation, prefixed)
            for name, value in pairs if name in kinds for operation in operations
        }  # fmt: skip
    assert found == {
        (f"User:crmpulse-{role}", grant.kind, grant.name, operation, grant.prefixed)
        for role, granted in grants(Settings.from_env({})).items()
        for grant in granted
        for operation in grant.operations
    }


def test_only_who_is_to_know_may_read_what_people_are_paid() -> None:
    may = {
        role
        for role, granted in grants(Settings.from_env({})).items()
        for grant in granted
        if grant.kind is Kind.TOPIC and Operation.READ in grant.operations
        if "pay.statements".startswith(grant.name)
    }
    assert may == {Role.PAY, Role.SETUP}


def test_every_output_is_made_by_the_worker_and_read_by_somebody() -> None:
    table = grants(Settings.from_env({}))
    for topic in OUTPUTS:
        fitting = [
            (role, operation)
            for role, granted in table.items()
            for grant in granted
            for operation in grant.operations
            if grant.name == topic.name or (grant.prefixed and topic.name.startswith(grant.name))
        ]
        assert {role for role, operation in fitting if operation is Operation.WRITE} == {Role.WORKER, Role.SETUP}
        assert {role for role, operation in fitting if operation is Operation.READ} - {Role.WORKER, Role.SETUP}
    assert WHAT.keys() == table.keys() == set(Role)


def test_names_follow_the_installation_and_its_users() -> None:
    said = told(
        "--acls", "--principal", "worker=CN=crm, O=acme", "--principal", "pay=User:hr",
        CRMPULSE_TOPIC_PREFIX="acme.", CRMPULSE_APP="pulse",
    ).stdout  # fmt: skip
    for words in commands(said):
        names = [value for name, value in pairwise(words) if name in ("--topic", "--group")]
        assert all(name.startswith(("acme.", "pulse.")) for name in names)
    assert {words[4] for words in commands(said)} >= {"User:CN=crm, O=acme", "User:hr", "User:crmpulse-setup"}
    assert "crm-pulse" not in re.sub("#.*", "", said)


@pytest.mark.parametrize("text", ["worker", "worker=", "boss=ann", "worker=a\nb"])
def test_a_role_or_user_that_is_none_is_one_sentence(text: str) -> None:
    with pytest.raises(AclError, match="is no role and user; write it like worker=User:ann, with one of setup, worker"):
        principals([text])
    said = told("--acls", "--principal", text)
    assert (said.exit_code, said.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [["--apply"], ["--principal", "pay=hr"]])
def test_options_without_their_use_are_wrong_use(arguments: list[str]) -> None:
    said = told(*arguments)
    assert said.exit_code == 2
    assert "go with --acls" in said.stderr
