"""Learning online in n episodes side by side: the append-only buffer, exploration and evaluation."""

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes, episode_returns
from quartet.tasks.scenario import Policy
from quartet.tasks.spec import StatefulTask, Task, TaskSpec
from quartet.training.matd3 import Minibatch

_Steps = TypeVar("_Steps", int, Tensor)

# Streams of episode starts: no use of the tasks shares a start with another.
TRAINING_STREAM, EVALUATION_STREAM, PREY_STREAM, DATASET_STREAM = range(4)


def starts(stream: int, seed: int, first: int, count: int) -> Tensor:
    """Seeds of the episodes first..first+count-1 of a stream."""
    return (stream << 36) + seed * (1 << 24) + torch.arange(first, first + count, dtype=torch.int64)


def explore(actions: Tensor, noise: float, generator: torch.Generator) -> Tensor:
    """Actions plus Gaussian noise, clipped to [-1, 1]."""
    drawn = torch.randn(actions.shape, generator=generator, device=actions.device)
    return (actions + noise * drawn).clamp(-1.0, 1.0)


def uniform(generator: torch.Generator, size: int = 2) -> Policy:
    """Actions uniform in [-1, 1]^size, whatever is seen."""

    def policy(observations: Tensor) -> Tensor:
        return 2 * torch.rand(*observations.shape[:-1], size, generator=generator, device=observations.device) - 1

    return policy


def state_of(task: Task) -> Tensor | None:
    """The global state now, (n, state), of a task that has one."""
    return task.state() if isinstance(task, StatefulTask) else None


class Buffer:
    """Everything that happened, in order: rounds of n episodes, time-major, so a prefix is what was known then.

    A round takes horizon + 1 slots of observations and horizon slots of actions and rewards.
    """

    def __init__(self, spec: TaskSpec, environments: int, steps: int, device: str = "cpu") -> None:
        self.spec, self.environments, self.steps = spec, environments, 0
        rounds = -(-steps // spec.horizon)
        wide = (environments, spec.agents)
        self._observations = torch.empty(rounds * (spec.horizon + 1), *wide, spec.observation, device=device)
        self._actions = torch.empty(rounds * spec.horizon, *wide, spec.action, device=device)
        self._rewards = torch.empty(rounds * spec.horizon, *wide, device=device)
        seen = rounds * (spec.horizon + 1)
        self._states = torch.empty(seen, environments, spec.state, device=device) if spec.state else None

    @property
    def transitions(self) -> int:
        """How many transitions are held."""
        return self.steps * self.environments

    def start(self, observations: Tensor, state: Tensor | None = None) -> None:
        """Note where a round begins."""
        self._see(self._slot(self.steps), observations, state)

    def add(self, actions: Tensor, rewards: Tensor, next_observations: Tensor, state: Tensor | None = None) -> None:
        """Note one step of all environments, and the observations and state it led to."""
        self._actions[self.steps], self._rewards[self.steps] = actions, rewards
        self._see(self._slot(self.steps) + 1, next_observations, state)
        self.steps += 1

    def sample(self, batch: int, generator: torch.Generator) -> Minibatch:
        """Joint transitions drawn uniformly from all so far."""
        index = torch.randint(self.transitions, (batch,), generator=generator, device=self._rewards.device)
        step, environment = index // self.environments, index % self.environments
        slot = self._slot(step)
        return Minibatch(
            observations=self._observations[slot, environment].transpose(0, 1),
            actions=self._actions[step, environment].transpose(0, 1),
            rewards=self._rewards[step, environment].t(),
            next_observations=self._observations[slot + 1, environment].transpose(0, 1),
            state=None if self._states is None else self._states[slot, environment],
            next_state=None if self._states is None else self._states[slot + 1, environment],
        )

    def episodes(self, count: int, task: str, quality: str, behaviour: str) -> Episodes:
        """The first `count` episodes, all of them whole."""
        spec, rounds = self.spec, -(-count // self.environments)
        seen = self._by_episode(self._observations, rounds, spec.horizon + 1)[:count]
        actions = self._by_episode(self._actions, rounds, spec.horizon)[:count]
        rewards = self._by_episode(self._rewards, rounds, spec.horizon)[:count].reshape(-1, spec.agents)
        offsets = np.arange(0, len(rewards) + 1, spec.horizon, dtype=np.int64)
        truncations = np.zeros(len(rewards), dtype=np.bool_)
        truncations[offsets[1:] - 1] = True
        return Episodes(
            task=task,
            quality=quality,
            behaviour=behaviour,
            spec=spec,
            observations=seen[:, :-1].reshape(-1, spec.agents, spec.observation),
            actions=actions.reshape(-1, spec.agents, spec.action),
            rewards=rewards,
            terminals=np.zeros(len(rewards), dtype=np.bool_),
            truncations=truncations,
            offsets=offsets,
            returns=episode_returns(rewards, offsets),
            final_observations=np.ascontiguousarray(seen[:, -1]),
            state=None if self._states is None else self._state_rows(self._states, rounds, count),
        )

    def _see(self, slot: int, observations: Tensor, state: Tensor | None) -> None:
        self._observations[slot] = observations
        if self._states is not None and state is not None:
            self._states[slot] = state

    def _state_rows(self, states: Tensor, rounds: int, count: int) -> NDArray[np.float32]:
        """The state at every transition of the first `count` episodes, (M, state)."""
        seen = self._by_episode(states, rounds, self.spec.horizon + 1)[:count]
        return seen[:, :-1].reshape(-1, self.spec.state)

    def _by_episode(self, stored: Tensor, rounds: int, slots: int) -> NDArray[np.float32]:
        """(rounds * slots, n, ...) -> (rounds * n, slots, ...)."""
        kept = stored[: rounds * slots].cpu().numpy()
        kept = kept.reshape(rounds, slots, *kept.shape[1:]).swapaxes(1, 2)
        return kept.reshape(-1, slots, *kept.shape[3:])

    def _slot(self, step: _Steps) -> _Steps:
        return step + step // self.spec.horizon


def play(task: Task, policy: Policy, seeds: Tensor, buffer: Buffer | None = None) -> Tensor:
    """One episode per seed; returns (n,), and notes what happened in the buffer if there is one."""
    observations = task.reset(seeds)
    if buffer is not None:
        buffer.start(observations, state_of(task))
    returns = torch.zeros(len(seeds), device=observations.device)
    for _ in range(task.spec.horizon):
        actions = policy(observations)
        step = task.step(actions)
        returns += step.rewards.mean(dim=1)
        observations = step.observations
        if buffer is not None:
            buffer.add(actions, step.rewards, observations, state_of(task))
    return returns
