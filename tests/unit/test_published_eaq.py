"""EAQ as data: every printed number is the printed number, and the audit recounts what the paper says of them."""

import re
from pathlib import Path

import pytest

from quartet import config, plan
from quartet.artifacts.audit import audit
from quartet.artifacts.claims import load_claims
from quartet.artifacts.published import read_published
from quartet.artifacts.spec import load_paper, named
from quartet.artifacts.stated import Stated, load_stated, recounted
from quartet.names import AUGMENTED, GENERATED

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "config" / "papers" / "eaq"
PAPER = load_paper(FOLDER, ROOT)
TEXT = ROOT.parent / "shared" / "papers" / "eaq.txt"
needs_text = pytest.mark.skipif(not TEXT.exists(), reason="the paper's text is not beside the repository")

METHODS = ("original", "rad-s", "rad-m", "eaq-no-q", "eaq")
SCENARIOS = {"3m": "3m", "5m": "5m_vs_6m", "8": "8m", "2s3z": "2s3z", "3s5z": "3s5z_vs_3s6z"}
FOUND = audit(PAPER, load_claims(FOLDER, PAPER, ROOT), load_stated(FOLDER, ROOT), ROOT)
CLAIMS = {claim["id"]: claim for claim in FOUND["claims"]}
NUMBERS = {entry["id"]: entry for entry in FOUND["stated"]}


def lines_of_table_1() -> dict[str, list[str]]:
    """The ten values of every line of the table, by scenario and quality."""
    found = {}
    for line in TEXT.read_text(encoding="utf-8").splitlines():
        name, *values = line.split("\t")
        scenario = re.match(r"\$?(AVG|3m|5m|8|2s3z|3s5z)", name)
        if len(values) == 10 and scenario:
            quality = "medium" if "medium" in name else "poor"
            found[f"{SCENARIOS.get(scenario[1], scenario[1])}-{quality}"] = values
    return found


@needs_text
def test_every_cell_of_table_1_is_what_the_paper_prints() -> None:
    expected = {
        (f"{algorithm}/{row}", method): tuple(float(number) for number in re.findall(r"\d+\.\d+", value))
        for row, values in lines_of_table_1().items()
        if not row.startswith("AVG")
        for (algorithm, method), value in zip(
            ((algorithm, method) for algorithm in ("qmix-cql", "qmix-bcq") for method in METHODS), values, strict=True
        )
    }
    cells = read_published(PAPER.artifact("eaq_table1"), ROOT)
    assert len(cells) == 100
    assert {key: (value.mean, value.spread) for key, value in cells.items()} == expected


@needs_text
def test_the_averages_are_what_the_paper_prints() -> None:
    cells = read_published(PAPER.artifact("eaq_averages"), ROOT)
    for quality in ("medium", "poor"):
        printed = [cells[f"{a}/{quality}", m].mean for a in ("qmix-cql", "qmix-bcq") for m in METHODS]
        assert printed == [float(value) for value in lines_of_table_1()[f"AVG-{quality}"]]


def test_the_best_of_twenty_are_14_4_1_and_1() -> None:
    assert [CLAIMS[name]["won"] for name in ("best_eaq", "best_without_q", "best_rad_s")] == [14, 4, 1]
    assert all(CLAIMS[name]["agrees"] for name in ("best_eaq", "best_without_q", "best_rad_s"))


def test_the_averages_recount_and_the_gains_made_of_them_do_not() -> None:
    averages = [entry["agrees"] for name, entry in NUMBERS.items() if name.startswith("average_")]
    assert averages == [True] * 20
    assert NUMBERS["gain_medium"]["recounted"] == pytest.approx(18.3, abs=0.05)
    assert NUMBERS["gain_poor"]["recounted"] == pytest.approx(11.9, abs=0.05)
    assert (NUMBERS["gain_medium"]["agrees"], NUMBERS["gain_poor"]["agrees"]) == (False, False)
    assert NUMBERS["gain_medium"]["found"] == "18.28 points"


def test_most_of_eaq_lies_below_the_policy_that_collected_the_data_and_all_of_the_original() -> None:
    assert (CLAIMS["above_behaviour"]["won"], CLAIMS["original_above_behaviour"]["won"]) == (6, 0)
    cells, table = (read_published(PAPER.artifact(name), ROOT) for name in ("eaq_behaviour", "eaq_table1"))
    for (row, column), value in cells.items():
        if column == "behaviour":
            assert value.recovered
        else:
            assert (value.mean, value.spread) == (table[row, column].mean, table[row, column].spread)


def test_few_leads_are_significant() -> None:
    assert CLAIMS["significant_over_original"]["won"] == 4
    assert CLAIMS["guidance_medium"]["won"] == 1


def test_rows_with_stars_are_averaged_and_one_without_is_itself() -> None:
    def number(row: str) -> float:
        place = ("eaq_table1", row, "eaq")
        return float(recounted([Stated("n", "a number", "nowhere", place, "value")], PAPER, ROOT)[0]["recounted"])

    assert number("qmix-cql/3m-*") == pytest.approx((13.70 + 10.60) / 2)
    assert number("qmix-cql/3m-poor") == 10.60


def test_a_quality_and_what_was_made_of_it_name_a_dataset() -> None:
    assert named({"quality": "poor", "made": "eaq", "task": "3m"}) == {"dataset": "poor-eaq", "task": "3m"}
    assert named({"task": "3m", "dataset": "good"}) == {"task": "3m", "dataset": "good"}


def test_table_1_needs_two_models_a_dataset_and_no_dataset_twice() -> None:
    settings = config.load(ROOT, scale="quick", papers=["eaq"])
    chosen = plan.plan(settings, plan.find(settings, "eaq_table1"))
    assert [len(chosen.stage(stage)) for stage in ("behaviour", "augment", "train", "evaluate")] == [5, 20, 100, 100]
    datasets = {job.name.partition("/")[2] for job in chosen.stage("dataset")}
    assert datasets == {
        f"{q}{m}" for q in ("medium", "poor") for m in ("", "-few", "-rad-s", "-rad-m", "-eaq", "-eaq-no-q")
    }
    assert len(chosen.stage("dataset")) == 5 * 12


def test_every_dataset_that_is_made_is_made_of_few() -> None:
    assert set(AUGMENTED.values()) == {"medium", "poor", "medium-few", "poor-few"}
    assert {name for name in AUGMENTED if AUGMENTED[name] in ("medium", "poor")} == {"medium-few", "poor-few"}
    assert len(GENERATED) == 2 * 5


def test_what_is_examined_is_planned_and_read(tmp_path: Path) -> None:
    settings = config.load(ROOT, scale="quick", papers=["eaq"], results=str(tmp_path))
    [figure] = plan.find(settings, "eaq_figure1b")
    names = {job.name for job in plan.plan(settings, [figure]).stage("examine")}
    assert names == {f"3m/{q}-{made}" for q in ("medium", "poor") for made in ("few", "eaq-no-q", "eaq")}
    assert {path.name for path in plan.inputs(settings, figure)} >= {"medium-eaq.json", "poor-few.json"}
