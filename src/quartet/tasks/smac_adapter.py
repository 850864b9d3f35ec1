"""The real game as a task: any environment with SMAC's interface (oxwhirl/smac, oxwhirl/smacv2), several side by side.

Not among the named tasks, because StarCraft II must be installed; docs/battle.md says how to use it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from quartet.errors import QuartetError, unknown
from quartet.tasks.spec import Step, TaskSpec, chosen


class SmacEnv(Protocol):
    """What this adapter calls of SMAC's interface."""

    def get_env_info(self) -> Mapping[str, Any]:
        """The sizes: n_agents, obs_shape, state_shape, n_actions, episode_limit."""

    def reset(self) -> object:
        """Start an episode."""

    def step(self, actions: Sequence[int]) -> tuple[float, bool, Mapping[str, Any]]:
        """Advance it: reward, whether it has ended, and `battle_won`."""

    def get_obs(self) -> Any:
        """What every agent sees."""

    def get_state(self) -> Any:
        """The global state."""

    def get_avail_actions(self) -> Any:
        """Which choices every agent has."""


class SmacTask:
    """n episodes in n environments, made when they are first needed; those that have ended wait for the others.

    The game draws its own random numbers: unlike everywhere else, a seed does not fix an episode.
    """

    def __init__(self, make: Callable[[], SmacEnv]) -> None:
        self._make, self._envs = make, [make()]
        sizes = self._envs[0].get_env_info()
        self.spec = TaskSpec(
            agents=int(sizes["n_agents"]),
            observation=int(sizes["obs_shape"]),
            action=int(sizes["n_actions"]),
            horizon=int(sizes["episode_limit"]),
            state=int(sizes["state_shape"]),
            choices=int(sizes["n_actions"]),
        )
        self.time, self.won, self._ended = self.spec.horizon, torch.zeros(0, dtype=torch.bool), np.zeros(0, dtype=bool)

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return ("standard",)

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed and return the observations (n, agents, observation)."""
        if setting not in self.settings:
            raise unknown("setting", setting, self.settings, where="a game of StarCraft II")
        self._envs += [self._make() for _ in range(len(seeds) - len(self._envs))]
        self.time, self._ended = 0, np.zeros(len(seeds), dtype=bool)
        self.won, self._terminals = torch.zeros(2, len(seeds), dtype=torch.bool).unbind()
        for env in self._playing:
            env.reset()
        return self._read("get_obs")

    def step(self, actions: Tensor) -> Step:
        """Advance all that have not ended by scores (n, agents, choices): every agent's highest-scored legal choice."""
        if self.time >= self.spec.horizon:
            raise QuartetError("no episode is under way", where="a game of StarCraft II", mend="call reset first")
        choices = chosen(actions.cpu(), self.legal()).tolist()
        rewards = torch.zeros(len(choices))
        self.time += 1
        for number in np.flatnonzero(~self._ended):
            reward, ended, info = self._envs[number].step(choices[number])
            rewards[number], self._ended[number] = float(reward), ended
            self.won[number] = bool(info.get("battle_won", False))
            lost = info.get("dead_allies") == self.spec.agents
            self._terminals[number] = ended and (self.time < self.spec.horizon or bool(self.won[number]) or lost)
        return Step(
            observations=self._read("get_obs"),
            rewards=rewards.unsqueeze(1).repeat(1, self.spec.agents),
            terminals=self._terminals.clone(),
            truncations=~self._terminals & (self.time >= self.spec.horizon),
        )

    def legal(self) -> Tensor:
        """What every agent may choose now, (n, agents, choices)."""
        return self._read("get_avail_actions") > 0

    def state(self) -> Tensor:
        """The global state of every episode now, (n, state)."""
        return self._read("get_state")

    @property
    def _playing(self) -> list[SmacEnv]:
        return self._envs[: len(self._ended)]

    def _read(self, what: str) -> Tensor:
        return torch.from_numpy(np.stack([np.asarray(getattr(env, what)(), dtype=np.float32) for env in self._playing]))
