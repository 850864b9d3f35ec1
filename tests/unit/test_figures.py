"""Figures and the report: they open, they say what they are, and the same inputs give the same bytes."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from synthetic_results import (
    LAPTOP,
    PAPER,
    QUICK,
    ROOT,
    artifact,
    write_cards,
    write_curves,
    write_evaluation,
    write_evaluations,
)

from quartet.artifacts import bars, style
from quartet.artifacts.averages import Average, over
from quartet.artifacts.figure import render_figure
from quartet.artifacts.lines import places
from quartet.artifacts.measure import measure
from quartet.artifacts.output import Order
from quartet.artifacts.spec import load_paper
from quartet.errors import QuartetError

FIGURES = ("dom2_table1_chart", "datasets_portrait", "behaviour_curves", "dom2_figure5", "dom2_figure6")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results")
    write_evaluations(folder, "dom2_table1")
    write_cards(folder)
    write_curves(folder)
    return folder


def words(svg: Path) -> str:
    return " ".join(ElementTree.parse(svg).getroot().itertext())


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_names_its_panels_its_scale_and_its_commit(results: Path, tmp_path: Path, name: str) -> None:
    svg, png = render_figure(name, PAPER, results, QUICK, tmp_path, ROOT)
    text = words(svg)
    for said in ("Predator prey", "World", "Cooperative navigation", "scale quick", "abc1234", "proves nothing"):
        assert said in text
    assert png.read_bytes().startswith(b"\x89PNG")


def test_the_same_inputs_give_the_same_bytes(results: Path, tmp_path: Path) -> None:
    for name in FIGURES:
        once, twice = (render_figure(name, PAPER, results, LAPTOP, tmp_path / run, ROOT) for run in "ab")
        assert [path.read_bytes() for path in once] == [path.read_bytes() for path in twice]


def test_an_svg_has_no_date_and_takes_the_ink_of_the_page(results: Path, tmp_path: Path) -> None:
    text = render_figure("dom2_table1_chart", PAPER, results, LAPTOP, tmp_path, ROOT)[0].read_text()
    assert "prefers-color-scheme:dark" in text
    assert "currentColor" in text
    assert text.count(style.INK) == 1
    assert not re.search(r"20\d\d-\d\d-\d\d", text)


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_its_data_says_so(tmp_path: Path, name: str) -> None:
    svg, _ = render_figure(name, PAPER, tmp_path, LAPTOP, tmp_path, ROOT)
    assert "missing" in words(svg)


def test_our_reference_takes_no_colour_of_the_papers_columns() -> None:
    looks = style.looks(artifact("dom2_table1").columns)
    assert looks["bc"][0] == style.REFERENCE
    assert looks["ma-cql"][0] == style.COLOURS[0]
    assert [len({look[part] for look in looks.values()}) for part in range(3)] == [5, 5, 5]  # in grey, too


def test_a_table_and_a_damaged_curve_get_one_line(results: Path, tmp_path: Path) -> None:
    with pytest.raises(QuartetError, match="is a table, not a figure; try: quartet table dom2_table1"):
        render_figure("dom2_table1", PAPER, results, LAPTOP, tmp_path, ROOT)
    write_curves(tmp_path)
    (tmp_path / "behaviour/tag/curve.csv").write_text("transitions,mean\n1,2\n")
    with pytest.raises(QuartetError, match=r"tag/curve.csv: damaged curve"):
        render_figure("behaviour_curves", PAPER, tmp_path, LAPTOP, tmp_path, ROOT)


def averages(results: Path, name: str) -> dict[tuple[str, str], Average]:
    """Every bar or point of a figure, by its panel and column."""
    drawn = artifact(name)
    grid = measure(drawn, load_paper(PAPER, ROOT), results, ROOT)
    return {(title, column.id): over(grid, rows, column) for title, rows in drawn.blocks for column in drawn.columns}


def test_the_papers_bars_are_the_averages_of_its_printed_tables(tmp_path: Path) -> None:
    found = averages(tmp_path, "dom2_figure2")
    good = [12.8, 9.2, 14.6, 13.0, 19.2, 20.0]  # Table 8, DOM2
    assert found["Good policies", "dom2"].paper == pytest.approx(sum(good) / 6)
    assert found["Standard, K = 1", "dom2"].paper == pytest.approx(539.4667, abs=1e-3)
    assert found["Good policies", "bc"].paper is None
    assert {average.mean for average in found.values()} == {None}


def test_a_bar_is_the_mean_over_its_cells_and_gone_when_one_is_missing(tmp_path: Path) -> None:
    write_evaluations(
        tmp_path, "dom2_table7", lambda cell: [300.0, 310.0, 320.0] if cell.dataset == "expert" else [10.0] * 3
    )
    whole = averages(tmp_path, "dom2_figure2")["Standard, K = 1", "omar"]
    assert whole.mean == pytest.approx((310 + 5 * 10) / 6)
    assert (whole.low, whole.high) == pytest.approx(((300 + 50) / 6, (320 + 50) / 6))
    (tmp_path / "evaluations/landmarks/medium/omar/default/standard.csv").unlink()
    assert averages(tmp_path, "dom2_figure2")["Standard, K = 1", "omar"].mean is None
    svg, _ = render_figure("dom2_figure2", PAPER, tmp_path, LAPTOP, tmp_path, ROOT)
    assert "missing" in words(svg)
    assert "2 of 90 cells missing" in words(svg)


def test_bars_of_nothing_stand_on_an_axis_of_ones(tmp_path: Path) -> None:
    paper = load_paper(PAPER.parent / "dof", ROOT)
    drawn = paper.artifact("dof_figure4")
    for cell in drawn.cells:
        write_evaluation(cell.file(tmp_path), [0.0] * 3)
    (axis,) = bars.draw(Order(drawn, paper, tmp_path, LAPTOP, ROOT)).axes
    assert axis.get_ylim() == (0, 1)


def test_a_point_of_a_sweep_is_a_normalised_average_at_its_value(results: Path) -> None:
    write_evaluations(results, "dom2_figure5")
    found = averages(results, "dom2_figure5")
    assert found["World", "omar@fraction=5"].mean == pytest.approx(90)  # random play returns 0, the expert 100
    assert found["World", "omar@fraction=5"].paper is None
    assert found["World", "dom2@fraction=100"].paper == pytest.approx(90.4, abs=0.1)  # from the printed Table 1
    points = artifact("dom2_figure5").lines["DOM2"]
    assert places(points) == [1, 5, 10, 50, 100]
    assert places(artifact("dom2_figure5d").lines["DOM2"]) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["dom2_figure2", "dom2_figure5d", "dom2_figure11", "dom2_figure12"])
def test_every_panel_and_line_is_named_even_without_results(tmp_path: Path, name: str) -> None:
    svg, _ = render_figure(name, PAPER, tmp_path, QUICK, tmp_path, ROOT)
    drawn = artifact(name)
    for said in [title for title, _ in drawn.blocks] + list(drawn.lines) + ["hollow: the paper", "proves nothing"]:
        assert said in words(svg)
