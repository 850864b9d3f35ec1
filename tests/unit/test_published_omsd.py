"""OMSD and the arena as data: every printed number, what is recounted of them, and how the new kinds are drawn."""

import csv
import re
from pathlib import Path

import pytest
from synthetic_results import write_cards, write_evaluation, write_points

from quartet import config, paths, plan
from quartet.artifacts.audit import render_audit
from quartet.artifacts.claims import load_claims
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.artifacts.published import read_published
from quartet.artifacts.spec import load_paper
from quartet.artifacts.stated import load_stated, recounted
from quartet.artifacts.table import render_table
from quartet.evaluation.density import Density, write_density
from quartet.evaluation.measurements import Measurement, write_measurement
from quartet.names import QUALITIES
from quartet.toys.result import Result, write_result

ROOT = Path(__file__).resolve().parents[2]
FOLDER, ARENA = (ROOT / "config" / "papers" / name for name in ("omsd", "arena"))
PAPER = load_paper(FOLDER, ROOT)
TEXT = ROOT.parent / "shared" / "papers" / "omsd.txt"
LAPTOP = Stamp("laptop", "abc1234", 3, True)
ROWS = ("Expert", "Medium", "Medium-Replay", "Random")
COLUMNS = ("omar", "ma-cql", "omiga", "dom2", "brpo-ind", "brpo-fac", "omsd")


@pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the repository")
def test_every_cell_of_table_2_is_the_papers() -> None:
    lines = [re.sub(r"</?(b|math)>|\\pm|\$", lambda m: "±" if "pm" in m[0] else "", line) for line in TEXT.open()]
    printed = read_published(PAPER.artifact("omsd_table2"), ROOT)
    assert len(printed) == 28
    for row in ROWS:
        [line] = [line for line in lines if line.startswith(f"{row}\t") and line.count("\t") == 7]
        for column, text in zip(COLUMNS, line.split("\t")[1:], strict=True):
            mean, spread = map(float, text.replace(" ", "").split("±")[:: max(1, text.count("±"))][:2])
            cell = printed[f"cheetah/{row.lower()}", column]
            assert (cell.mean, cell.spread) == (mean, spread), (row, column)


def test_three_columns_of_table_2_are_those_of_dom2s_table_3() -> None:
    theirs = read_published(load_paper(ROOT / "config" / "papers" / "dom2", ROOT).artifact("dom2_table3"), ROOT)
    ours = read_published(PAPER.artifact("omsd_table2"), ROOT)
    shared = [(row, column) for row, column in ours if column in ("omar", "ma-cql", "dom2")]
    assert len(shared) == 12
    assert all((ours[key].mean, ours[key].spread) == (theirs[key].mean, theirs[key].spread) for key in shared)


def test_the_percentages_of_the_text_are_recounted() -> None:
    found = {entry["id"]: entry for entry in recounted(load_stated(FOLDER, ROOT), PAPER, ROOT)}
    assert {name for name in found if found[name]["agrees"]} == {"omar_expert", "random_data"}
    assert found["dom2_medium_replay"]["recounted"] == pytest.approx(2757.7 / 2564.3)
    assert found["maigm_random"]["recounted"] == pytest.approx(2948.46 / 3338.7)


def test_the_audit_says_which_claims_its_own_table_does_not_bear(tmp_path: Path) -> None:
    text = render_audit(FOLDER, tmp_path, ROOT)[0].read_text()
    assert "3 of 3 | 2 of 3 | **disagrees**" in text
    assert "cheetah/medium to omiga by 754.8" in text
    assert "Table 2: 28 of 28 values are printed." in text


def test_claims_and_artifacts_of_both_fit_and_their_plan_names_known_things(tmp_path: Path) -> None:
    for folder in (FOLDER, ARENA):
        assert load_claims(folder, load_paper(folder, ROOT), ROOT)
    settings = config.load(ROOT, papers=["omsd", "arena"], results=str(tmp_path))
    made = plan.plan(settings, plan.artifacts(settings))
    assert {"density", "toy", "train", "measure"} <= {job.stage for job in made.jobs}
    assert len(made.stage("density")) == 30
    assert all(job.name.split("/")[1] in QUALITIES for job in made.stage("density"))


def test_a_share_of_seeds_has_wilsons_interval_and_says_so(tmp_path: Path) -> None:
    measures = {"reward-2": [0.6] * 50, "basin-agreed-2": [1.0] * 50}
    write_result(tmp_path / paths.TOY.format(toy="bandit-learned", method="ssd"), Result(measures))
    text = render_table("omsd_table1", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)[0].read_text()
    assert "1.000<br>[0.929, 1.000]" in text
    assert "(of shares of seeds Wilson's)" in text
    assert "0.600<br>[0.600, 0.600]<br>*1.0*" in text


def test_paths_show_where_agents_are_pushed_and_where_they_go(tmp_path: Path) -> None:
    moving = Result({"reward-2": [1.0]}, [[1, 1]], [[[0, 0], [1, 1]], [[0, 0], [1, -1]]], [[0, 0, 1, 1], [1, 0, 0, 1]])
    write_result(tmp_path / paths.TOY.format(toy="bandit-learned", method="ssd"), moving)
    svg = render_figure("omsd_figure2", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)[0].read_text()
    assert svg.count(">missing<") == 7
    assert "7 of 8 runs missing" in svg


def test_densities_show_modes_and_what_is_missing(tmp_path: Path) -> None:
    found = Density([[0.5, 0.0], [0.0, 0.5]], 2, 0.5, 10)
    write_density(tmp_path / paths.DENSITY.format(task="cheetah", dataset="expert"), found)
    svg = render_figure("omsd_figure1", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)[0].read_text()
    assert "2 modes, dependence 0.50" in svg
    assert "3 of 4 datasets missing" in svg


def test_late_returns_stand_beside_the_printed_ones_and_the_datasets_mean_beside_the_lines(tmp_path: Path) -> None:
    file = tmp_path / paths.EVALUATION.format(
        task="cheetah", dataset="expert", algorithm="omsd", variant="course", setting="standard"
    )
    early = {f"course={stop}": [0.0, 0.0] for stop in (50, 60, 70, 80)}
    write_points(file, early | {"course=90": [10.0, 20.0], "course=100": [30.0, 40.0]})
    write_cards(tmp_path)
    table = {path.suffix: path for path in render_table("omsd_table2", FOLDER, tmp_path, LAPTOP, tmp_path, ROOT)}
    cells = {(row["row"], row["column"]): row for row in csv.DictReader(table[".csv"].open())}
    assert float(cells["cheetah/expert", "omsd"]["mean"]) == pytest.approx(25.0)
    assert float(cells["cheetah/expert", "omsd"]["paper_mean"]) == pytest.approx(3881)
    svg = render_figure("omsd_figure3", FOLDER, tmp_path, LAPTOP, tmp_path, ROOT)[0].read_text()
    assert "the dataset's mean" in svg.replace("&#x27;", "'").replace("&apos;", "'")


def test_the_arena_ranks_by_score_the_datasets_that_all_have_learnt_from(tmp_path: Path) -> None:
    arena = load_paper(ARENA, ROOT)
    write_cards(tmp_path)
    for place, column in enumerate(arena.artifact("arena_scores").columns):
        names = {"task": "spread", "dataset": "medium", "algorithm": column.id, "variant": "default"}
        write_evaluation(tmp_path / paths.EVALUATION.format(**names, setting="standard"), [place, place + 0.5])
        for work in ("decision", "update"):
            for task in ("spread", "cheetah"):
                timed = Measurement(512, (0.001 * (place + 1),), 1.0, None)
                file = paths.MEASUREMENT.format(**{**names, "task": task, "dataset": "medium"}, work=work)
                write_measurement(tmp_path / file, timed)
    table = {path.suffix: path for path in render_table("arena_ranking", ARENA, tmp_path, LAPTOP, tmp_path, ROOT)}
    rows = list(csv.DictReader(table[".csv"].open()))
    assert rows[0]["column"] == "omsd"
    assert (rows[0]["rank"], rows[0]["improvement"], rows[0]["datasets"]) == ("1", "1", "1")
    assert rows[-1]["column"] == "bc"
    assert rows[-1]["improvement"] == ""
    assert "11.0 ms" in table[".md"].read_text() or "0.0110 s" in table[".md"].read_text()
    svg = render_figure("arena_latency", ARENA, tmp_path, LAPTOP, tmp_path, ROOT)[0].read_text()
    assert ">OMSD<" in svg
