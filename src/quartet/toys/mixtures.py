"""Mixtures of round Gaussians in the plane, one coordinate an agent: the games' ground truths."""

from dataclasses import dataclass
from math import erf, sqrt

import torch
from torch import Tensor

from quartet.nets.lanes import LaneRandom

QUADRANTS = ("top-left", "top-right", "bottom-left", "bottom-right")
SIGNS = ((-1, 1), (1, 1), (-1, -1), (1, -1))  # of the quadrants, in that order


@dataclass(frozen=True)
class Mixture:
    """Components with their probabilities; all have one deviation."""

    probabilities: tuple[float, ...]
    means: tuple[tuple[float, float], ...]
    deviation: float

    def draw(self, random: LaneRandom, rows: int) -> Tensor:
        """Points (L, rows, 2)."""
        return self._centres(random, rows) + self.deviation * random.normal(rows, 2)

    def draw_product(self, random: LaneRandom, rows: int) -> Tensor:
        """Points whose coordinates are drawn apart: the best that agents who share nothing can do."""
        return torch.stack([self.draw(random, rows)[..., agent] for agent in range(2)], dim=2)

    def _centres(self, random: LaneRandom, rows: int) -> Tensor:
        ends = torch.tensor(self.probabilities, dtype=torch.float64).cumsum(0)[:-1]
        return torch.tensor(self.means)[torch.bucketize(random.uniform(rows).double(), ends, right=True)]

    @property
    def quadrants(self) -> tuple[float, ...]:
        """The exact probability of every quadrant."""
        return tuple(
            sum(
                probability * self._positive(a * x) * self._positive(b * y)
                for probability, (x, y) in zip(self.probabilities, self.means, strict=True)
            )
            for a, b in SIGNS
        )

    def _positive(self, mean: float) -> float:
        return (1 + erf(mean / self.deviation / sqrt(2))) / 2


# DoF D.2.1. "Variance of 0.05" is read as the variance; the bottom-right mean, misprinted there, is at (.75, -.75).
MATRIX_GAME = Mixture((0.5, 0.2, 0.2, 0.1), ((-0.75, 0.75), (0.75, 0.75), (-0.75, -0.75), (0.75, -0.75)), sqrt(0.05))
# OMSD section 5. Its "variance sigma = 0.3" is read as the deviation, and the two modes as equally likely.
BANDIT = Mixture((0.5, 0.5), ((0.8, 0.8), (-0.8, -0.8)), 0.3)
GAMES = {"matrix-game": MATRIX_GAME, "bandit": BANDIT}
