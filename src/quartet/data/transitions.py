"""A minibatch as the algorithms see it: every lane has its own rows."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Transitions:
    """B transitions for each of L lanes; lane l belongs to one agent and holds that agent's own view."""

    observations: Tensor  # (L, B, observation)
    actions: Tensor  # (L, B, action)
    rewards: Tensor  # (L, B)
    next_observations: Tensor  # (L, B, observation)
    terminals: Tensor  # (L, B) float: 1 where the task itself ended; a time limit is no end
