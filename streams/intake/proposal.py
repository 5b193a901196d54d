"""What a worker's policy file proposes to the stream."""

from __future__ import annotations

import logging
from pathlib import Path

from streams.core.kpis import NAMES
from streams.policy import Policy, PolicyError, load

log = logging.getLogger(__name__)


class Proposal:
    """The policy that the file says and the stream does not follow yet.

    A file proposes when its worker starts and when its content changes. One that stands still proposes nothing: it
    must not undo what another worker's file has changed since.
    """

    def __init__(self, file: Path | None, policy: Policy) -> None:
        self.policy: Policy | None = policy
        self._file = file
        self._taken = self._seen = policy.text.encode()
        self._known: str | None = None

    def look(self) -> None:
        """Take what the file says now, once it says so twice: whoever writes it may be in the middle of it."""
        if self._file is None:
            return
        content = _content(self._file)
        again, self._seen = content == self._seen, content
        if again and content != self._taken:
            self._taken = content
            self.policy = self._load(self._file)

    def _load(self, file: Path) -> Policy | None:
        try:
            return load(file, NAMES)
        except PolicyError as error:
            log.warning("the policy in force stays, as the file is faulty: %s: %s", file, error.problems[0])
            return None

    def heard(self, version: str) -> None:
        """The stream follows a policy of that version: what was proposed before it changed counts no more."""
        known, self._known = self._known, version
        if (version != known and known is not None) or (self.policy is not None and self.policy.version == version):
            self.policy = None

    def refuse(self, why: str) -> None:
        """Let go of the proposal, and say why."""
        log.warning("the policy in force stays: %s%s", f"{self._file}: " if self._file else "", why)
        self.policy = None


def _content(file: Path) -> bytes:
    """What stands in the file; nothing where it cannot be read, which `load` then says."""
    try:
        return file.read_bytes()
    except OSError:
        return b""
