"""What every offline algorithm answers."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.nets.lanes import LaneRandom


class Sampler(Protocol):
    """Minibatches of the kind that an algorithm learns from: transitions, whole teams' transitions, or windows."""

    def sample(self, random: LaneRandom, batch: int) -> Any:
        """`batch` rows for every lane."""


class Trainable(Protocol):
    """What the training loop needs."""

    def update(self, batch: Any, random: LaneRandom) -> dict[str, Tensor]:
        """One gradient update of every lane; returns metrics, each of shape (lanes,)."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that training needs to go on: parameters, targets, optimiser moments; tensors and numbers only."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`; a state of another shape is a QuartetError."""


class Algorithm(Trainable, Protocol):
    """One learner for all seeds and agents of a run, in lanes (lane = seed position * agents + agent)."""

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> Sampler:
        """What this algorithm is trained with; `weights` say how often each trajectory counts."""

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """Actions (L, E, action) in [-1, 1] for observations (L, E, observation), as in evaluation."""

    def begin(self, episodes: int) -> None:
        """So many new episodes begin: what an algorithm remembers of others is forgotten."""

    def reward(self, rewards: Tensor) -> None:
        """What the last step paid, (L, E)."""
