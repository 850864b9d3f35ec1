"""Tables, bars and maps of what was measured of datasets made larger."""

from pathlib import Path

import pytest
from matplotlib.figure import Figure
from test_published_eaq import FOLDER, PAPER, ROOT

from quartet import paths
from quartet.artifacts import examined, maps, shares
from quartet.artifacts.claims import judge, load_claims, measured
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import Order
from quartet.artifacts.table import render_table
from quartet.toys.result import Result, write_result

LAPTOP = Stamp("laptop", "abc1234", 3, True)
NOBODY = float("nan")  # a share of no steps


def write(results: Path, task: str, dataset: str, **measures: list[float]) -> None:
    """An examination of these measures, and three points."""
    points = [[0.0, 1.0, 0], [1.0, 0.0, 0], [2.0, 2.0, 1]]
    write_result(results / paths.EXAMINATION.format(task=task, dataset=dataset), Result(measures, points))


def order(name: str, results: Path) -> Order:
    return Order(PAPER.artifact(name), PAPER, results, LAPTOP, ROOT)


def test_a_cell_is_the_mean_over_the_subsets_in_which_something_was_measured(tmp_path: Path) -> None:
    write(tmp_path, "3m", "medium-few", **{"focus-all": [0.2, NOBODY, 0.4], "steps-all": [10, 0, 20]})
    view = examined.view(order("eaq_focus", tmp_path))
    cells = {(cell["row"], cell["column"]): cell for cell in view["cells"]}
    share, steps = (cells[f"3m-medium/{name}", "original"] for name in ("focus-all", "steps-all"))
    assert (share["mean"], share["subsets"], share["dataset"]) == (pytest.approx(0.3), 2, "medium-few")
    assert (steps["mean"], steps["subsets"]) == (10, 3)
    assert cells["3m-medium/focus-all", "eaq"]["mean"] is None
    assert "17 of 18 datasets missing" in view["header"]


def test_a_table_says_that_its_means_are_over_subsets(tmp_path: Path) -> None:
    write(tmp_path, "2s3z", "poor-eaq", **{"gap": [1.0, 2.0, 6.0], "illegal": [0.125] * 3})
    files = render_table("eaq_consistency", FOLDER, tmp_path, LAPTOP, tmp_path / "out", ROOT)
    texts = {file.suffix: file.read_text() for file in files}
    assert "the mean over subsets" in texts[".md"]
    assert "| 3.000<br>" in texts[".md"]
    assert "0.125" in texts[".tex"]
    assert texts[".csv"].count("eaq_consistency,") == 4 * 7 * 5


def bars(figure: Figure) -> list[float]:
    return [patch.get_height() for axis in figure.axes for patch in axis.patches]


def test_bars_are_as_high_as_the_means_and_missing_ones_say_so(tmp_path: Path) -> None:
    write(tmp_path, "3m", "medium-few", **{"focus-all": [0.2, 0.4], "focus-living": [0.5, 0.5]})
    write(tmp_path, "3m", "medium-eaq", **{"focus-all": [0.6, 0.8], "focus-living": [NOBODY, NOBODY]})
    figure = shares.draw(order("eaq_figure1b", tmp_path))
    assert bars(figure) == [pytest.approx(0.3), pytest.approx(0.7), pytest.approx(0.5)]
    assert sum(text.get_text() == "none" for axis in figure.axes for text in axis.texts) == 12 - 3


def test_a_map_shows_the_original_and_what_is_new(tmp_path: Path) -> None:
    write(tmp_path, "8m", "medium-rad-m", density=[1.0])
    figure = maps.draw(order("eaq_figure3", tmp_path))
    shown = {
        (row, column): [len(found.get_offsets()) for found in axis.collections]
        for (row, column), axis in zip(((r, c) for r in range(3) for c in range(3)), figure.axes, strict=True)
    }
    assert shown.pop((1, 0)) == [2, 1]
    assert set(map(tuple, shown.values())) == {()}


def test_figures_are_drawn_from_nothing_and_again_with_the_same_bytes(tmp_path: Path) -> None:
    for name in ("eaq_figure1b", "eaq_figure3"):
        first, again = (render_figure(name, FOLDER, tmp_path, LAPTOP, tmp_path / out, ROOT) for out in ("a", "b"))
        assert [file.read_bytes() for file in first] == [file.read_bytes() for file in again]


def test_a_claim_about_examinations_is_judged_by_the_subsets_in_which_something_was_found(tmp_path: Path) -> None:
    claims = load_claims(FOLDER, PAPER, ROOT)
    [claim] = [claim for claim in claims if claim.id == "more_focus"]
    for quality in ("medium", "poor"):
        write(tmp_path, "3m", f"{quality}-few", **{"focus-all": [0.2, 0.3, NOBODY]})
        write(tmp_path, "3m", f"{quality}-eaq", **{"focus-all": [0.1, 0.15, 0.12]})
    judgement = judge(claim, measured([claim], PAPER, tmp_path, ROOT), LAPTOP)
    assert (judgement.won, judgement.verdict) == (0, "fails")
