"""A Kafka that lets nobody in without a name."""

from collections.abc import Iterator

import pytest

from tests.integration.secured import Secured, secured


@pytest.fixture(scope="session")
def locked(java: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """One for all tests of a session: it demands TLS and a password, and grants nothing but what was granted."""
    with secured(tmp_path_factory.mktemp("secured")) as found:
        yield found
