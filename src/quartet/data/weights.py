"""DOM2's data augmentation: whole trajectories repeated once per return threshold they reach (Algorithm 1)."""

from collections.abc import Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from quartet.data.mixtures import MIXTURES
from quartet.errors import unknown

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
}


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
    mixture = MIXTURES[quality]
    (mean_a, sd_a), (mean_b, sd_b) = known[mixture.most], known[mixture.rest]
    mean = mixture.share * mean_a + (1 - mixture.share) * mean_b
    second = mixture.share * (sd_a**2 + mean_a**2) + (1 - mixture.share) * (sd_b**2 + mean_b**2)
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
