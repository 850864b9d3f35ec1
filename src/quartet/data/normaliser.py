"""What planners see: observations of every dimension brought to a common range, and whose they are."""

from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

POINTS = 1025  # places of the distribution that are kept per dimension: finer than a network can tell
ROWS_AT_ONCE = 1 << 18  # rows whose squares are taken at a time: keeps the working set small beside a mapped file


class Normaliser(Protocol):
    """Made from the numbers that were kept when it was fitted, (d, KEPT)."""

    KEPT: ClassVar[int]
    BOUND: ClassVar[float]  # nothing is mapped beyond it

    points: Tensor

    def __init__(self, points: Tensor) -> None: ...

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Self:
        """Fitted to values (M, d), which may be mapped from a file."""

    def to(self, values: Tensor) -> Tensor:
        """Values (..., d), normalised."""


class Places:
    """Every observation by its place in the data, from -1 (least) to 1 (most): 2 P(X <= value) - 1.

    Linear between the points of the empirical distribution function that are kept.
    """

    KEPT: ClassVar[int] = POINTS
    BOUND: ClassVar[float] = 1.0

    def __init__(self, points: Tensor) -> None:
        self.points = points.contiguous()  # (d, Q) values that rise, at evenly spaced probabilities from 0 to 1

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Self:
        """The distribution of values (M, d)."""
        places = np.linspace(0, len(values) - 1, POINTS).round().astype(np.int64)
        columns = [np.sort(values[:, column])[places] for column in range(values.shape[1])]
        return cls(torch.from_numpy(np.stack(columns)))

    def to(self, values: Tensor) -> Tensor:
        """The places of values (..., d)."""
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


class Deviations:
    """Every observation by its distance from the mean, two standard deviations being 1; cut at four."""

    KEPT: ClassVar[int] = 2
    BOUND: ClassVar[float] = 2.0

    def __init__(self, points: Tensor) -> None:
        self.points = points  # (d, 2) mean and standard deviation

    @classmethod
    def fit(cls, values: NDArray[np.float32]) -> Self:
        """Mean and deviation of values (M, d), in pieces; what never changes has none, and is 0."""
        mean = values.mean(0, dtype=np.float64)
        pieces = np.array_split(values, len(values) // ROWS_AT_ONCE + 1)
        squares = np.sum([np.square(piece - mean).sum(0) for piece in pieces], axis=0)
        deviation = np.sqrt(squares / len(values))
        return cls(torch.from_numpy(np.stack([mean, deviation], axis=1).astype(np.float32)))

    def to(self, values: Tensor) -> Tensor:
        """Half the deviations of values (..., d)."""
        mean, deviation = self.points.unbind(1)
        return ((values - mean) / (2 * deviation)).nan_to_num(0.0).clamp(-self.BOUND, self.BOUND)


NORMALISERS: dict[str, type[Normaliser]] = {"places": Places, "deviations": Deviations}


@dataclass(frozen=True)
class Sight:
    """Normalised observations of teams, after the number of the agent who sees them where it is told."""

    normaliser: Normaliser
    identity: bool  # whether an agent's number, one-hot, comes first

    def __call__(self, observations: Tensor) -> Tensor:
        """Of observations (..., N, o): (..., N, o), or (..., N, N + o), 1 at the agent's own place and -1 elsewhere."""
        normalised = self.normaliser.to(observations)
        if not self.identity:
            return normalised
        agents = observations.shape[-2]
        own = 2 * torch.eye(agents, device=observations.device) - 1
        return torch.cat([own.expand(*observations.shape[:-1], agents), normalised], dim=-1)
