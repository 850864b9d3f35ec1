"""No room: one line that says so, nothing half written, and what was there stays as it was."""

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from quartet import config
from quartet.cli import main
from quartet.paths import Paths
from tests.trust.stages import artefacts, options

STAGES = [
    ("dataset", "spread/random-medium"),
    ("train", "spread/medium/bc/default"),
    ("evaluate", "spread/medium/bc/default/standard"),
    ("table", "dom2_table1"),
    ("figure", "dom2_table1_chart"),
]
NEEDED = [("behaviour", "spread"), ("dataset", "spread/random"), ("dataset", "spread/medium"), *STAGES]


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """What a full quota or a full disk does to a process, without being root."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own in memory, where the machine lets us have one."""
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a tmpfs: {mounted.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fails_for_room(settings: config.Config, stage: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    before = artefacts(settings)
    capsys.readouterr()
    assert main([*stage, *options(settings)]) == 2
    printed = [line for line in capsys.readouterr().err.replace("\r", "\n").splitlines() if "quartet: error" in line]
    assert len(printed) == 1
    assert "cannot write: " in printed[0]
    assert "; free space or choose a folder" in printed[0]
    assert artefacts(settings) == before
    assert not list(settings.paths.base.rglob(".*.part"))


def test_without_room_every_stage_says_so_in_one_line_and_leaves_nothing_half_written(
    project: config.Config, capsys: pytest.CaptureFixture[str]
) -> None:
    for stage in NEEDED:
        if stage in STAGES:
            with no_file_larger_than(50):
                fails_for_room(project, stage, capsys)
        assert main([*stage, *options(project)]) == 0


def test_on_a_full_disk_a_dataset_and_a_training_say_so_in_one_line(
    project: config.Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", "200k") as disk:
        full = replace(project, paths=Paths(disk / "results", "tiny"))
        shutil.copytree(project.paths.base, full.paths.base)
        (disk / "ballast").write_bytes(bytes(shutil.disk_usage(disk).free))
        fails_for_room(full, ("behaviour", "spread"), capsys)
        fails_for_room(full, ("train", "spread/random/bc/default"), capsys)
