"""The toys' tables and figures: what they need, what they show, and what they say is missing."""

import csv
import json
from pathlib import Path

import pytest

from quartet import config, paths, plan
from quartet.artifacts.claims import judge, load_claims, measured
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.artifacts.spec import load_paper
from quartet.artifacts.table import render_table
from quartet.toys.result import Result, write_result

ROOT = Path(__file__).resolve().parents[2]
DOF = ROOT / "config" / "papers" / "dof"
STAMP = Stamp("laptop", "abc1234", 3, evidence=True)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One run of twenty-four: DoF on the bandit."""
    measures = {"energy": [0.1, 0.2, 0.3], "variation": [0.5, 0.5, 0.5], "top-left": [0.2, 0.3, 0.25]}
    write_result(tmp_path / paths.TOY.format(toy="bandit", method="wconcat"), Result(measures, [[0.5, -0.5], [1, 1]]))
    return tmp_path


def test_the_table_shows_means_and_intervals_and_what_is_missing(results: Path, tmp_path: Path) -> None:
    written = {path.suffix: path for path in render_table("dof_crosstest", DOF, results, STAMP, tmp_path, ROOT)}
    text = written[".md"].read_text()
    assert "0.200<br>[0.100, 0.300]" in text
    assert "3 seeds · commit abc1234 · 23 of 24 runs missing" in text
    rows = list(csv.DictReader(written[".csv"].open()))
    found = {(row["toy"], row["method"], row["measure"]): row for row in rows}
    assert len(found) == 2 * 12 * 3
    assert found["bandit", "wconcat", "variation"]["mean"] == "0.5"
    assert found["bandit", "wconcat", "correlation"]["mean"] == ""
    assert found["matrix-game", "truth", "energy"]["seeds"] == "0"


def test_the_same_results_always_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    for name, render in (("dof_crosstest", render_table), ("dof_crosstest_points", render_figure)):
        first, second = (render(name, DOF, results, STAMP, tmp_path / run, ROOT) for run in ("a", "b"))
        assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_the_figure_says_what_is_missing_and_the_shares_of_what_is_there(results: Path, tmp_path: Path) -> None:
    svg = render_figure("dof_crosstest_points", DOF, results, STAMP, tmp_path, ROOT)[0].read_text()
    assert svg.count(">missing<") == 13
    assert ">0.25<" in svg
    assert "13 of 14 runs missing" in svg


def test_the_plan_of_a_toys_artifact_is_its_runs_and_nothing_else(tmp_path: Path) -> None:
    settings = config.load(ROOT, papers=["dof"], results=str(tmp_path))
    [artifact] = plan.find(settings, "dof_figure3")
    made = plan.plan(settings, [artifact])
    assert [(job.stage, job.name) for job in made.jobs] == [
        ("toy", f"matrix-game/{method}") for method in ("independent", "madiff-d", "truth", "wconcat")
    ]
    assert {job.output for job in made.jobs} <= set(plan.inputs(settings, artifact))


def test_every_toy_in_the_papers_can_be_planned() -> None:
    settings = config.load(ROOT, papers=["dof"])
    played = {pair for artifact in load_paper(DOF, ROOT).artifacts for pair in artifact.played}
    assert len(played) > 40
    assert len([job for job in plan.plan(settings, plan.artifacts(settings)).jobs if job.stage == "toy"]) == len(played)


def test_the_json_of_a_table_holds_what_the_report_shows(results: Path, tmp_path: Path) -> None:
    written = render_table("dof_crosstest", DOF, results, STAMP, tmp_path, ROOT)
    view = json.loads(next(path for path in written if path.suffix == ".json").read_text())
    shown = {cell["shown"] for block in view["blocks"] for row in block["rows"] for cell in row["cells"]}
    assert shown == {"–", "0.200", "0.500"}


def test_a_claim_about_a_toy_is_judged_by_the_methods_seeds(tmp_path: Path) -> None:
    paper = load_paper(DOF, ROOT)
    [claim] = [claim for claim in load_claims(DOF, paper, ROOT) if claim.id == "matrix_dof_closest"]
    for method, distance in (("wconcat", 0.1), ("madiff-d", 0.2), ("independent", 0.3)):
        seeds = [distance, distance + 0.01, distance - 0.01]
        write_result(tmp_path / paths.TOY.format(toy="matrix-game", method=method), Result({"energy": seeds}))
    found = judge(claim, measured([claim], paper, tmp_path, ROOT), STAMP)
    assert (found.verdict, found.won, found.probability) == ("holds", 2, 1.0)
    write_result(tmp_path / paths.TOY.format(toy="matrix-game", method="wconcat"), Result({"energy": [0.4, 0.4]}))
    assert judge(claim, measured([claim], paper, tmp_path, ROOT), STAMP).verdict == "fails"
