"""The workflow end to end, at a tiny scale, in a scratch copy: real stages, real Snakemake."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.tiny_workflow import FORMATS, TABLE, build, command, environment, rendered

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scratch project whose Table 1 has two rows and two columns, run to the end."""
    folder = build(tmp_path_factory.mktemp("project"), ["random", "expert"])
    assert run(folder).returncode == 0
    return folder


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`snakemake dom2_table1` at scale tiny."""
    return subprocess.run(
        command("--cores", "2", *options), cwd=folder, env=environment(), capture_output=True, text=True
    )


def started(folder: Path) -> subprocess.Popen[bytes]:
    """The same, running, in a group of processes of its own."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command("--cores", "2"), cwd=folder, env=environment(), start_new_session=True, **quiet)


def planned(folder: Path) -> dict[str, int]:
    """How many jobs of each rule a dry run would start."""
    printed = run(folder, "--dry-run").stdout
    if "Nothing to be done" in printed:
        return {}
    table = printed.split("Job stats:")[1].split("total")[0]
    rows = [line.split() for line in table.splitlines() if line.strip() and line.split()[-1].isdigit()]
    return {name: int(count) for name, count in rows}


def test_the_table_is_there_in_every_format_with_provenance(finished: Path) -> None:
    for suffix in FORMATS:
        assert (finished / f"{TABLE}.{suffix}").stat().st_size > 0
        assert (finished / f"{TABLE}.{suffix}.provenance.json").exists()
    text = (finished / f"{TABLE}.md").read_text()
    assert "tiny: exercises the pipeline, proves nothing" in text
    assert "2 of 2 seeds" in text


def test_a_second_call_does_nothing(finished: Path) -> None:
    assert planned(finished) == {}
    for path in (finished / "config" / "algorithms").iterdir():
        path.touch()
    assert planned(finished) == {}


def test_editing_one_hyperparameter_reruns_only_its_runs(finished: Path) -> None:
    file = finished / "config" / "algorithms" / "dom2.yaml"
    original = file.read_text()
    edited = yaml.safe_load(original)
    edited["hyperparameters"]["eta"]["by"]["spread"]["expert"] = 49.0
    file.write_text(yaml.safe_dump(edited))
    try:
        assert planned(finished) == {"train": 1, "evaluate": 1, "dom2_table1": 1}
    finally:
        file.write_text(original)
    assert planned(finished) == {}


def test_a_workflow_killed_with_sigkill_ends_in_the_same_bytes(finished: Path) -> None:
    wanted = rendered(finished)
    shutil.rmtree(finished / "results")
    for seconds in (6, 10, 14):
        process = started(finished)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert run(finished, "--unlock").returncode == 0
    assert run(finished).returncode == 0
    assert rendered(finished) == wanted


def test_a_second_workflow_in_the_folder_is_refused_and_told_how_to_go_on(finished: Path) -> None:
    (finished / f"{TABLE}.md").unlink()
    locks, first = finished / ".snakemake" / "locks", started(finished)
    try:
        while not list(locks.glob("*.lock")) and first.poll() is None:
            time.sleep(0.01)
        os.killpg(first.pid, signal.SIGSTOP)
        second = run(finished)
    finally:
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
    after_the_kill = run(finished)  # the lock is left behind
    for refused in (second, after_the_kill):
        assert refused.returncode != 0
        assert "Directory cannot be locked" in refused.stderr
        assert "--unlock" in refused.stderr
    assert run(finished, "--unlock").returncode == 0
    assert run(finished).returncode == 0
    assert (finished / f"{TABLE}.md").exists()


def test_a_misspelt_scale_stops_the_workflow_with_one_line(finished: Path) -> None:
    stopped = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", "--config", "scale=tinny"],
        cwd=finished,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert stopped.returncode != 0
    assert "unknown scale 'tinny'; did you mean 'tiny'?" in stopped.stderr + stopped.stdout
