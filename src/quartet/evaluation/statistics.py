"""The statistics in our tables. Seeds are the unit: a seed is one independent training, an episode is not."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy  # its parts are imported when they are used: `stats` takes longer than many a table

Values = npt.NDArray[np.float64]  # one value per seed, unless said otherwise

RESAMPLES = 10_000
LEVEL = 0.95
SIGNIFICANT = 0.05


def mean(seeds: Values) -> float:
    """Mean over seeds."""
    return float(seeds.mean())


def deviation(seeds: Values) -> float:
    """Standard deviation over seeds (n - 1); not a number for a single seed."""
    return float(seeds.std(ddof=1)) if seeds.size > 1 else float("nan")


def iqm(seeds: Values) -> float:
    """Interquartile mean: the mean without the lowest and the highest quarter (rounded down) of the seeds."""
    cut = seeds.size // 4
    return float(np.sort(seeds)[cut : seeds.size - cut].mean())


def redraw(seeds: Values, random: np.random.Generator, resamples: int = RESAMPLES) -> Values:
    """Bootstrap worlds: (resamples, seeds) drawn from the seeds with replacement."""
    drawn: Values = seeds[random.integers(seeds.size, size=(resamples, seeds.size))]
    return drawn


def interval(cells: Sequence[Values], *, seed: int = 0, level: float = LEVEL) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean over cells of the mean over seeds; seeds are redrawn within each cell.

    Not a number where a cell has a single seed: redrawing it says nothing.
    """
    if min(seeds.size for seeds in cells) < 2:
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)
    means = np.mean([redraw(seeds, random).mean(axis=1) for seeds in cells], axis=0)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def share_interval(seeds: Values) -> tuple[float, float]:
    """Wilson's 95 % interval of the share of seeds that are 1, not 0; where all agree it still has a width."""
    found = scipy.stats.binomtest(int(seeds.sum()), seeds.size).proportion_ci(LEVEL, method="wilson")
    return float(found.low), float(found.high)


def probability_of_improvement(x: Values, y: Values) -> float:
    """P(a seed of x beats a seed of y), a tie counting half: Mann-Whitney's U over n m."""
    difference = x[:, None] - y[None, :]
    return float((difference > 0).mean() + 0.5 * (difference == 0).mean())


def welch(x: Values, y: Values) -> float:
    """Two-sided p of Welch's test that the means are equal; not a number with fewer than two seeds on a side."""
    if min(x.size, y.size) < 2:
        return float("nan")
    return welch_printed(mean(x), deviation(x), x.size, mean(y), deviation(y), y.size)


def welch_printed(x: float, sd_x: float, n_x: int, y: float, sd_y: float, n_y: int) -> float:
    """Welch's p from means and deviations, as a paper prints them."""
    if sd_x == sd_y == 0:  # the statistic is 0/0 or infinite
        return 1.0 if x == y else 0.0
    return float(scipy.stats.ttest_ind_from_stats(x, sd_x, n_x, y, sd_y, n_y, equal_var=False).pvalue)


def mann_whitney(x: Values, y: Values) -> float:
    """Two-sided p of the Mann-Whitney test, exact without ties; with 3 seeds a side it cannot fall below 0.1."""
    return float(scipy.stats.mannwhitneyu(x, y, alternative="two-sided").pvalue)


def rank_correlation(x: Values, y: Values) -> Values:
    """Spearman's rank correlation along the last axis; not a number where one side is constant."""
    ranks = [scipy.stats.rankdata(side, axis=-1) for side in (x, y)]
    a, b = (rank - rank.mean(axis=-1, keepdims=True) for rank in ranks)
    with np.errstate(invalid="ignore"):
        found: Values = (a * b).sum(axis=-1) / np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return found


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down correction over the tests that could be made; the others stay not a number."""
    corrected = np.full(len(p), np.nan)
    tested = [i for i in np.argsort(p, kind="stable") if not np.isnan(p[i])]
    floor = 0.0
    for rank, i in enumerate(tested):
        floor = max(floor, min(1.0, (len(tested) - rank) * p[i]))
        corrected[i] = floor
    return [float(value) for value in corrected]


def wins(ours: Values, rivals: Values, *, each: bool) -> npt.NDArray[np.int64]:
    """Comparisons that ours (rows, worlds) wins against rivals (rows, k, worlds), the higher winning, in each world.

    One comparison a row, won where ours beats all k rivals; with `each`, k comparisons a row. A tie is no win.
    """
    beaten = ours[:, None, :] > rivals
    counted: npt.NDArray[np.int64] = beaten.sum(axis=(0, 1)) if each else beaten.all(axis=1).sum(axis=0)
    return counted
