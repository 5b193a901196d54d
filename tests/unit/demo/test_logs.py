import logging
import warnings
from pathlib import Path

import pytest

from streams.demo.logs import logging_to


@pytest.mark.logs_errors
def test_everything_goes_to_the_file_and_what_is_grave_is_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    with logging_to(tmp_path / "demo.log") as log:
        logging.getLogger("some.library").info("nothing much")
        logging.getLogger("some.library").error("something went wrong")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("soon gone", stacklevel=1)

    assert log.warnings == 2
    text = log.path.read_text()
    assert "nothing much" in text
    assert "ERROR some.library: something went wrong" in text
    assert "soon gone" in text
    assert capfd.readouterr() == ("", "")
    assert (root.handlers, root.level) == (before, level)


def test_without_a_line_there_is_no_file(tmp_path: Path) -> None:
    with logging_to(tmp_path / "demo.log") as log:
        pass

    assert log.warnings == 0
    assert not list(tmp_path.iterdir())
