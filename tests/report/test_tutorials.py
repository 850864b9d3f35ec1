"""The tutorials, followed literally: files made, patches applied, commands run, in a scratch copy of the repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("patch") is None, reason="no patch here"),
]

TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
COPIED = ("src", "config", "workflow", "profiles", "docs", "tests", "Snakefile", "environment.yml", "pyproject.toml")
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of the repository, and a `quartet` that runs its sources."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(source, tmp_path / name)
    command = tmp_path / "bin" / "quartet"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m quartet.cli "$@"\n')
    command.chmod(0o755)
    return tmp_path


def run(command: str, folder: Path, told: str = "") -> str:
    """One command as a reader types it; all that it prints."""
    path = os.pathsep.join([str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    own = {"PATH": path, "PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, shell=True, cwd=folder, input=told, capture_output=True, text=True, env=os.environ | own, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def typed(console: str) -> list[tuple[str, list[str]]]:
    """The commands of a console, each with the lines it is said to print."""
    parts = re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]
    return [(part.splitlines()[0], part.splitlines()[1:]) for part in parts]


def follow(tutorial: str, folder: Path) -> int:
    """Do what every fence says; how many there were."""
    fences = FENCE.findall(tutorial)
    for language, name, body in fences:
        if language == "console":
            for command, printed in typed(body):
                said = run(command, folder)
                assert [line for line in printed if line not in said] == [], said
        elif language == "diff":
            run("patch -p1 --no-backup-if-mismatch", folder, body)
        else:
            assert name, f"a {language} fence that names no file"
            file = folder / name
            assert not file.exists(), name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(body)
    return len(fences)


@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_a_tutorial_works_when_followed(page: Path, scratch: Path) -> None:
    assert follow(page.read_text(), scratch) >= 4
    if page.stem == "add-an-algorithm":
        run("quartet report all", scratch)
        shown = (scratch / "results" / "quick" / "report" / "algorithm-bc-l1.html").read_text()
        assert "L = E |pi(o) - a|_1" in shown


def test_there_is_a_tutorial_for_each() -> None:
    assert [page.stem for page in TUTORIALS] == ["add-a-paper", "add-a-task", "add-an-algorithm"]
