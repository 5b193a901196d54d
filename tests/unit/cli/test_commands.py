"""The commands: each is there by its name and loads no more than it needs."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from streams.cli import COMMANDS, main


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_found_by_its_name(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.name == name
    assert command.help


def test_one_that_is_mistyped_is_told_what_it_may_have_meant() -> None:
    result = CliRunner().invoke(main, ["wrker"])
    assert result.exit_code == 2
    assert "No such command 'wrker'; did you mean 'worker'?" in result.output


@pytest.mark.parametrize("arguments", ["--version", "policy --help", "simulate --help"])
def test_what_needs_no_stream_processor_loads_none(arguments: str) -> None:
    code = (
        "import sys; from streams.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "sys.exit('faust' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments.split()], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
