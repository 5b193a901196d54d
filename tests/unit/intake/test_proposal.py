"""When a policy file proposes: at the start, and when it has become another; never to undo what others have changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.intake.proposal import Proposal
from streams.policy import Policy, load

FORMER = "pipeline: {stages: [{name: A, stall_after: 5d}]}"
RENEWED = "pipeline: {stages: [{name: A, stall_after: 9d}]}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(FORMER, encoding="utf-8")
    return path


def proposed(proposal: Proposal) -> str | None:
    return None if proposal.policy is None else proposal.policy.version


def settled(file: Path) -> Proposal:
    """A file that the stream follows."""
    proposal = Proposal(file, load(file))
    proposal.heard(load(file).version)
    assert proposed(proposal) is None
    return proposal


def version(text: str) -> str:
    return load(text).version


def test_what_a_worker_starts_with_is_proposed_until_the_stream_follows(file: Path) -> None:
    proposal = Proposal(file, load(file))
    assert proposed(proposal) == version(FORMER)
    proposal.heard(version(RENEWED))  # what was in force before it started
    assert proposed(proposal) == version(FORMER)
    proposal.heard(version(FORMER))
    assert proposed(proposal) is None


def test_a_change_is_proposed_once_it_has_stood_still(file: Path) -> None:
    proposal = settled(file)
    proposal.look()
    assert proposed(proposal) is None
    file.write_text(RENEWED[:30], encoding="utf-8")  # in the middle of being written
    proposal.look()
    file.write_text(RENEWED, encoding="utf-8")
    proposal.look()
    assert proposed(proposal) is None
    proposal.look()
    assert proposed(proposal) == version(RENEWED)


def test_a_file_that_stands_still_undoes_nothing(file: Path) -> None:
    proposal = settled(file)
    proposal.heard(version(RENEWED))
    for _ in range(3):
        proposal.look()
    assert proposed(proposal) is None


def test_a_proposal_that_another_has_overtaken_counts_no_more(file: Path) -> None:
    proposal = Proposal(file, load(file))
    proposal.heard("before")
    proposal.heard("after")
    assert proposed(proposal) is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"pipeline: {stages: []}\n", "line 1: "),
        (b"pipeline:\n  stages:\n    - {name: A, stall_after: soon}\n", "line 3: "),
        (b"\xff", "not UTF-8"),
        (None, "cannot be read"),
    ],
)
def test_a_faulty_file_is_named_once_and_proposes_nothing(
    file: Path, caplog: pytest.LogCaptureFixture, content: bytes | None, problem: str
) -> None:
    proposal = settled(file)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    for _ in range(4):
        proposal.look()
    (line,) = caplog.messages
    assert line.startswith(f"the policy in force stays, as the file is faulty: {file}: ")
    assert problem in line
    assert proposed(proposal) is None
    file.write_text(RENEWED, encoding="utf-8")
    proposal.look()
    proposal.look()
    assert proposed(proposal) == version(RENEWED)


def test_without_a_file_there_is_but_the_default(default: Policy) -> None:
    proposal = Proposal(None, default)
    proposal.look()
    assert proposed(proposal) == default.version
    proposal.refuse("no.")
    proposal.look()
    assert proposed(proposal) is None


@pytest.fixture
def default() -> Policy:
    return load(None)
