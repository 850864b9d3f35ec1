"""Which episode and step a random number means, when episodes count as often as their weights say."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.errors import QuartetError


class Places:
    """Steps of episodes, drawn as if every episode were stored `weight` times.

    Weights (P, E) are those of P points of a sweep, which share the lanes in equal parts, point by point.
    """

    def __init__(
        self, episodes: Episodes, weights: NDArray[np.float64] | Sequence[float] | None, device: str | torch.device
    ) -> None:
        weight = np.atleast_2d(np.ones(len(episodes)) if weights is None else np.asarray(weights, dtype=np.float64))
        finite = weight.shape[1:] == (len(episodes),) and np.isfinite(weight).all() and weight.min() >= 0
        if not finite or weight.sum(1).min() == 0:
            raise QuartetError(
                "trajectory weights must be one finite number >= 0 per episode, not all 0", where=episodes.quality
            )
        self.offsets = torch.from_numpy(episodes.offsets).to(device)
        self.lengths = self.offsets.diff()
        self._weight = torch.as_tensor(weight, device=device)
        mass = self._weight * self.lengths  # what an episode's rows weigh together
        self._ends = mass.cumsum(1)
        self._starts = self._ends - mass

    def __call__(self, uniform: Tensor) -> tuple[Tensor, Tensor]:
        """The episode and the step in it that each number in [0, 1) means; lanes first."""
        place = uniform.reshape(len(self._ends), -1) * self._ends[:, -1:]
        episode = torch.searchsorted(self._ends, place, right=True).clamp(max=self._ends.shape[1] - 1)
        step = ((place - self._starts.gather(1, episode)) / self._weight.gather(1, episode)).long()
        step = torch.minimum(step.clamp(min=0), self.lengths[episode] - 1)  # rounding may land one step outside
        return episode.view_as(uniform), step.view_as(uniform)
