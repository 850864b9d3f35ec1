"""The audit: the paper's claims recounted from its own tables, checked by a slower count."""

import csv
from pathlib import Path

import pytest
from scipy import stats
from synthetic_results import PAPER, ROOT

from quartet.artifacts.audit import audit, render_audit
from quartet.artifacts.claims import load_claims
from quartet.artifacts.spec import load_paper

PAPER_DATA = load_paper(PAPER, ROOT)
VIEW = audit(PAPER_DATA, load_claims(PAPER, PAPER_DATA, ROOT), root=ROOT)
FOUND = {claim["id"]: claim for claim in VIEW["claims"]}
RIVALS = ("ma-cql", "omar", "ma-sfbc")


def rows_of(number: int) -> dict[str, dict[str, tuple[float, float]]]:
    """A printed table straight from its CSV: row -> column -> (mean, spread)."""
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    with (PAPER / "published" / f"table{number}.csv").open() as handle:
        for line in csv.DictReader(handle):
            rows.setdefault(line["row"], {})[line["column"]] = float(line["mean"]), float(line["spread"])
    return rows


def test_dom2_is_best_in_18_of_18_standard_and_17_of_18_shifted_settings() -> None:
    assert (FOUND["best_standard"]["won"], FOUND["best_standard"]["agrees"]) == (18, True)
    assert (FOUND["best_shifted"]["won"], FOUND["best_shifted"]["agrees"]) == (17, True)


def test_the_one_loss_is_to_omar_by_four_tenths() -> None:
    (lost,) = FOUND["best_shifted"]["lost"]
    assert (lost["row"], lost["rival"]) == ("spread/medium", "omar")
    assert lost["margin"] == pytest.approx(-0.4)
    assert FOUND["only_omar_shifted"]["won"] == 36


def test_the_printed_deviations_are_not_smaller_in_most_settings() -> None:
    rows = rows_of(1).values()
    smallest = sum(all(row["dom2"][1] < row[rival][1] for rival in RIVALS) for row in rows)
    smaller = sum(row["dom2"][1] < row[rival][1] for row in rows for rival in RIVALS)
    assert (smallest, smaller) == (4, 23)
    assert (FOUND["steadiest_standard"]["won"], FOUND["steadiest_standard"]["agrees"]) == (smallest, False)
    assert (FOUND["steadier_standard"]["won"], FOUND["steadier_standard"]["agrees"]) == (smaller, False)


def test_significance_is_recounted_by_welch_and_holm() -> None:
    for number, claim in ((1, "significant_standard"), (2, "significant_shifted")):
        p = sorted(
            stats.ttest_ind_from_stats(*row["dom2"], 5, *row[rival], 5, equal_var=False).pvalue
            for row in rows_of(number).values()
            for rival in RIVALS
        )
        surviving = 0
        while surviving < len(p) and p[surviving] * (len(p) - surviving) < 0.05:
            surviving += 1
        assert FOUND[claim]["won"] == surviving
        assert FOUND[claim]["agrees"] is False


def test_values_printed_twice_are_found() -> None:
    first, second = VIEW["tables"][:2]
    assert (first["printed"], second["printed"]) == (72, 72)
    assert first["twice"] == []
    (repeat,) = second["twice"]
    assert (repeat["mean"], repeat["spread"]) == (251.0, 36.8)
    assert repeat["cells"] == ["spread/random omar", "spread/random-medium ma-cql"]
    assert second["level"] == [{"row": "spread/expert", "mean": 410.6, "columns": ["omar", "ma-sfbc"]}]


def test_28_of_30_shifted_settings_are_won_in_the_printed_tables() -> None:
    best = [max(row, key=lambda column: row[column][0]) for n in (2, 4) for row in rows_of(n).values()]
    assert best.count("dom2") == FOUND["best_of_thirty"]["won"] == 28
    assert FOUND["best_shifted_cheetah"]["won"] == 11
    assert [lost["row"] for lost in FOUND["best_of_thirty"]["lost"]] == ["spread/medium", "E/expert"]


def test_one_row_of_table_7_is_won_by_ma_sfbc_whatever_the_text_says() -> None:
    (lost,) = FOUND["best_landmarks"]["lost"]
    assert (lost["row"], lost["rival"], FOUND["best_landmarks"]["agrees"]) == ("shifted-10/medium", "ma-sfbc", False)
    assert rows_of(7)["shifted-10/medium"]["ma-sfbc"][0] - rows_of(7)["shifted-10/medium"]["dom2"][0] == pytest.approx(
        -lost["margin"]
    )
    assert FOUND["most_strategies"]["won"] == 3
    assert (FOUND["best_cheetah"]["won"], FOUND["most_good_policies"]["won"]) == (6, 6)


def test_ten_attempts_gain_on_every_dataset_but_seldom_significantly() -> None:
    rows = rows_of(7)
    gains = [
        rows[f"shifted-10/{row.split('/')[1]}"]["dom2"][0] - rows[row]["dom2"][0] for row in rows if "shifted/" in row
    ]
    assert sum(gain > 0 for gain in gains) == FOUND["gains_with_attempts"]["won"] == 6
    assert FOUND["significant_gains_with_attempts"]["won"] < 6


def test_tenfold_is_recounted_from_the_normalised_scores_of_table_1() -> None:
    rows, scores = rows_of(1), PAPER_DATA.scores
    mean = {
        column: sum(
            100 * (rows[f"{task}/random"][column][0] - ends["random"]) / (ends["expert"] - ends["random"])
            for task, ends in scores.items()
        )
        / len(scores)
        for column in ("dom2", *RIVALS)
    }
    tenfold = [rival for rival in RIVALS if mean["dom2"] > 10 * mean[rival]]
    assert FOUND["tenfold_low_quality"]["won"] == len(tenfold) == 2
    assert "omar" not in tenfold
    assert FOUND["tenfold_low_quality_diffusion"]["agrees"] is True


def test_what_the_paper_only_draws_is_not_recounted() -> None:
    drawn = {claim["id"] for claim in VIEW["drawn"]}
    assert {"five_percent_is_enough", "every_component_helps", "larger_eta_elsewhere"} < drawn
    assert not drawn & set(FOUND)


def test_the_rendered_audit_says_where_text_and_table_disagree(tmp_path: Path) -> None:
    paths = render_audit(PAPER, tmp_path, ROOT)
    text = paths[0].read_text()
    assert "| 17 of 18 | 17 of 18 | **agrees** |" in text
    assert "| 10 of 18 | 4 of 18 | **disagrees** |" in text
    assert "251.0 ± 36.8 stands in 2 cells" in text
    assert [path.read_bytes() for path in render_audit(PAPER, tmp_path / "again", ROOT)] == [
        p.read_bytes() for p in paths
    ]
