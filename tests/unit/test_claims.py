"""Claims: the verdict that made-up results must lead to."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import cos, pi, sin
from pathlib import Path

import numpy as np
import pytest
from synthetic_results import LAPTOP, PAPER, QUICK, ROOT, seeds_of, write_cards, write_evaluations

from quartet.artifacts.along import smallest
from quartet.artifacts.claim import Claim, Judgement
from quartet.artifacts.claims import judge, load_claims, measured, multiplied, render_claims
from quartet.artifacts.spec import Cell, load_paper

PAPER_DATA = load_paper(PAPER, ROOT)
CLAIMS = {claim.id: claim for claim in load_claims(PAPER, PAPER_DATA, ROOT)}
Seeds = Callable[[Cell], Sequence[float]]


def judged(results: Path, claim: Claim, seeds: Seeds = seeds_of) -> Judgement:
    for name in claim.artifact:
        write_evaluations(results, name, seeds)
    write_cards(results)
    return judge(claim, measured([claim], PAPER_DATA, results, ROOT), LAPTOP)


def test_a_clear_winner_everywhere_holds_with_certainty(tmp_path: Path) -> None:
    verdict = judged(tmp_path, CLAIMS["best_standard"])
    assert (verdict.verdict, verdict.won, verdict.probability) == ("holds", 18, 1.0)


def test_losing_clearly_once_fails_18_of_18_but_not_17_of_18(tmp_path: Path) -> None:
    def but_once(cell: Cell) -> Sequence[float]:
        beaten = (cell.task, cell.dataset, cell.algorithm) == ("tag", "medium", "dom2")
        return [10.0, 11.0, 12.0] if beaten else seeds_of(cell)

    verdict = judged(tmp_path, CLAIMS["best_standard"], but_once)
    assert (verdict.verdict, verdict.won, verdict.probability) == ("fails", 17, 0.0)
    verdict = judged(tmp_path, replace(CLAIMS["best_standard"], at_least=17), but_once)
    assert (verdict.verdict, verdict.probability) == ("holds", 1.0)


def test_a_lead_within_the_noise_is_undecided(tmp_path: Path) -> None:
    def close(cell: Cell) -> Sequence[float]:
        return [0.0, 50.0, 101.0 if cell.algorithm == "dom2" else 100.0]

    verdict = judged(tmp_path, CLAIMS["best_standard"], close)
    assert (verdict.verdict, verdict.won) == ("undecided", 18)
    assert verdict.probability is not None
    assert verdict.probability < 0.5


def test_our_reference_is_no_rival(tmp_path: Path) -> None:
    def reference_wins(cell: Cell) -> Sequence[float]:
        return [500.0, 501.0, 502.0] if cell.algorithm == "bc" else seeds_of(cell)

    assert judged(tmp_path, CLAIMS["best_standard"], reference_wins).verdict == "holds"


def test_smaller_deviations_are_judged_by_the_deviation_not_the_mean(tmp_path: Path) -> None:
    def steady(cell: Cell) -> Sequence[float]:
        width = 0.1 if cell.algorithm == "dom2" else 50.0
        return [-width, 0.0, width]

    assert judged(tmp_path, CLAIMS["steadiest_standard"], steady).won == 18
    assert judged(tmp_path, CLAIMS["steadier_standard"], steady).won == 54


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict", "won"),
    [
        ([10.0, 10.1, 10.2], [1.0, 1.1, 1.2], "holds", 54),
        ([0.0, 50.0, 101.0], [0.0, 50.0, 100.0], "undecided", 0),
        ([0.0, 1.0, 2.0], [5.0, 6.0, 7.0], "fails", 0),
    ],
    ids=["far ahead", "ahead within the noise", "behind"],
)
def test_significance_needs_a_lead_that_survives_holm(
    tmp_path: Path, ours: list[float], theirs: list[float], verdict: str, won: int
) -> None:
    found = judged(tmp_path, CLAIMS["significant_standard"], lambda cell: ours if cell.algorithm == "dom2" else theirs)
    assert (found.verdict, found.won, found.probability) == (verdict, won, None)


def test_nothing_is_judged_at_quick_or_with_a_cell_missing_or_of_one_seed(tmp_path: Path) -> None:
    claim = CLAIMS["best_standard"]
    table = PAPER_DATA.artifact(*claim.artifact)
    write_evaluations(tmp_path, table.id)
    assert judge(claim, measured([claim], PAPER_DATA, tmp_path, ROOT), QUICK).verdict == "not judged"
    cell = next(cell for cell in table.cells if cell.algorithm == "omar")
    cell.file(tmp_path).write_text("seed,episode,return\n0,0,1.0\n")
    verdict = judge(claim, measured([claim], PAPER_DATA, tmp_path, ROOT), LAPTOP)
    assert verdict == Judgement("not judged", None, None, "cells missing or with fewer than two seeds: 1")


def test_the_claims_file_is_byte_stable_and_names_every_claim(tmp_path: Path) -> None:
    for table in ("dom2_table1", "dom2_table2"):
        write_evaluations(tmp_path, table)
    first = [path.read_bytes() for path in render_claims(PAPER, tmp_path, LAPTOP, tmp_path / "a", ROOT)]
    again = [path.read_bytes() for path in render_claims(PAPER, tmp_path, LAPTOP, tmp_path / "b", ROOT)]
    assert first == again
    view = json.loads((tmp_path / "a" / "claims.json").read_text())
    assert {claim["id"] for claim in view["claims"]} == set(CLAIMS)
    assert "| **holds** | 1.00 | won 18 of 18, 17 needed |" in (tmp_path / "a" / "claims.md").read_text()


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=list(CLAIMS))
def test_a_claim_quotes_where_the_paper_says_it(claim: Claim) -> None:
    assert claim.evidence.startswith(("Abstract", "Section ", "Appendix "))
    assert "'" in claim.evidence


def around(mean: float) -> list[float]:
    return [mean - 1, mean, mean + 1]


def test_two_tables_are_counted_together(tmp_path: Path) -> None:
    def but_twice(cell: Cell) -> Sequence[float]:
        beaten = cell.algorithm == "dom2" and cell.dataset == "medium" and cell.task in ("tag", "cheetah")
        return around(1.0) if beaten and cell.setting != "extreme" else seeds_of(cell)

    verdict = judged(tmp_path, CLAIMS["best_of_thirty"], but_twice)
    assert (verdict.verdict, verdict.won) == ("holds", 28)


@pytest.mark.parametrize(("ten", "verdict", "won"), [(30.0, "holds", 6), (10.0, "fails", 0)])
def test_a_block_is_compared_with_another_row_by_row(tmp_path: Path, ten: float, verdict: str, won: int) -> None:
    found = judged(
        tmp_path, CLAIMS["gains_with_attempts"], lambda cell: around(ten if cell.setting == "shifted@10" else 20.0)
    )
    assert (found.verdict, found.won) == (verdict, won)


@pytest.mark.parametrize(("score", "verdict", "won"), [(95.0, "holds", 3), (60.0, "fails", 0)])
def test_ten_times_is_of_the_normalised_average(tmp_path: Path, score: float, verdict: str, won: int) -> None:
    found = judged(
        tmp_path, CLAIMS["tenfold_low_quality"], lambda cell: around(score if cell.algorithm == "dom2" else 8.0)
    )
    assert (found.verdict, found.won) == (verdict, won)


def test_nothing_is_ten_times_what_is_below_zero() -> None:
    assert multiplied(np.array([-5.0, 2.0]), 10).tolist() == [0.0, 20.0]


def test_a_component_helps_where_the_average_of_its_panel_falls_without_it(tmp_path: Path) -> None:
    def useless(cell: Cell) -> Sequence[float]:
        better = cell.variant == "mlp-noise" and cell.task == "world"
        return around(120.0 if better else 80.0 if cell.variant != "default" else 100.0)

    verdict = judged(tmp_path, CLAIMS["every_component_helps"], useless)
    assert (verdict.verdict, verdict.won) == ("fails", 11)


def test_the_smallest_share_that_reaches_a_rival_has_an_interval(tmp_path: Path) -> None:
    def efficient(cell: Cell) -> Sequence[float]:
        share = float(cell.variant.partition("=")[2])
        if cell.algorithm != "dom2":
            return around(
                {"ma-cql": 20.0, "omar": 50.0, "ma-sfbc": 500.0}[cell.algorithm] if cell.algorithm != "bc" else 0.0
            )
        return around(60.0 if share >= 10 else 48.9 if share == 5 else 30.0)

    verdict = judged(tmp_path, CLAIMS["five_percent_is_enough"], efficient)
    assert (verdict.verdict, verdict.won) == ("fails", 3)
    assert "World, MA-CQL: 1 % [1 %, 1 %]" in verdict.details
    assert "World, OMAR: 10 % [10 %, 10 %]" in verdict.details
    assert "World, MA-SfBC: never [never, never]" in verdict.details


def test_an_interval_of_shares_spans_the_doubt(tmp_path: Path) -> None:
    def doubtful(cell: Cell) -> Sequence[float]:
        share = float(cell.variant.partition("=")[2])
        mean = 100.0 if share >= 10 else 50.0 if share == 5 else 1.0
        return [mean - 30, mean, mean + 30] if cell.algorithm == "dom2" else [49.0, 50.0, 51.0]

    details = judged(tmp_path, CLAIMS["five_percent_is_enough"], doubtful).details
    assert "Predator prey, OMAR: 5 % [5 %, 10 %]" in details


@pytest.mark.parametrize(("ours", "verdict", "won"), [(3, "holds", 3), (1, "fails", 1)])
def test_strategies_are_counted_from_the_kept_trajectories(tmp_path: Path, ours: int, verdict: str, won: int) -> None:
    ring = [[cos(pi * j / 3), sin(pi * j / 3)] for j in range(6)]
    teams = [[0, 2, 4], [1, 3, 5], [0, 1, 2]]
    shown = {"dom2": ours, "ma-sfbc": 2, "omar": 1, "ma-cql": 0}  # different ways; none completes the task
    for cell in PAPER_DATA.artifact("dom2_figure9").cells:
        ways = teams[: shown[cell.algorithm]] or [[0, 0, 1]]
        attempts = [[[[0.0, 0.0], ring[end]] for end in ways[number % len(ways)]] for number in range(5)]
        file = cell.file(tmp_path)
        file.parent.mkdir(parents=True)
        runs = [{"seed": seed, "returns": [0.0] * 5, "trajectories": attempts} for seed in range(3)]
        file.write_text(json.dumps({"landmarks": ring, "runs": runs}))
    claim = CLAIMS["most_strategies"]
    found = judge(claim, measured([claim], PAPER_DATA, tmp_path, ROOT), LAPTOP)
    assert (found.verdict, found.won) == (verdict, won)


def test_the_smallest_share_is_infinite_where_none_reaches() -> None:
    reached = np.array([[False, False], [True, False], [True, False]])
    assert smallest(np.array([1.0, 5.0, 10.0]), reached).tolist() == [5.0, np.inf]


def test_where_a_line_is_highest_is_compared_with_one_panel(tmp_path: Path) -> None:
    def peaked(cell: Cell) -> Sequence[float]:
        eta, best = float(cell.variant.partition("=")[2]), {"expert": 0.5, "medium": 0.1}.get(cell.dataset, 25.0)
        return around(100.0 if eta == best else 50.0)

    verdict = judged(tmp_path, CLAIMS["larger_eta_elsewhere"], peaked)
    assert (verdict.verdict, verdict.won, verdict.probability) == ("holds", 4, 1.0)
    assert "Expert: highest at 0.5" in verdict.details
