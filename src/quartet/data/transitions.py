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


@dataclass(frozen=True)
class TeamTransitions(Transitions):
    """Transitions of whole teams: row b of all the agents of a seed is the same step of the same episode."""

    next_actions: Tensor  # (L, B, action) what the data show next; meaningless where nothing followed
    followed: Tensor  # (L, B) float: 0 in an episode's last step, after which the data show no action
    states: Tensor | None = None  # (S, B, state) of every seed, where the task has a global state
    next_states: Tensor | None = None  # (S, B, state); meaningless where nothing followed
