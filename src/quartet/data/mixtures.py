"""The two mixed datasets: mostly one quality, the rest another, in whole episodes."""

from dataclasses import dataclass

import numpy as np

from quartet.data.episodes import Episodes, combine
from quartet.errors import QuartetError, unknown


@dataclass(frozen=True)
class Mixture:
    """A dataset of `share` episodes of one quality, the rest of another."""

    most: str
    rest: str
    share: float


# DOM2 C.3, the particle tasks
MIXTURES = {
    "random-medium": Mixture("random", "medium", 0.9),
    "medium-expert": Mixture("medium", "expert", 0.9),
}


def mix(quality: str, most: Episodes, rest: Episodes, seed: int) -> Episodes:
    """As many episodes as `most` has, `share` of them its own, the others from `rest`, chosen without repetition."""
    if quality not in MIXTURES:
        raise unknown("mixture", quality, MIXTURES)
    mixture = MIXTURES[quality]
    own = round(mixture.share * len(most))
    other = len(most) - own
    if other > len(rest):
        raise QuartetError(f"needs {other} {mixture.rest} episodes, there are {len(rest)}", where=quality)
    random = np.random.default_rng([seed, 90])
    parts = [(part, np.sort(random.permutation(len(part))[:count])) for part, count in ((most, own), (rest, other))]
    return combine(parts, quality, f"{own} episodes of {mixture.most}, {other} of {mixture.rest}")
