"""Joint actions of a dataset as a picture and as numbers: how many modes, and how far from a product they are.

The picture's axes are the first two agents, each by the line along which its actions vary most (OMSD Figures 1, 4;
the paper does not say what its axes are).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from quartet import files, reading
from quartet.data.episodes import Episodes

BINS, ROWS = 40, 50_000  # along an axis; transitions looked at, at most
SMOOTHED, LEAST = 1.5, 0.1  # bins by which the picture is smoothed, and how far a mode must rise beside the highest
LEVEL = 1e-9  # heights nearer than that are level
SHUFFLES = 10  # of one agent's actions: what a picture of so few transitions shows of agents who act apart

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """The joint actions of one dataset."""

    histogram: list[list[float]]  # shares; first axis the first agent, both from -1 to 1
    modes: int  # peaks of the smoothed picture
    dependence: float  # total variation of the picture from the product of its margins, beyond chance
    transitions: int


def density(episodes: Episodes) -> Density:
    """The density of the first two agents' actions."""
    every = max(1, episodes.transitions // ROWS)
    actions = np.asarray(episodes.actions[::every, :2], dtype=np.float64)
    first, second = (along(actions[:, agent]) for agent in range(2))
    shares, random = picture(first, second), np.random.default_rng(0)
    chance = np.mean([dependence(picture(first, random.permutation(second))) for _ in range(SHUFFLES)])
    beyond = max(0.0, dependence(shares) - float(chance))
    return Density(shares.round(6).tolist(), modes(shares, len(actions)), beyond, len(actions))


def picture(first: Values, second: Values) -> Values:
    """The share of transitions in every bin."""
    counts, _, _ = np.histogram2d(first, second, bins=BINS, range=[(-1, 1), (-1, 1)])
    shares: Values = counts / counts.sum()
    return shares


def along(actions: Values) -> Values:
    """One agent's actions (M, a) along the line on which they vary most, in [-1, 1]."""
    _, _, lines = np.linalg.svd(np.cov(actions, rowvar=False).reshape(actions.shape[1], -1))
    line = lines[0] * np.sign(lines[0][np.abs(lines[0]).argmax()])
    found: Values = actions @ line / np.abs(line).sum()
    return found


def modes(shares: Values, transitions: int) -> int:
    """How many hills a picture has, once it is smoothed, that are no chance of so few transitions.

    A hill counts if it rises above the pass to a higher one by a tenth of the highest and by three standard errors.
    """
    smooth = ndimage.gaussian_filter(shares, SMOOTHED, mode="nearest")
    seen = transitions * smooth.max() * 4 * np.pi * SMOOTHED**2  # transitions that the highest value averages over
    heights, least = smooth / smooth.max(), max(LEAST, 3 / np.sqrt(seen))
    hills = _flooded(heights - least, heights)  # no lower hill is left of what did not rise so far
    tops = hills - _flooded(hills - LEVEL, hills) > LEVEL / 2
    return int(ndimage.label(tops, np.ones((3, 3)))[1])


def _flooded(low: Values, high: Values) -> Values:
    """The highest that `low` can grow to sideways and stay below `high` (reconstruction by dilation)."""
    while True:
        grown: Values = np.minimum(ndimage.maximum_filter(low, size=3), high)
        if np.array_equal(grown, low):
            return low
        low = grown


def dependence(shares: Values) -> float:
    """Total variation from the product of the margins, 0 where agents act independently (OMSD Proposition 3)."""
    product = np.outer(shares.sum(1), shares.sum(0))
    return float(np.abs(shares - product).sum() / 2)


def write_density(path: Path, found: Density) -> None:
    """As JSON."""
    files.write_text(path, json.dumps(asdict(found)) + "\n")


def read_density(path: Path) -> Density:
    """What `write_density` wrote."""
    return reading.record(path, Density, "damaged density", "delete it and run it again")
