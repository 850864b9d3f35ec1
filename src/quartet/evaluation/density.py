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

from quartet import files
from quartet.data.episodes import Episodes
from quartet.errors import QuartetError

BINS, ROWS = 40, 50_000  # along an axis; transitions looked at, at most
SMOOTHED, PEAK = 1.5, 0.05  # bins by which the picture is smoothed, and the least height of a mode beside the highest

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Density:
    """The joint actions of one dataset."""

    histogram: list[list[float]]  # shares; first axis the first agent, both from -1 to 1
    modes: int  # peaks of the smoothed picture
    dependence: float  # total variation of the picture from the product of its margins
    transitions: int


def density(episodes: Episodes) -> Density:
    """The density of the first two agents' actions."""
    every = max(1, episodes.transitions // ROWS)
    actions = np.asarray(episodes.actions[::every, :2], dtype=np.float64)
    sides = [along(actions[:, agent]) for agent in range(2)]
    counts, _ = np.histogramdd(np.stack(sides, axis=1), bins=BINS, range=[(-1, 1), (-1, 1)])
    shares = counts / counts.sum()
    return Density(shares.round(6).tolist(), modes(shares), dependence(shares), len(actions))


def along(actions: Values) -> Values:
    """One agent's actions (M, a) along the line on which they vary most, in [-1, 1]."""
    _, _, lines = np.linalg.svd(np.cov(actions, rowvar=False).reshape(actions.shape[1], -1))
    line = lines[0] * np.sign(lines[0][np.abs(lines[0]).argmax()])
    found: Values = actions @ line / np.abs(line).sum()
    return found


def modes(shares: Values) -> int:
    """How many peaks a picture has once it is smoothed."""
    smooth = ndimage.gaussian_filter(shares, SMOOTHED, mode="nearest")
    peaks = (smooth == ndimage.maximum_filter(smooth, size=5)) & (smooth > PEAK * smooth.max())
    return int(ndimage.label(peaks)[1])


def dependence(shares: Values) -> float:
    """Total variation from the product of the margins, 0 where agents act independently (OMSD Proposition 3)."""
    product = np.outer(shares.sum(1), shares.sum(0))
    return float(np.abs(shares - product).sum() / 2)


def write_density(path: Path, found: Density) -> None:
    """As JSON."""
    files.write_text(path, json.dumps(asdict(found)) + "\n")


def read_density(path: Path) -> Density:
    """What `write_density` wrote."""
    try:
        return Density(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise QuartetError("damaged density", where=str(path), mend="delete it and run it again") from error
