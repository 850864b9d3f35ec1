"""Statistics: each checked against a library or against a second, slower way to compute it."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from quartet.errors import QuartetError
from quartet.evaluation import scores, statistics

RANDOM = np.random.default_rng(7)


def sample(size: int, shift: float = 0.0) -> statistics.Values:
    return RANDOM.normal(shift, 1.0, size)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 8, 10, 17])
def test_iqm_is_the_mean_without_the_outer_quarters(size: int) -> None:
    seeds = sample(size)
    assert statistics.iqm(seeds) == pytest.approx(stats.trim_mean(seeds, 0.25))


def test_deviation_divides_by_n_minus_one_and_one_seed_has_none() -> None:
    seeds = sample(5)
    assert statistics.deviation(seeds) == pytest.approx(np.sqrt(((seeds - seeds.mean()) ** 2).sum() / 4))
    assert np.isnan(statistics.deviation(seeds[:1]))


def test_the_interval_agrees_with_the_list_of_all_resamples() -> None:
    seeds = np.array([1.0, 4.0, 6.0, 13.0])
    every = [np.mean(drawn) for drawn in itertools.product(seeds, repeat=4)]
    assert statistics.interval([seeds]) == pytest.approx(np.quantile(every, [0.025, 0.975]), abs=0.5)


def test_the_interval_of_several_cells_redraws_seeds_within_each_cell() -> None:
    low, high = np.array([0.0, 1.0, 2.0]), np.array([100.0, 101.0, 102.0])
    every = [
        (np.mean(a) + np.mean(b)) / 2
        for a in itertools.product(low, repeat=3)
        for b in itertools.product(high, repeat=3)
    ]
    assert statistics.interval([low, high]) == pytest.approx(np.quantile(every, [0.025, 0.975]), abs=0.2)


def test_the_interval_is_the_same_every_time_and_absent_for_one_seed() -> None:
    seeds = sample(5)
    assert statistics.interval([seeds]) == statistics.interval([seeds])
    assert statistics.interval([seeds], seed=1) != statistics.interval([seeds], seed=2)
    assert np.isnan(statistics.interval([seeds[:1]])).all()


def test_the_interval_narrows_with_the_square_root_of_the_seeds() -> None:
    few, many = (np.diff(statistics.interval([stats.norm.ppf((np.arange(n) + 0.5) / n)]))[0] for n in (25, 400))
    assert few / many == pytest.approx(4, rel=0.1)


def test_probability_of_improvement_counts_pairs_and_halves_ties() -> None:
    x, y = RANDOM.integers(0, 4, 6).astype(float), RANDOM.integers(0, 4, 5).astype(float)
    slow = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a in x for b in y) / 30
    assert statistics.probability_of_improvement(x, y) == pytest.approx(slow)
    assert statistics.probability_of_improvement(x, y) == pytest.approx(stats.mannwhitneyu(x, y).statistic / 30)


def test_welch_agrees_with_scipy_on_samples_of_different_size() -> None:
    x, y = sample(5), sample(3, 1.0)
    assert statistics.welch(x, y) == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)


def test_welch_of_constant_samples_and_of_one_seed() -> None:
    flat = np.array([2.0, 2.0])
    assert statistics.welch(flat, flat) == 1.0
    assert statistics.welch(flat, flat + 1) == 0.0
    assert np.isnan(statistics.welch(flat, flat[:1]))


def test_mann_whitney_cannot_find_three_seeds_significant() -> None:
    assert statistics.mann_whitney(np.array([10.0, 11, 12]), np.array([1.0, 2, 3])) == pytest.approx(0.1)


def slow_holm(p: list[float]) -> list[float]:
    """Straight from the definition: p_(j) becomes the largest of (m - i + 1) p_(i) for i up to j."""
    ranked = sorted(p)
    return [min(1.0, max((len(p) - i) * ranked[i] for i in range(len(p)) if ranked[i] <= value)) for value in p]


def test_holm_follows_its_definition() -> None:
    p = RANDOM.uniform(0, 0.2, 12).tolist()
    assert statistics.holm(p) == pytest.approx(slow_holm(p))
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_holm_leaves_out_tests_that_could_not_be_made() -> None:
    corrected = statistics.holm([0.01, float("nan"), 0.04])
    assert corrected[0] == pytest.approx(0.02)
    assert np.isnan(corrected[1])


def test_wins_count_rows_or_pairs_and_a_tie_is_no_win() -> None:
    ours = np.array([[3.0], [5.0], [2.0]])
    rivals = np.array([[[1.0], [2.0]], [[5.0], [1.0]], [[9.0], [9.0]]])
    assert statistics.wins(ours, rivals, each=False).tolist() == [1]
    assert statistics.wins(ours, rivals, each=True).tolist() == [3]


def test_normalised_scores_are_0_at_random_and_100_at_expert() -> None:
    assert scores.normalised(-4.1, -4.1, 185.6) == 0
    assert scores.normalised(185.6, -4.1, 185.6) == 100
    assert scores.normalised(116.4, -4.1, 185.6) == pytest.approx(63.5, abs=0.1)


def test_returns_come_back_as_seeds_by_episodes_whatever_their_order(tmp_path: Path) -> None:
    file = tmp_path / "standard.csv"
    file.write_text("seed,episode,return\n7,1,4.0\n3,0,1.0\n7,0,3.0\n3,1,2.5\n")
    returns = scores.read_returns(file)
    assert returns.seeds == (3, 7)
    assert returns.values.tolist() == [[1.0, 2.5], [3.0, 4.0]]
    assert scores.by_seed(returns).tolist() == [1.75, 3.5]


def test_best_is_the_mean_over_starts_of_the_best_attempt() -> None:
    returns = scores.Returns((0, 1), np.array([[1.0, 5.0, 2.0, 4.0], [0.0, 0.0, 9.0, 1.0]]))
    assert scores.by_seed(returns, "best", "shifted@2").tolist() == [4.5, 4.5]
    assert scores.by_seed(returns, "best", "shifted@4").tolist() == [5.0, 9.0]
    with pytest.raises(QuartetError, match="4 episodes are not 3 attempts each"):
        scores.by_seed(returns, "best", "shifted@3")


def test_good_counts_returns_above_400_among_the_first_twenty_episodes() -> None:
    values = np.array([[400.0, 400.1] * 10 + [500.0] * 5])
    assert scores.by_seed(scores.Returns((0,), values), "good").tolist() == [10]
    with pytest.raises(QuartetError, match="'good' counts among 20 episodes, there are 19"):
        scores.by_seed(scores.Returns((0,), values[:, :19]), "good")


def test_a_sweeps_file_is_read_point_by_point(tmp_path: Path) -> None:
    file = tmp_path / "standard.csv"
    file.write_text("point,seed,episode,return\neta=1,0,0,1.5\neta=5,0,0,2.5\n")
    assert scores.read_returns(file, "eta=5").values.tolist() == [[2.5]]
    with pytest.raises(QuartetError, match="unknown point 'eta=50'; did you mean 'eta=5'"):
        scores.read_returns(file, "eta=50")
    with pytest.raises(QuartetError, match="columns must be seed,episode,return"):
        scores.read_returns(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seed,return\n0,1.0\n", r"standard.csv:1: columns must be seed,episode,return"),
        ("", "columns must be"),
        ("seed,episode,return\n", "no episode"),
        ("seed,episode,return\n0,0,1.0\n0,1", r"standard.csv:3: damaged evaluation: expected seed"),
        ("seed,episode,return\n0,0,nan\n", "3 finite numbers"),
        ("seed,episode,return\n0,0,1.0,9\n", "3 finite numbers"),
        ("seed,episode,return\n0,0,1.0\n0,0,2.0\n", "seed 0 episode 0 is given twice"),
        ("seed,episode,return\n0,0,1.0\n0,1,2.0\n1,0,2.0\n", "seed 0 has 2 episodes, seed 1 has 1"),
        ("seed,episode,return\n0,0,\x00\n", "damaged evaluation"),
    ],
)
def test_a_damaged_evaluation_is_one_line_with_file_and_remedy(tmp_path: Path, text: str, expected: str) -> None:
    file = tmp_path / "standard.csv"
    file.write_text(text)
    with pytest.raises(QuartetError, match=expected) as caught:
        scores.read_returns(file)
    assert "\n" not in str(caught.value)


def test_a_binary_or_absent_evaluation_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "standard.csv"
    with pytest.raises(QuartetError, match="cannot read: no such file"):
        scores.read_returns(file)
    file.write_bytes(b"seed,episode,return\n\xff\xfe")
    with pytest.raises(QuartetError, match="cannot read: not UTF-8 text"):
        scores.read_returns(file)


@pytest.mark.parametrize("text", ["{", "[]", '{"mean": 1.0}'])
def test_a_damaged_card_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "random.card.json"
    file.write_text(text)
    with pytest.raises(QuartetError, match=r"random.card.json: .*build the dataset again"):
        scores.read_card(file)
