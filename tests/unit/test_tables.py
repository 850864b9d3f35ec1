"""Tables: what a reader finds in each format, and that the same inputs give the same bytes."""

import csv
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from synthetic_results import LAPTOP, PAPER, QUICK, ROOT, artifact, write_cards, write_evaluation, write_evaluations

from quartet.artifacts.measure import Stamp
from quartet.artifacts.settings import numbers, shown
from quartet.artifacts.spec import Cell, load_paper
from quartet.artifacts.table import render_table
from quartet.artifacts.text import markdown, number, tex
from quartet.errors import QuartetError

DOCUMENT = r"""\documentclass{article}
\usepackage[margin=1cm]{geometry}
\usepackage{booktabs}
\begin{document}\input{%s}\end{document}
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every cell of Table 1 but one, where DOM2 leads by far and only MA-SfBC's expert on tag is missing."""
    folder = tmp_path_factory.mktemp("results")
    write_evaluations(folder, "dom2_table1")
    write_cards(folder)
    (folder / "evaluations/tag/expert/ma-sfbc/default/standard.csv").unlink()
    return folder


def rendered(results: Path, out: Path, name: str = "dom2_table1", stamp: Stamp = LAPTOP) -> dict[str, str]:
    paths = render_table(name, PAPER, results, stamp, out, ROOT)
    return {path.suffix[1:]: path.read_text() for path in paths}


@pytest.fixture(scope="module")
def texts(results: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return rendered(results, tmp_path_factory.mktemp("out"))


def cell_of(text: str, row: str, column: str) -> dict[str, Any]:
    return next(cell for cell in json.loads(text)["cells"] if (cell["row"], cell["column"]) == (row, column))


def test_a_cell_carries_ours_the_interval_and_the_papers_value(texts: dict[str, str]) -> None:
    cell = cell_of(texts["json"], "tag/medium", "dom2")
    assert (cell["mean"], cell["sd"], cell["n_seeds"], cell["n_episodes"]) == (200.0, 2.0, 3, 4)
    assert (cell["low"], cell["high"]) == pytest.approx((198, 202))
    assert (cell["paper_mean"], cell["paper_spread"]) == (155.8, 48.1)
    assert cell["difference"] == pytest.approx(44.2)
    assert cell["normalised_own"] == pytest.approx(200)
    assert cell["normalised_paper"] == pytest.approx(100 * (200 + 4.1) / 189.7)


def test_the_best_of_a_row_is_bold_and_a_sure_lead_is_marked(texts: dict[str, str]) -> None:
    row = next(line for line in texts["md"].splitlines() if line.startswith("| Medium |"))
    assert "**200.0 ± 2.0** ★<br>[198.0, 202.0]<br>*155.8 ± 48.1*" in row
    assert row.count("**") == 2
    assert r"\textbf{200.0 $\pm$ 2.0} $\star$" in texts["tex"]


def test_a_lead_within_the_noise_is_bold_but_not_marked(tmp_path: Path) -> None:
    write_evaluations(tmp_path, "dom2_table1", lambda cell: [0, 50, 101 if cell.algorithm == "dom2" else 100])
    row = next(line for line in rendered(tmp_path, tmp_path)["md"].splitlines() if line.startswith("| Medium |"))
    assert "**50.3" in row
    assert "★" not in row


def test_the_header_tells_scale_seeds_episodes_commit_and_what_is_missing(texts: dict[str, str]) -> None:
    header = "scale laptop · 3 of 3 seeds · 4 episodes a seed · commit abc1234 · 1 of 90 cells missing"
    assert header in texts["md"]
    assert json.loads(texts["json"])["header"] == header
    assert "1 of 90 cells missing" in texts["tex"]


def test_seeds_that_differ_between_cells_show_as_a_range(results: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(results, tmp_path / "results"))
    write_evaluation(copy / "evaluations/tag/medium/dom2/default/standard.csv", [200.0])
    texts = rendered(copy, tmp_path)
    assert "1–3 of 3 seeds" in texts["md"]
    cell = cell_of(texts["json"], "tag/medium", "dom2")
    assert cell["sd"] is None
    assert cell["low"] is None
    assert cell["best"] is True
    assert cell["significant"] is False


def test_a_missing_cell_is_a_dash_beside_the_papers_value(texts: dict[str, str]) -> None:
    assert "| –<br>*256.0 ± 26.9* |" in texts["md"]
    assert cell_of(texts["json"], "tag/expert", "ma-sfbc")["mean"] is None


def test_a_column_with_a_missing_cell_has_no_summary(texts: dict[str, str]) -> None:
    summary = {entry["column"]: entry for entry in json.loads(texts["json"])["summary"]}
    assert summary["ma-sfbc"]["mean"] is None
    assert summary["dom2"]["mean"] == pytest.approx(200)
    assert summary["dom2"]["low"] < 200 < summary["dom2"]["high"]
    assert summary["bc"]["paper_mean"] is None
    assert summary["dom2"]["paper_mean"] == pytest.approx(87.1, abs=0.1)


def test_no_mean_of_normalised_scores_where_random_and_expert_lie_together(tmp_path: Path) -> None:
    write_evaluations(tmp_path, "dom2_table1")
    write_cards(tmp_path, {"random": 0.0, "expert": 16.0})  # their deviation is 17
    texts = rendered(tmp_path, tmp_path)
    dom2 = json.loads(texts["json"])["summary"][-1]
    assert (dom2["mean"], dom2["low"], dom2["high"]) == (None, None, None)
    assert dom2["paper_mean"] == pytest.approx(87.1, abs=0.1)
    for form in ("md", "tex"):
        assert "random play in Predator prey, World, Cooperative navigation" in texts[form]


def test_without_any_evaluation_the_table_still_shows_what_the_paper_prints(tmp_path: Path) -> None:
    texts = rendered(tmp_path, tmp_path)
    assert "0 of 3 seeds" in texts["md"]
    assert "90 of 90 cells missing" in texts["md"]
    assert "*628.6 ± 17.2*" in texts["md"]


def test_the_long_csv_has_one_line_a_cell_and_empty_fields_where_there_is_nothing(texts: dict[str, str]) -> None:
    rows = list(csv.DictReader(texts["csv"].splitlines()))
    assert len(rows) == 90
    found = {(row["row"], row["column"]): row for row in rows}
    assert found["tag/expert", "ma-sfbc"]["mean"] == ""
    assert found["tag/medium", "bc"]["paper_mean"] == ""
    assert found["tag/medium", "dom2"]["runner_up"] == "bc"
    assert float(found["tag/medium", "dom2"]["p_holm"]) < 0.05
    assert float(found["tag/medium", "dom2"]["p_rank"]) == pytest.approx(0.1)


def test_a_quick_table_can_never_pass_for_a_result(results: Path, tmp_path: Path) -> None:
    texts = rendered(results, tmp_path, stamp=QUICK)
    assert all("quick: exercises the pipeline, proves nothing" in texts[kind] for kind in ("md", "tex", "json"))
    assert {row["scale"] for row in csv.DictReader(texts["csv"].splitlines())} == {"quick"}


def test_the_same_inputs_give_the_same_bytes(results: Path, texts: dict[str, str], tmp_path: Path) -> None:
    assert rendered(results, tmp_path) == texts


def test_the_latex_is_balanced_and_every_row_has_six_fields(texts: dict[str, str]) -> None:
    body = texts["tex"].split(r"\toprule")[1].split(r"\bottomrule")[0]
    rows = [line for line in body.splitlines() if line.rstrip().endswith(r"\\")]
    assert len(rows) == 3 * (1 + 3 * 6) + 3
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {5}
    assert texts["tex"].count("{") == texts["tex"].count("}")
    for name in ("table", "tabular"):
        assert texts["tex"].count(rf"\begin{{{name}}}") == texts["tex"].count(rf"\end{{{name}}}") == 1
    assert texts["tex"].isascii()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex here")
@pytest.mark.parametrize("name", ["dom2_table1", "dom2_table4", "dom2_table5", "dom2_table6", "datasets"])
def test_the_latex_compiles(results: Path, tmp_path: Path, name: str) -> None:
    rendered(results, tmp_path, name)
    (tmp_path / "document.tex").write_text(DOCUMENT % f"{name}.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_the_dataset_table_stands_beside_the_published_statistics(results: Path, tmp_path: Path) -> None:
    texts = rendered(results, tmp_path, "datasets")
    assert "| Medium | 1 250 | 60.0 ± 17.0 | [30.0, 90.0] | 1 000 000 | 116.4 ± 59.0 | [-13.0, 418.0] |" in texts["md"]
    assert "| Random medium | 1 250 | 20.0 ± 17.0 | [-10.0, 50.0] | – | – | – |" in texts["md"]
    rows = {row["row"]: row for row in csv.DictReader(texts["csv"].splitlines())}
    assert len(rows) == 30
    assert float(rows["tag/medium"]["difference"]) == pytest.approx(60 - 116.4)


def test_absent_cards_are_counted(tmp_path: Path) -> None:
    assert "30 of 30 datasets missing" in rendered(tmp_path, tmp_path, "datasets")["md"]


def test_a_table_reads_the_settings_and_metrics_of_its_cells(tmp_path: Path) -> None:
    def alternating(cell: Cell) -> list[float]:
        return [399.5, 399.5, 399.5] if cell.algorithm == "dom2" else [100.0, 100.0, 100.0]

    for name in ("dom2_table7", "dom2_table8"):
        write_evaluations(tmp_path, name, alternating)
    seven, eight = (rendered(tmp_path, tmp_path, name)["json"] for name in ("dom2_table7", "dom2_table8"))
    assert cell_of(seven, "shifted/medium", "dom2")["mean"] == pytest.approx(399.5)
    assert cell_of(seven, "shifted-10/medium", "dom2")["mean"] == pytest.approx(400.5)  # the best of ten attempts
    assert cell_of(eight, "good/medium", "dom2")["mean"] == pytest.approx(10)  # every other episode
    assert cell_of(eight, "good/medium", "dom2")["paper_mean"] == 13.0


def test_a_row_whose_first_two_are_level_has_no_best(tmp_path: Path) -> None:
    write_evaluations(tmp_path, "dom2_table8", lambda _: [1.0] * 3)
    write_cards(tmp_path)
    assert "**0.0" not in rendered(tmp_path, tmp_path, "dom2_table8")["md"]


def test_what_is_counted_is_averaged_but_not_normalised(tmp_path: Path) -> None:
    write_evaluations(tmp_path, "dom2_table8", lambda cell: [500.0] * 3 if cell.dataset == "expert" else [1.0] * 3)
    write_cards(tmp_path)
    texts = rendered(tmp_path, tmp_path, "dom2_table8")
    (dom2,) = (entry for entry in json.loads(texts["json"])["summary"] if entry["column"] == "dom2")
    assert dom2["mean"] == pytest.approx(20 / 6)
    assert dom2["paper_mean"] == pytest.approx(14.8)
    assert cell_of(texts["json"], "good/expert", "dom2")["normalised_own"] is None
    assert "ormalised" not in texts["md"] + texts["tex"]


def test_the_shift_ranges_are_those_the_task_draws_from(tmp_path: Path) -> None:
    texts = rendered(tmp_path, tmp_path, "dom2_table5")
    assert "| Power | 1.0<br>*1.0* | [0.8, 1.2]<br>*[0.8,1.2]* | [0.6, 0.8] ∪ [1.2, 1.4]<br>" in texts["md"]
    assert "all 9 as the paper prints them" in texts["md"]
    assert "≠" not in texts["csv"]


def test_a_hyperparameter_that_drifts_from_the_printed_one_is_marked(tmp_path: Path) -> None:
    for folder in ("config", "workflow"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    file = tmp_path / "config" / "algorithms" / "dom2.yaml"
    described = yaml.safe_load(file.read_text())
    described["hyperparameters"]["eta"]["by"]["world"]["expert"] = 0.7
    file.write_text(yaml.safe_dump(described))
    paper = tmp_path / "config" / "papers" / "dom2"
    md, _, _, json_file = render_table("dom2_table6", paper, tmp_path, LAPTOP, tmp_path, tmp_path)
    assert cell_of(json_file.read_text(), "world/expert", "eta")["same"] is False
    assert cell_of(json_file.read_text(), "tag/medium", "thresholds")["same"] is True
    world = md.read_text().split("| World |")[1]
    assert "| Expert | 0.7<br>*0.5* **≠** |" in world


def test_the_configured_hyperparameters_are_those_of_table_6(tmp_path: Path) -> None:
    assert "all 48 as the paper prints them" in rendered(tmp_path, tmp_path, "dom2_table6")["md"]


def test_settings_print_as_the_paper_prints_them() -> None:
    assert [shown(value) for value in (25.0, None, [1.0, 2.5])] == ["25.0", "None", "[1.0, 2.5]"]
    assert shown(((0.6, 0.8), (1.2, 1.4))) == "[0.6, 0.8] ∪ [1.2, 1.4]"
    assert numbers("[-3.7, 5.9] ∪ 1000") == [-3.7, 5.9, 1000.0]


def test_a_paper_is_read_again_once_it_says_something_else(tmp_path: Path) -> None:
    file = tmp_path / "artifacts.yaml"
    file.write_bytes((PAPER / file.name).read_bytes())
    before = load_paper(tmp_path, ROOT)
    assert load_paper(tmp_path, ROOT) is before
    file.write_text(file.read_text().replace("Beyond Conservatism", "Beyond Caution"))
    assert load_paper(tmp_path, ROOT).title.startswith("Beyond Caution")


def test_an_unknown_artifact_and_a_figure_get_one_line(tmp_path: Path) -> None:
    with pytest.raises(QuartetError, match="unknown artifact 'dom2_tabel1'; did you mean 'dom2_table1'"):
        rendered(tmp_path, tmp_path, "dom2_tabel1")
    with pytest.raises(QuartetError, match="is a figure, not a table; try: quartet figure datasets_portrait"):
        rendered(tmp_path, tmp_path, "datasets_portrait")


def test_numbers_and_signs_print_as_intended() -> None:
    assert [number(value) for value in (-0.04, 0.05, -6.64, None, float("nan"))] == ["0.0", "0.1", "-6.6", "–", "–"]
    assert tex("50 % of R&D_1 ± 2 · {x}") == r"50 \% of R\&D\_1 $\pm$ 2 $\cdot$ \{x\}"
    assert markdown("a|b") == r"a\|b"


def test_columns_of_a_reference_are_told_apart() -> None:
    assert [column.id for column in artifact("dom2_table1").columns if not column.reference] == [
        "ma-cql",
        "omar",
        "ma-sfbc",
        "dom2",
    ]
