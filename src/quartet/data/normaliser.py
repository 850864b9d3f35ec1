"""The normaliser of the planners: every observation by its place in the data, from -1 (least) to 1 (most)."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

POINTS = 1025  # places of the distribution that are kept per dimension: finer than a network can tell


class Normaliser:
    """The empirical distribution function of each dimension, and its inverse; linear between the points kept."""

    def __init__(self, points: Tensor) -> None:
        self.points = points.contiguous()  # (d, Q) values that rise, at evenly spaced probabilities from 0 to 1

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> "Normaliser":
        """The distribution of values (M, d), which may be mapped from a file."""
        places = np.linspace(0, len(values) - 1, POINTS).round().astype(np.int64)
        columns = [np.sort(values[:, column])[places] for column in range(values.shape[1])]
        return cls(torch.from_numpy(np.stack(columns)))

    def to(self, values: Tensor) -> Tensor:
        """Values (..., d) as 2 P(X <= value) - 1."""
        flat = values.flatten(0, -2).mT.contiguous()
        above = torch.searchsorted(self.points, flat, right=True).clamp(1, self.points.shape[1] - 1)
        low, high = self.points.gather(1, above - 1), self.points.gather(1, above)
        within = ((flat - low) / (high - low)).nan_to_num(1.0).clamp(0, 1)
        return (2 * (above - 1 + within) / (self.points.shape[1] - 1) - 1).mT.reshape(values.shape)

    def back(self, places: Tensor) -> Tensor:
        """The values at places (..., d) in [-1, 1]; beyond them the least and the greatest value."""
        flat = places.flatten(0, -2).mT.clamp(-1, 1)
        position = (flat + 1) / 2 * (self.points.shape[1] - 1)
        below = position.long().clamp(max=self.points.shape[1] - 2)
        values = torch.lerp(self.points.gather(1, below), self.points.gather(1, below + 1), position - below)
        return values.mT.reshape(places.shape)
