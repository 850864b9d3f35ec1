"""How often each trajectory counts: which of them a run may use, and DOM2's data augmentation (Algorithm 1)."""

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quartet.data.episodes import Episodes
from quartet.data.mixtures import MIXTURES, share
from quartet.errors import QuartetError, unknown

# Mean and sd of the returns of OMAR's released datasets, on which DOM2's printed thresholds were chosen.
PUBLISHED_RETURNS: dict[str, dict[str, tuple[float, float]]] = {
    "spread": {
        "random": (159.6, 60.0),
        "medium-replay": (203.7, 80.0),
        "medium": (273.4, 92.0),
        "expert": (531.0, 71.0),
    },
    "tag": {"random": (-4.1, 11.0), "medium-replay": (3.9, 20.0), "medium": (116.4, 59.0), "expert": (207.9, 78.0)},
    "world": {"random": (-6.8, 6.0), "medium-replay": (1.2, 13.0), "medium": (65.9, 30.0), "expert": (85.2, 31.0)},
    "cheetah": {
        "random": (-282.9, 78.0),
        "medium-replay": (423.0, 656.0),
        "medium": (1569.0, 273.0),
        "expert": (3339.0, 253.0),
    },
}


def of_run(episodes: Episodes, task: str, quality: str, hyperparameters: Mapping[str, Any]) -> NDArray[np.float64]:
    """The weight of every trajectory, (E,): 0 outside the run's fraction; inside 1, or more where it is augmented."""
    chosen = subset(len(episodes), hyperparameters["fraction"])
    returns, weights = episodes.returns[chosen], chosen.astype(np.float64)
    if thresholds := hyperparameters.get("thresholds"):
        reading = hyperparameters["threshold_reading"]
        if reading == "quantile":
            thresholds = quantile_thresholds(returns, thresholds, published_returns(task, quality))
        elif reading != "paper":
            raise unknown("threshold_reading", reading, ["quantile", "paper"])
        weights[chosen] = trajectory_weights(returns, thresholds)
    return weights


def of_seeds(weights: NDArray[np.float64], subsets: NDArray[np.int64] | None, seeds: int) -> NDArray[np.float64]:
    """The weights (P, E) of a run for each seed, (P S, E): seed s learns from subset s mod their number.

    Without subsets all seeds share the weights of their point.
    """
    if subsets is None:
        return weights
    own = subsets == np.arange(seeds)[:, None] % (subsets.max() + 1)
    return np.asarray((weights[:, None] * own).reshape(-1, len(subsets)))


def subset(trajectories: int, percent: float) -> NDArray[np.bool_]:
    """Which whole trajectories belong to a fraction of the dataset, (E,); a smaller fraction is part of a larger."""
    if not 0 < percent <= 100:
        raise QuartetError(f"fraction {percent} is no percentage", mend="give it a value above 0, up to 100")
    order = np.random.default_rng(0).permutation(trajectories)  # one order: every algorithm sees the same trajectories
    chosen = np.zeros(trajectories, dtype=np.bool_)
    chosen[order[: ceil(trajectories * percent / 100)]] = True
    return chosen


def trajectory_weights(returns: NDArray[np.float32], thresholds: Sequence[float]) -> NDArray[np.float64]:
    """How often each trajectory counts, (E,): 1 + #{threshold <= return}; a repeated threshold counts twice.

    Sampling with these weights is the same as storing the copies that DOM2's Algorithm 1 makes.
    """
    ordered = np.sort(np.asarray(thresholds, dtype=np.float64))
    return 1 + np.searchsorted(ordered, np.asarray(returns, dtype=np.float64), side="right").astype(np.float64)


def published_returns(task: str, quality: str) -> tuple[float, float]:
    """Mean and sd of the returns of the published dataset; a mixture's follow from its parts."""
    if task not in PUBLISHED_RETURNS:
        raise unknown("task with published returns", task, PUBLISHED_RETURNS)
    known = PUBLISHED_RETURNS[task]
    if quality not in MIXTURES:
        if quality not in known:
            raise unknown("dataset", quality, [*known, *MIXTURES])
        return known[quality]
    mixture, most = MIXTURES[quality], share(task)
    (mean_a, sd_a), (mean_b, sd_b) = known[mixture.most], known[mixture.rest]
    mean = most * mean_a + (1 - most) * mean_b
    second = most * (sd_a**2 + mean_a**2) + (1 - most) * (sd_b**2 + mean_b**2)
    return mean, sqrt(second - mean**2)


def quantile_thresholds(
    returns: NDArray[np.float32], thresholds: Sequence[float], reference: tuple[float, float]
) -> list[float]:
    """Printed thresholds carried over to the dataset at hand, at the quantile where they lay in the published one.

    Only mean and sd of the published returns are known. Their distribution is taken to have the shape of ours, moved
    and stretched to that mean and sd: a threshold z published sds above the published mean then becomes z of our sds
    above our mean. Returns distributed as published keep the printed thresholds as they are.
    """
    mean, sd = float(np.mean(returns, dtype=np.float64)), float(np.std(returns, dtype=np.float64))
    return [mean + sd * (threshold - reference[0]) / reference[1] for threshold in thresholds]
