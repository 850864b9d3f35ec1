"""The report without a browser: whole, self-contained, the same bytes twice, nothing forgotten."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from quartet import config
from quartet.artifacts.measure import Ends
from quartet.artifacts.text import tex
from quartet.report import arena, layout, markup, papers
from quartet.report.site import write_report
from quartet.report.sources import Sources
from tests.conftest import ROOT
from tests.unit.synthetic_results import STRENGTH

VOID = ("meta", "img", "br", "link", "input", "rect")


class Page(HTMLParser):
    """What a page opens and closes, its ids and where it points."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.open, self.ids, self.links = list[str](), list[str](), list[str]()
        self.text = file.read_text()
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def pages(site: Path) -> dict[str, Page]:
    return {file.name: Page(file) for file in sorted(site.glob("*.html"))}


def test_every_file_it_is_known_by_is_there(sources: Sources, site: Path) -> None:
    assert [name for name in layout.pages(sources.config) if not (site / name).stat().st_size] == []


def test_every_tag_is_closed_and_no_id_stands_twice(site: Path) -> None:
    for name, page in pages(site).items():
        assert (name, page.open) == (name, [])
        assert len(page.ids) == len(set(page.ids)), name


def test_every_link_stays_in_the_report_and_resolves(site: Path) -> None:
    known = pages(site)
    for name, page in known.items():
        for link in page.links:
            file, _, anchor = link.partition("#")
            if link.startswith("data:"):
                continue
            assert (site / (file or name)).is_file(), (name, link)
            assert not anchor or anchor in known[file or name].ids, (name, link)


def test_every_artifact_is_on_its_papers_page_or_says_why_not(sources: Sources, site: Path) -> None:
    for paper in sources.papers:
        page = (site / f"paper-{paper.id}.html").read_text()
        document = (site / "report.md").read_text()
        for artifact in papers.view(paper, sources)["artifacts"]:
            section = re.search(rf'<section class="artifact" id="{artifact["id"]}".*?</section>', page, re.DOTALL)
            assert section, artifact["id"]
            shown = "<table" in section[0] or "<img" in section[0]
            assert shown or artifact["why"] in section[0]
            assert f"({artifact['id']})" in document


def test_a_cell_shows_ours_the_papers_and_the_difference(site: Path) -> None:
    page = (site / "paper-dom2.html").read_text()
    cell = re.search(r'<td data-ours="200.0" data-paper="628.6" data-difference="-428.6">.*?</td>', page, re.DOTALL)
    assert cell
    for shown in ("<b>200.0 ± 2.0</b>", "★", "628.6 ± 17.2", "-428.6"):
        assert shown in cell[0]


def test_the_scoreboard_counts_the_verdicts(sources: Sources, site: Path) -> None:
    view = papers.view(sources.papers[0], sources)
    tally = view["tally"]
    assert tally["claims"] == sum(tally[verdict] for verdict in papers.VERDICTS) == len(view["claims"])
    assert tally["holds"] > 0
    bar = f"{tally['holds']} hold, {tally['fails']} fail, {tally['undecided']} undecided"
    assert bar in (site / "index.html").read_text()


def test_the_front_page_says_first_what_the_claims_came_to(sources: Sources, site: Path) -> None:
    sums = papers.sums([papers.view(sources.papers[0], sources)])  # the only one that was judged here
    page = (site / "index.html").read_text()
    said = page[: page.index("<table")]
    assert f"{sums['judged']} are judged: {sums['holds']} hold, {sums['fails']} fail" in said
    assert f"{sums['agrees']} agree with what is printed" in said
    assert f">{sums['recounted'] - sums['agrees']} do not</a>" in said


def test_a_claim_gives_a_reason_of_its_own_or_none() -> None:
    told = {"says": "", "verdict": "not judged"}
    claims = [{**told, "id": "a", "why": "quick proves nothing"}, {**told, "id": "b", "why": "3 cells missing"}]
    found = papers.claims_of({"banner": "quick proves nothing", "claims": claims}, None)
    assert [claim["why"] for claim in found] == ["", "3 cells missing"]


def test_the_arena_has_a_table_a_task_and_ranks_those_who_play_there(sources: Sources) -> None:
    first = arena.view(sources)["tasks"][0]
    assert {column["id"] for column in first["columns"]} == set(STRENGTH)
    assert (first["shared"], len(first["rows"])) == (6, 6)
    ranks = {column["id"]: rank for column, rank in zip(first["columns"], first["ranks"], strict=True)}
    assert (ranks["dom2"], ranks["ma-cql"]) == (1, len(STRENGTH))


def test_the_arena_leaves_out_a_task_whose_scores_would_say_nothing(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arena, "own_ends", lambda _, task: Ends(0.0, 100.0, noise=101.0 if task == "tag" else 99.0))
    view = arena.view(sources)
    assert view["together"] == ["Predator prey"]
    assert "Predator prey" not in [task["title"] for task in view["tasks"]]


def test_tables_come_first_by_number_and_a_chart_follows_its_table(sources: Sources) -> None:
    numbers = [artifact.number for artifact in papers.ordered(sources.papers[0].artifacts)]
    assert numbers[:3] == ["Table 1", "Table 1, drawn", "Table 2"]
    assert numbers.index("Figure 1") > numbers.index("Table 8")
    assert numbers[-1] == "ours"


def test_an_algorithms_page_has_its_equations_values_and_sources(site: Path) -> None:
    page = (site / "algorithm-dom2.html").read_text()
    assert "<pre><code>L_pi = L_bc" in page
    assert "DOM2 Table 6" in page
    assert "Q_phi" in page or "E|Q_1(o, a)|" in page
    assert 'href="paper-dom2.html#dom2_table1"' in page


@pytest.mark.parametrize("name", config.algorithms(ROOT))
def test_every_algorithm_is_documented_under_its_modules_name(name: str, site: Path) -> None:
    assert "The source alone says it" not in (site / f"algorithm-{name}.html").read_text()


def test_the_report_is_small_and_the_same_bytes_twice(sources: Sources, site: Path, tmp_path: Path) -> None:
    write_report(sources, tmp_path)
    files = sorted(path.relative_to(site) for path in site.rglob("*") if path.is_file())
    assert sum((site / file).stat().st_size for file in files) < 10_000_000
    assert [file for file in files if (site / file).read_bytes() != (tmp_path / file).read_bytes()] == []


def test_links_of_our_documents_into_the_repository_become_words() -> None:
    assert markup.html("see [the plan](docs/plan.md) and [this](https://example.org)\n") == (
        '<p>see the plan and <a href="https://example.org">this</a></p>\n'
    )


def test_a_name_is_looked_for_as_a_word() -> None:
    table = "| point | why |\n|---|---|\n| MA-CQL's rate | a |\n| CQL alone | b |\n| DoF-Policy | c |\n"
    assert markup.rows_about(table, "MA-CQL") == [["MA-CQL's rate", "a"]]
    assert markup.rows_about(table, "DoF") == []


def test_latex_is_given_the_names_of_greek_letters() -> None:
    assert tex("η τ λ Δ é A ≤ 5 %") == r"$\eta$ $\tau$ $\lambda$ $\Delta$ é A $\leq$ 5 \%"


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX here")
def test_the_latex_document_compiles(site: Path) -> None:
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=site, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (site / "report.pdf").stat().st_size > 20_000
    beyond = re.findall(r"Overfull \\hbox \(([\d.]+)pt", (site / "report.log").read_text(errors="replace"))
    assert max(map(float, beyond), default=0) < 10, "a table or a line runs off the page"
