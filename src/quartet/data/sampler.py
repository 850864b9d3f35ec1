"""Weighted minibatches for all lanes, read from mapped episodes."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.data.transitions import Transitions
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom


class TransitionSampler:
    """Draws transitions as if every episode were stored `weight` times; on the CPU the rows stay in the file.

    Weights (P, E) are those of P points of a sweep, which share the lanes in equal parts, point by point.
    """

    def __init__(
        self,
        episodes: Episodes,
        weights: NDArray[np.float64] | Sequence[float] | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        weight = np.atleast_2d(np.ones(len(episodes)) if weights is None else np.asarray(weights, dtype=np.float64))
        finite = weight.shape[1:] == (len(episodes),) and np.isfinite(weight).all() and weight.min() >= 0
        if not finite or weight.sum(1).min() == 0:
            raise QuartetError(
                "trajectory weights must be one finite number >= 0 per episode, not all 0", where=episodes.quality
            )
        self.agents = episodes.spec.agents
        self._weight = torch.as_tensor(weight, device=device)
        self._offsets = torch.from_numpy(episodes.offsets).to(device)
        mass = self._weight * self._offsets.diff()  # what an episode's rows weigh together
        self._ends = mass.cumsum(1)
        self._starts = self._ends - mass
        self._observations = torch.from_numpy(episodes.observations).flatten(0, 1).to(device)
        self._final = torch.from_numpy(episodes.final_observations).flatten(0, 1).to(device)
        self._actions = torch.from_numpy(episodes.actions).flatten(0, 1).to(device)
        self._rewards = torch.from_numpy(episodes.rewards).flatten().to(device)
        self._terminals = torch.from_numpy(episodes.terminals).to(device)

    def sample(self, random: LaneRandom, batch: int) -> Transitions:
        """`batch` transitions for every lane, each lane reading its own agent's rows."""
        uniform = random.uniform(batch, dtype=torch.float64)
        episode, step, last = self._locate(uniform)
        row = self._offsets[episode] + step
        agent = (torch.arange(random.lanes, device=row.device) % self.agents)[:, None]
        own = row * self.agents + agent
        following = torch.where(last, own, own + self.agents)  # the row of an episode's last step is replaced below
        next_observations = self._observations[following]
        next_observations[last] = self._final[(episode * self.agents + agent)[last]]
        return Transitions(
            observations=self._observations[own],
            actions=self._actions[own],
            rewards=self._rewards[own],
            next_observations=next_observations,
            terminals=self._terminals[row].to(torch.float32),
        )

    def _locate(self, uniform: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The episode and step that each number in [0, 1) points at, and whether it is the episode's last step."""
        place = uniform.reshape(len(self._ends), -1) * self._ends[:, -1:]
        episode = torch.searchsorted(self._ends, place, right=True).clamp(max=self._ends.shape[1] - 1)
        length = self._offsets[episode + 1] - self._offsets[episode]
        step = ((place - self._starts.gather(1, episode)) / self._weight.gather(1, episode)).long()
        step = torch.minimum(step.clamp(min=0), length - 1)  # rounding may land one step outside
        return episode.view_as(uniform), step.view_as(uniform), (step == length - 1).view_as(uniform)
