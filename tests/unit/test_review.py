"""The review's questions as artifacts: counted costs, and the benefit of augmentation against the shape of returns."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from synthetic_results import LAPTOP, QUICK, ROOT, write_evaluation

from quartet import paths
from quartet.artifacts import scatter
from quartet.artifacts.audit import render_audit
from quartet.artifacts.claims import load_claims, render_claims
from quartet.artifacts.costs import costs_of
from quartet.artifacts.figure import render_figure
from quartet.artifacts.measure import measure
from quartet.artifacts.output import Order
from quartet.artifacts.spec import load_paper
from quartet.artifacts.table import render_table
from quartet.artifacts.text import prefixed
from quartet.evaluation import statistics
from quartet.evaluation.cost import TEAMS, Cost, costs_csv

REVIEW = ROOT / "config" / "papers" / "dom2-review"
ALGORITHMS = ("bc", "ma-cql", "omar", "ma-sfbc", "dom2")


def write_costs(results: Path, names: tuple[str, ...] = ALGORITHMS) -> None:
    """The k-th algorithm needs k + 1 times as much as the first, and everything doubles with the team."""
    for place, name in enumerate(names):
        counts = [Cost(n, *(1000 * (place + 1) * n,) * 4) for n in TEAMS]
        file = results / paths.COST.format(algorithm=name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(costs_csv(counts))


def write_augmentation(results: Path) -> None:
    """Datasets of growing variation, on which augmentation helps the more the wider their returns are spread."""
    paper = load_paper(REVIEW, ROOT)
    artifact = paper.artifact("review_augmentation")
    for place, row in enumerate(artifact.rows):
        for column in artifact.columns:
            lead = 2.0 * place if column.id == "augmented" else 0.0
            write_evaluation(artifact.cell(row, column).file(results), [50 + lead, 51 + lead, 52 + lead])
        write_card(results, row.task, row.dataset, mean=60.0, sd=5.0 + place)
    for task in ("tag", "world", "spread"):
        write_card(results, task, "random", mean=0.0, sd=5.0)
        write_card(results, task, "expert", mean=100.0, sd=30.0)


def write_card(results: Path, task: str, dataset: str, mean: float, sd: float) -> None:
    card = {"mean": mean, "sd": sd, "min": mean - sd, "max": mean + sd, "episodes": 4, "transitions": 100}
    card["histogram"] = {"edges": [mean - 2 * sd, mean, mean + 2 * sd], "counts": [2, 2]}  # type: ignore[assignment]
    file = results / paths.CARD.format(task=task, dataset=dataset)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(card))


def test_every_question_has_a_caption_that_asks_it() -> None:
    paper = load_paper(REVIEW, ROOT)
    asked = {artifact.number.split(",")[0] for artifact in paper.artifacts if "?" in artifact.caption}
    assert asked == {"Open question 1", "Open question 2", "Open question 3", "Next check 2", "Next check 3"}
    assert {name for claim in load_claims(REVIEW, paper, ROOT) for name in claim.artifact} == {
        artifact.id for artifact in paper.artifacts if artifact.kind == "table"
    }


def test_the_cost_table_holds_every_count_and_how_many_times_the_first_it_is(tmp_path: Path) -> None:
    write_costs(tmp_path)
    written = render_table("review_cost", REVIEW, tmp_path, QUICK, tmp_path / "out", ROOT)
    rows = list(csv.DictReader(written[2].open()))
    assert len(rows) == 4 * len(TEAMS) * len(ALGORITHMS)
    dom2 = next(r for r in rows if (r["algorithm"], r["agents"], r["quantity"]) == ("dom2", "8", "update"))
    assert (dom2["value"], dom2["times"]) == ("40000", "5")
    text = written[0].read_text()
    assert "| 8 | 8 k | 16 k<br>×2.0 |" in text
    assert "proves nothing" not in text  # counts are true whatever the scale is good for


def test_costs_that_were_not_counted_are_dashes(tmp_path: Path) -> None:
    write_costs(tmp_path, ("bc", "ma-cql"))
    text = render_table("review_cost", REVIEW, tmp_path, LAPTOP, tmp_path / "out", ROOT)[0].read_text()
    assert "missing: OMAR, MA-SfBC, DOM2" in text
    assert "| 2 | 2 k | 4 k<br>×2.0 | – | – | – |" in text


@pytest.mark.parametrize("name", ["review_cost_chart", "review_augmentation_scatter"])
def test_a_figure_is_the_same_bytes_every_time_and_bears_to_be_empty(tmp_path: Path, name: str) -> None:
    empty = render_figure(name, REVIEW, tmp_path, LAPTOP, tmp_path / "empty", ROOT)
    assert "missing" in empty[0].read_text()
    write_costs(tmp_path)
    write_augmentation(tmp_path)
    once, twice = (render_figure(name, REVIEW, tmp_path, LAPTOP, tmp_path / run, ROOT) for run in "ab")
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in twice]
    assert "DOM2" in once[0].read_text() or "mr: Medium replay" in once[0].read_text()


def test_the_chart_of_costs_draws_what_the_table_counts(tmp_path: Path) -> None:
    write_costs(tmp_path)
    paper = load_paper(REVIEW, ROOT)
    chart = paper.artifact("review_cost_chart")
    assert {row.where["quantity"] for row in chart.rows} == {"parameters", "update", "action"}
    assert costs_of(Order(chart, paper, tmp_path, LAPTOP, ROOT))["omar"][16].update == 48_000


def test_a_perfect_order_is_a_rank_correlation_of_one(tmp_path: Path) -> None:
    write_augmentation(tmp_path)
    paper = load_paper(REVIEW, ROOT)
    drawn = paper.artifact("review_augmentation_scatter")
    found = scatter.points(measure(drawn, paper, tmp_path, ROOT), _cards(tmp_path))
    # The expert datasets' cards are ends of the score, too, and written last: two of their fifteen points move.
    inner = [point for point in found if point.row.dataset != "expert"]
    assert len(inner) == 12
    rho, low, high = scatter.correlation(inner, 0)
    assert rho == pytest.approx(1.0)
    assert 0.9 < low <= high <= 1.0
    assert inner[3].lead[0] == pytest.approx(6.0)


def _cards(results: Path) -> dict[str, dict[str, object]]:
    drawn = load_paper(REVIEW, ROOT).artifact("review_augmentation_scatter")
    files = {row.id: results / paths.CARD.format(task=row.task, dataset=row.dataset) for row in drawn.rows}
    return {row: json.loads(file.read_text()) for row, file in files.items()}


def test_the_shape_of_returns_is_their_variation_and_skewness() -> None:
    edges = np.linspace(0, 10, 201)
    counts = np.exp(-(edges[:-1] + edges[1:]) / 2)
    card = {"mean": -2.0, "sd": 1.0, "histogram": {"edges": edges, "counts": counts}}
    variation, skewness = scatter.shape(card)
    assert variation == 0.5
    assert skewness == pytest.approx(2.0, abs=0.05)  # an exponential distribution's


def test_rank_correlation_sees_order_alone_along_the_last_axis() -> None:
    x = np.array([[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
    found = statistics.rank_correlation(x, np.array([[1.0, 10.0, 100.0, 1000.0]] * 3))
    assert found[:2].tolist() == pytest.approx([1.0, -1.0])
    assert np.isnan(found[2])


def test_claims_are_judged_from_our_numbers_alone(tmp_path: Path) -> None:
    write_augmentation(tmp_path)
    judged = json.loads(render_claims(REVIEW, tmp_path, LAPTOP, tmp_path / "out", ROOT)[1].read_text())["claims"]
    verdicts = {claim["id"]: claim["verdict"] for claim in judged}
    assert verdicts.pop("augmentation_helps") == "holds"
    assert set(verdicts.values()) == {"not judged"}


def test_the_audit_of_a_review_finds_nothing_printed(tmp_path: Path) -> None:
    text = render_audit(REVIEW, tmp_path, ROOT)[0].read_text()
    assert "prints no numbers" in text


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "–"), (0, "0"), (64, "64"), (999, "999"), (999_900, "1 M"), (10_304, "10.3 k"), (2.5e12, "2.5 T")],
)
def test_counts_are_printed_with_three_figures_and_a_prefix(count: float | None, text: str) -> None:
    assert prefixed(count) == text
