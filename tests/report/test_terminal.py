"""What the terminal tells: a table, the plan, how far the workflow is, what changed between two sets of results."""

import json
import os
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from quartet import config, outlook, plan
from quartet.cli import main
from quartet.estimates import benchmark_of
from quartet.report import comparison, terminal
from quartet.report.comparison import Cell
from quartet.report.sources import Sources
from tests.conftest import ROOT


def quartet(*arguments: str, results: Path, root: Path = ROOT) -> int:
    return main([*arguments, "--root", str(root), "--scale", "laptop", "--results", str(results)])


def test_show_prints_ours_and_the_papers(sources: Sources) -> None:
    shown = terminal.show(sources, "dom2_table1")
    assert "Table 1. Mean episode returns" in shown
    assert "200.0 ± 2.0 • ★" in shown
    assert "(628.6 ± 17.2)" in shown
    assert "|" not in shown.replace("E|", "")
    assert "<br>" not in shown
    assert "in parentheses what\nthe paper prints. •: the best of the row." in shown


def test_show_of_a_figure_says_where_it_lies(sources: Sources) -> None:
    assert "dom2_table1_chart.svg" in terminal.show(sources, "dom2_table1_chart")
    assert "try: quartet figure dom2_figure8" in terminal.show(sources, "dom2_figure8")


def test_show_of_nothing_known_is_one_line(sources: Sources, capsys: pytest.CaptureFixture[str]) -> None:
    assert quartet("show", "dom2_tabel1", results=sources.config.paths.results) == 2
    assert "unknown artifact 'dom2_tabel1'; did you mean 'dom2_table1'" in capsys.readouterr().err


def test_a_plan_as_a_checklist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert quartet("plan", "dom2_table1", "--markdown", results=tmp_path) == 0
    printed = capsys.readouterr().out
    assert "| stage | jobs | missing | core-hours left | MB | never timed |" in printed
    assert "| train | 90 | 90 |" in printed
    assert "- [ ] behaviour spread" in printed


def test_a_scale_never_run_is_estimated_by_its_sizes(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="paper", results=str(tmp_path))
    laptop = config.load(ROOT, scale="laptop", results=str(tmp_path))
    full, small = (outlook.best_clock(each) for each in (settings, laptop))
    jobs = plan.plan(settings, plan.find(settings, "dom2_table1")).stage("train")
    assert full.base is not None
    assert small.base is None
    assert full.estimate(jobs).seconds > 20 * small.estimate(jobs).seconds > 0
    assert "rough" in outlook.describe(settings, "dom2_table1")


def begin(settings: config.Config, job: plan.Job, said: str, ago: float) -> None:
    """A log as a running or a failed job leaves it."""
    log = outlook.log_of(settings, job)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(said)
    os.utime(log, (time.time() - ago,) * 2)


def test_status_tells_done_from_running_from_stopped(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="quick", results=str(tmp_path))
    jobs = plan.plan(settings, plan.find(settings, "dom2_table1")).stage("train")
    done, running, stopped = jobs[:3]
    done.output.parent.mkdir(parents=True)
    done.output.touch()
    took = benchmark_of(settings, done)
    took.parent.mkdir(parents=True)
    took.write_text("s\th:m:s\tmax_rss\n30\t0:00:30\t512.0\n")
    begin(settings, running, "train:  10%|█  | 3/30\rtrain:  40%|████  | 12/30", ago=1)
    begin(settings, stopped, "quartet: error: out of memory", ago=3600)
    told = outlook.status(settings, "dom2_table1")
    assert told.startswith("dom2_table1 at scale quick: 1 of ")
    assert f"running: train {running.name}, 40 %" in told
    assert f"stopped: train {stopped.name}, see " in told
    assert "expected end: " in told


def test_the_workflow_announces_what_is_left_and_until_when(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="laptop", results=str(tmp_path))
    noon = datetime(2026, 1, 1, 12).timestamp()
    one, two = (outlook.announce(settings, ["dom2_table1"], cores, noon) for cores in (1, 2))
    assert one.startswith("203 jobs to compute, until about ")
    assert one != two
    assert "quartet status dom2_table1 --scale laptop" in one


def test_the_workflow_promises_no_time_for_files_asked_for_by_name(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="laptop", results=str(tmp_path))
    told = outlook.announce(settings, ["results/laptop/datasets/3m/medium.h5"], 2)
    assert "quartet status all --scale laptop" in told
    assert "until about" not in told


def test_cells_move_only_beyond_both_intervals() -> None:
    before = comparison.Results({("t", "r", c): Cell(10.0, 9.0, 11.0) for c in "abcd"}, {("p", "claim"): "holds"})
    now = {
        "a": Cell(10.0, 9.0, 11.0),
        "b": Cell(11.5, 10.5, 12.5),
        "c": Cell(20.0, 19.0, 21.0),
        "e": Cell(1.0, None, None),
    }
    after = comparison.Results({("t", "r", c): cell for c, cell in now.items()}, {("p", "claim"): "fails"})
    told = comparison.compare(before, after)
    counts = {words: int(count) for count, words in (row.split(maxsplit=1) for row in told.splitlines()[2:7])}
    assert counts == {
        "the same": 1,
        "changed within their intervals": 1,
        "moved beyond their intervals": 1,
        "new": 1,
        "gone": 1,
    }
    assert "10.0 [9.0, 11.0]  20.0 [19.0, 21.0]" in told
    assert told.splitlines()[-1].split() == ["p", "claim", "holds", "fails"]


def test_results_are_compared_with_a_folder_and_with_a_commit(
    sources: Sources, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, root = sources.config.paths.results, tmp_path / "checkout"
    for folder in ("config", "workflow"):
        shutil.copytree(ROOT / folder, root / folder)
    other = tmp_path / "other"
    tables = Path("laptop") / "dom2" / "tables"
    shutil.copytree(here / tables, other / tables)
    table = json.loads((other / tables / "dom2_table1.json").read_text())
    for cell in table["cells"][:5]:
        cell |= {"mean": 0.0, "low": -1.0, "high": 1.0}
    (other / tables / "dom2_table1.json").write_text(json.dumps(table))
    assert quartet("compare", str(other), results=here, root=root) == 0
    printed = capsys.readouterr().out
    assert "5  moved beyond their intervals" in printed
    committed = root / "results" / "reference"
    shutil.copytree(other, committed)
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "evidence"]):
        subprocess.run([*git, *command], check=True)
    assert quartet("compare", "HEAD", results=here, root=root) == 0
    assert capsys.readouterr().out == printed
    assert quartet("compare", "nowhere", results=here, root=root) == 2
    assert "'nowhere' is neither a folder nor a commit" in capsys.readouterr().err
