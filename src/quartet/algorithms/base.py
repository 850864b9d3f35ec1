"""What every offline algorithm answers."""

from typing import Any, Protocol

from torch import Tensor

from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom


class Algorithm(Protocol):
    """One learner for all seeds and agents of a run, in lanes (lane = seed position * agents + agent)."""

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:
        """One gradient update of every lane; returns metrics, each of shape (lanes,)."""

    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:
        """Actions (L, E, action) in [-1, 1] for observations (L, E, observation), as in evaluation."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that training needs to go on: parameters, targets, optimiser moments; tensors and numbers only."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from `state_dict`; a state of another shape is a QuartetError."""
