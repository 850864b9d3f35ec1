"""Figures and the report: they open, they say what they are, and the same inputs give the same bytes."""

import re
from html.parser import HTMLParser
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
    write_evaluations,
)

from quartet.artifacts import style
from quartet.artifacts.audit import render_audit
from quartet.artifacts.claims import render_claims
from quartet.artifacts.figure import render_figure
from quartet.artifacts.report import render_report
from quartet.artifacts.table import render_table
from quartet.errors import QuartetError

FIGURES = ("dom2_table1_chart", "datasets_portrait", "behaviour_curves")


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
    assert len({*looks.values()}) == 5


def test_a_table_and_a_damaged_curve_get_one_line(results: Path, tmp_path: Path) -> None:
    with pytest.raises(QuartetError, match="is a table, not a figure; try: quartet table dom2_table1"):
        render_figure("dom2_table1", PAPER, results, LAPTOP, tmp_path, ROOT)
    write_curves(tmp_path)
    (tmp_path / "behaviour/tag/curve.csv").write_text("transitions,mean\n1,2\n")
    with pytest.raises(QuartetError, match=r"tag/curve.csv: damaged curve"):
        render_figure("behaviour_curves", PAPER, tmp_path, LAPTOP, tmp_path, ROOT)


class Tags(HTMLParser):
    """Checks that tags nest, and collects what the page refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(results: Path) -> tuple[str, str]:
    html, md = render_report([PAPER], results, LAPTOP, results / "report", ROOT)
    return html.read_text(), md.read_text()


def test_the_report_is_one_page_that_needs_no_other_file(results: Path) -> None:
    for name in ("dom2_table1", "datasets"):
        render_table(name, PAPER, results, LAPTOP, results / "dom2" / "tables", ROOT)
    render_figure("datasets_portrait", PAPER, results, LAPTOP, results / "dom2" / "figures", ROOT)
    render_claims(PAPER, results, LAPTOP, results / "dom2", ROOT)
    render_audit(PAPER, results / "dom2", ROOT)
    html, md = page(results)
    tags = Tags()
    tags.feed(html)
    assert tags.open == []
    assert all(source.startswith(("#", "data:")) for source in tags.sources)
    assert "<script" not in html
    assert "200.0 ± 2.0</b> ★" in html
    assert "628.6 ± 17.2" in html
    assert "4 of 18" in html
    assert html.count("Not rendered yet.") == 4
    assert "![How the returns of the episodes in each dataset are spread.](../dom2/figures/datasets_portrait.svg)" in md
    assert page(results) == (html, md)


def test_a_report_with_nothing_rendered_lists_every_artifact(tmp_path: Path) -> None:
    html, md = page(tmp_path)
    for name in ("dom2_table1", "dom2_table2", "datasets", *FIGURES):
        assert f'id="{name}"' in html
        assert f"### {name}" in md
    assert "Not judged yet." in html
