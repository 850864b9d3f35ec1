"""More of the same: copies of the episodes there are, as they are or scaled (RAD), and the best of them alone."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from quartet.augmentation.subsets import picked
from quartet.data.episodes import Episodes, combine

Draw = Callable[[tuple[int, ...]], NDArray[np.float32]]  # what a shape of observations is multiplied by


def united(parts: Sequence[Episodes], quality: str, behaviour: str) -> Episodes:
    """All episodes of all parts, one part after the other."""
    return combine([(part, np.arange(len(part))) for part in parts], quality, behaviour)


def best(episodes: Episodes, count: int) -> Episodes:
    """The episodes with the highest returns, in their own order."""
    ranked = np.argsort(-episodes.returns.astype(np.float64), kind="stable")
    return picked(episodes, np.sort(ranked[:count]))


def scaled(episodes: Episodes, draw: Draw) -> Episodes:
    """RAD: every observation multiplied, s' = s z (EAQ 4.2); actions, rewards and legal choices stay."""
    seen, final = episodes.observations, episodes.final_observations
    return replace(episodes, observations=seen * draw(seen.shape), final_observations=final * draw(final.shape))


def one_number(random: np.random.Generator, low: float, high: float) -> Draw:
    """RAD-s: one z ~ U[low, high] for the whole observation of an agent."""
    return lambda shape: random.uniform(low, high, (*shape[:-1], 1)).astype(np.float32)


def one_each(random: np.random.Generator, low: float, high: float) -> Draw:
    """RAD-m: one z for every entry of it."""
    return lambda shape: random.uniform(low, high, shape).astype(np.float32)
