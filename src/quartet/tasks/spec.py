"""What a task is: its sizes, and the two calls every task answers."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor


@dataclass(frozen=True)
class TaskSpec:
    """The sizes an algorithm needs to know; it never learns the task's name."""

    agents: int
    observation: int  # size of one agent's observation (all agents of a task see the same size)
    action: int  # size of one agent's action: entries in [-1, 1], or a score for each of its `choices`
    horizon: int  # steps in an episode
    state: int = 0  # size of the global state, 0 where the task has none beyond the observations
    choices: int = 0  # how many discrete actions an agent chooses among (then action == choices), 0: continuous


@dataclass(frozen=True)
class Step:
    """What one step of n parallel episodes returns."""

    observations: Tensor  # (n, agents, observation)
    rewards: Tensor  # (n, agents)
    terminals: Tensor  # (n,) true from where the episode ended by the task's own rules; it then pays 0 and stands still
    truncations: Tensor  # (n,) true where the horizon cut the episode


class Task(Protocol):
    """n episodes side by side on one device; those that end before the horizon wait for the others."""

    spec: TaskSpec

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts: "standard" first, then the task's shifts."""

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed, (n,) int64; an episode depends on its own seed alone, never on its neighbours."""

    def step(self, actions: Tensor) -> Step:
        """Advance all episodes by actions (n, agents, action)."""


@runtime_checkable
class StatefulTask(Task, Protocol):
    """A task with a global state that no agent sees whole (`spec.state` > 0)."""

    def state(self) -> Tensor:
        """The global state of every episode now, (n, state)."""


@runtime_checkable
class MaskedTask(Task, Protocol):
    """A task of discrete actions (`spec.choices` > 0) that does not allow every choice at every time."""

    def legal(self) -> Tensor:
        """Which choices each agent has now, (n, agents, choices) bool; there is always one."""


@runtime_checkable
class Contest(MaskedTask, Protocol):
    """A task of discrete actions that a team wins or does not."""

    @property
    def won(self) -> Tensor:
        """Which episodes the team has won so far, (n,) bool."""


def chosen(scores: Tensor, legal: Tensor) -> Tensor:
    """The highest-scored legal choice, the first of equals: scores and mask (..., choices) -> (...)."""
    return scores.masked_fill(~legal, -torch.inf).argmax(dim=-1)
