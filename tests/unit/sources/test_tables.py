"""Reading CSV tables out of folders and archives, and what is said when that cannot be."""

import zipfile
from pathlib import Path

import pytest

from streams.sources.tables import Row, Skipped, SkipReason, SourceError, Tables

CSV = 'id,name\n1, Ann \n\n2,Ben,too many\n3,"C,\nD"\n'


def _zip(path: Path, **members: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/") + ".csv", content)
    return path


def _folder(path: Path, content: str) -> Path:
    path.mkdir()
    (path / "people.csv").write_text(content, encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("packed", [True, False])
def test_rows_come_with_their_line_and_ragged_ones_are_skipped(tmp_path: Path, packed: bool) -> None:
    path = _zip(tmp_path / "a.zip", deep__people=CSV) if packed else _folder(tmp_path / "a", CSV)
    assert list(Tables(path).rows("people.csv", ("id",))) == [
        Row(2, {"id": "1", "name": "Ann"}),
        Skipped("people.csv", 4, SkipReason.BAD_ROW),
        Row(6, {"id": "3", "name": "C,\nD"}),
    ]


def test_the_shallowest_member_of_a_name_is_read(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a.zip", people="id\n1\n", copies__of__people="id\n2\n")
    assert list(Tables(path).rows("people.csv", ("id",))) == [Row(2, {"id": "1"})]


def _damaged(path: Path) -> Path:
    _zip(path, people="id\n" + "\n".join(map(str, range(5000))))
    raw = bytearray(path.read_bytes())
    raw[60:4000] = bytes(3940)
    path.write_bytes(raw)
    return path


def _plain(path: Path) -> Path:
    path.write_text("id\n1\n")
    return path


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda folder: folder / "none.zip", "does not exist."),
        (lambda folder: _plain(folder / "people.csv"), "is neither a folder nor a zip archive."),
        (lambda folder: _zip(folder / "a.zip", others="id\n1\n"), "There is no people.csv in"),
        (lambda folder: folder, "There is no people.csv in"),
        (lambda folder: _zip(folder / "a.zip", people="number\n1\n"), "has no column 'id'."),
        (lambda folder: _zip(folder / "a.zip", people=""), "has no column 'id'."),
        (lambda folder: _zip(folder / "a.zip", people=b"id\n\xff\n"), "is not UTF-8 text."),
        (lambda folder: _zip(folder / "a.zip", people="id\n" + "x" * 200_000), "is not a CSV table"),
        (lambda folder: _damaged(folder / "a.zip"), "is damaged."),
    ],
    ids=["absent", "no zip", "no table", "empty folder", "no column", "empty", "encoding", "long cell", "damaged"],
)  # fmt: skip
def test_a_wrong_file_gets_one_clear_sentence(tmp_path: Path, build: object, sentence: str) -> None:
    assert callable(build)
    with pytest.raises(SourceError) as caught:
        list(Tables(build(tmp_path)).rows("people.csv", ("id",)))
    text = str(caught.value)
    assert sentence in text
    assert text.endswith(".")
    assert "\n" not in text
