"""Few episodes of a dataset, several times over: EAQ's "original" datasets, 3 % of the published ones."""

from dataclasses import replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from quartet.data.episodes import Episodes, combine
from quartet.errors import QuartetError

LEAST = 4  # episodes of a subset: fewer would be no dataset, and a scale that only exercises the stages collects little


def few(whole: Episodes, quality: str, percent: float, count: int, seed: int) -> Episodes:
    """`count` subsets of `percent` of the episodes each, whole and drawn without repetition, so that none share one.

    The global state is left out: EAQ's tensor has none, so nobody may learn from one.
    """
    size = max(LEAST, ceil(len(whole) * percent / 100))
    if count * size > len(whole):
        raise QuartetError(
            f"{count} subsets of {size} episodes need more than the {len(whole)} that there are",
            where=f"{whole.task}/{quality}",
            mend="collect more transitions, or ask for fewer subsets",
        )
    order = np.random.default_rng([seed, 91]).permutation(len(whole))[: count * size].reshape(count, size)
    chosen = np.sort(order, axis=1).ravel()
    words = f"{count} subsets of {size} of {len(whole)} episodes: {whole.behaviour}"
    drawn = combine([(replace(whole, state=None), chosen)], quality, words)
    return replace(drawn, subset=np.repeat(np.arange(count), size))


def subsets(episodes: Episodes) -> list[Episodes]:
    """The subsets of a file one by one, in their order."""
    return [of_subset(episodes, number) for number in range(int(_numbers(episodes).max()) + 1)]


def of_subset(episodes: Episodes, number: int) -> Episodes:
    """One subset alone."""
    return picked(episodes, np.flatnonzero(_numbers(episodes) == number))


def picked(episodes: Episodes, chosen: NDArray[np.int64]) -> Episodes:
    """The chosen whole episodes."""
    return combine([(episodes, chosen)], episodes.quality, episodes.behaviour)


def _numbers(episodes: Episodes) -> NDArray[np.int64]:
    if episodes.subset is None:
        raise QuartetError("has no subsets", where=f"{episodes.task}/{episodes.quality}", mend="name a dataset of few")
    return episodes.subset
