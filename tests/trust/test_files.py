"""Whole or absent: what a writer that fails or is killed leaves behind."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from quartet import files
from quartet.errors import QuartetError


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    files.write_text(path, "old")
    with suppress(ZeroDivisionError), files.atomic(path) as temporary:
        temporary.write_text("new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_path_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.csv", tmp_path / ("x" * 300)):
        with pytest.raises(QuartetError, match=r"cannot write: .*; free space or choose a folder") as caught:
            files.write_text(path, "text")
        assert "\n" not in str(caught.value)


def test_what_killed_writers_left_is_swept_after_an_hour(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    old, new, whole = (tmp_path / "deep" / name for name in (".a.csv.x.part", ".b.csv.y.part", "c.part"))
    for path in (old, new, whole):
        path.write_text("")
    for path in (old, whole):
        os.utime(path, (time.time() - 4000,) * 2)
    files.sweep(tmp_path)
    assert sorted(tmp_path.rglob("*.part")) == [new, whole]
