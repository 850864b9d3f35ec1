"""Mixed datasets, in whole episodes: mostly one quality and the rest another, or one quality of several seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quartet.data.episodes import Episodes, combine
from quartet.errors import QuartetError, unknown


@dataclass(frozen=True)
class Mixture:
    """A dataset of mostly one quality, the rest of another."""

    most: str
    rest: str


MIXTURES = {
    "random-medium": Mixture("random", "medium"),
    "medium-expert": Mixture("medium", "expert"),
}
SHARES = {"cheetah": 0.999}  # of `most` (DOM2 C.3)
PARTICLE_SHARE = 0.9  # in every other task (DOM2 C.3)


def share(task: str) -> float:
    """Which part of a mixture's episodes is of the one quality."""
    return SHARES.get(task, PARTICLE_SHARE)


def mix(quality: str, most: Episodes, rest: Episodes, seed: int) -> Episodes:
    """As many episodes as `most` has, `share` of them its own, the others, one at least, from `rest`.

    Both are chosen without repetition.
    """
    if quality not in MIXTURES:
        raise unknown("mixture", quality, MIXTURES)
    mixture = MIXTURES[quality]
    own = min(round(share(most.task) * len(most)), len(most) - 1)
    other = len(most) - own
    if other > len(rest):
        raise QuartetError(f"needs {other} {mixture.rest} episodes, there are {len(rest)}", where=quality)
    random = np.random.default_rng([seed, 90])
    parts = [(part, np.sort(random.permutation(len(part))[:count])) for part, count in ((most, own), (rest, other))]
    return combine(parts, quality, f"{own} episodes of {mixture.most}, {other} of {mixture.rest}")


def mix_seeds(quality: str, parts: Sequence[Episodes], seed: int) -> Episodes:
    """One quality collected from the behaviour of several seeds, as many episodes of each (OMSD, appendix A).

    Together about as many as one of them has, chosen without repetition.
    """
    each = max(1, min(len(part) for part in parts) // len(parts))
    random = np.random.default_rng([seed, 91])
    chosen = [(part, np.sort(random.permutation(len(part))[:each])) for part in parts]
    return combine(chosen, quality, f"{quality} of {len(parts)} behaviour seeds, episodes of each: {each}")
