"""Any task as a PettingZoo ParallelEnv: one episode at a time, numpy arrays in dictionaries keyed by agent."""

from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from quartet.errors import QuartetError, unknown
from quartet.tasks.spec import MaskedTask, Task

Array = NDArray[np.float32]
Action = Array | int  # a choice, where actions are discrete
Infos = dict[str, dict[str, Any]]


class TaskEnv(ParallelEnv[str, Array, Action]):  # type: ignore[misc]  # PettingZoo ships no types
    """One episode of a task, with agents named agent_0, agent_1 ..."""

    metadata = {"name": "quartet", "render_modes": [], "is_parallelizable": True}  # noqa: RUF012 (PettingZoo's own form)
    render_mode = None

    def __init__(self, task: Task, setting: str) -> None:
        if setting not in task.settings:
            raise unknown("setting", setting, task.settings)
        self.task, self.setting = task, setting
        self.possible_agents = [f"agent_{number}" for number in range(task.spec.agents)]
        self.agents: list[str] = []
        self._seed = 0
        sight = Box(-np.inf, np.inf, (task.spec.observation,), np.float32)
        choices = task.spec.choices
        action = Discrete(choices) if choices else Box(-1.0, 1.0, (task.spec.action,), np.float32)
        self.observation_spaces = dict.fromkeys(self.possible_agents, sight)
        self.action_spaces = dict.fromkeys(self.possible_agents, action)

    def observation_space(self, agent: str) -> Box:
        """What `agent` sees; the same object at every call."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> Box | Discrete:
        """What `agent` can do; the same object at every call."""
        return self.action_spaces[agent]

    def reset(
        self,
        seed: int | None = None,
        options: dict[str, Any] | None = None,  # noqa: ARG002 (part of the interface)
    ) -> tuple[dict[str, Array], Infos]:
        """Start the episode of `seed`, or else of the integer after the last one, 0 at first; options do nothing."""
        seed = self._seed if seed is None else seed
        self._seed = seed + 1
        self.agents = list(self.possible_agents)
        observations = self.task.reset(torch.tensor([seed]), self.setting)
        return self._per_agent(observations), self._infos()

    def step(
        self, actions: dict[str, Action]
    ) -> tuple[dict[str, Array], dict[str, float], dict[str, bool], dict[str, bool], Infos]:
        """Advance the episode; at its end `agents` becomes empty."""
        if set(actions) != set(self.agents):
            raise QuartetError(f"actions are for {sorted(actions)}", mend=f"the agents now are {self.agents}")
        joint = np.stack([self._scores(actions[agent]) for agent in self.agents])
        step = self.task.step(torch.from_numpy(joint).unsqueeze(0))
        agents, rewards = self.agents, step.rewards[0].tolist()
        terminal, truncated = bool(step.terminals[0]), bool(step.truncations[0])
        self.agents = [] if terminal or truncated else agents
        return (
            self._per_agent(step.observations),
            dict(zip(agents, rewards, strict=True)),
            dict.fromkeys(agents, terminal),
            dict.fromkeys(agents, truncated),
            self._infos(),
        )

    def _scores(self, action: Action) -> Array:
        """An action as the task takes it: a choice scores 1, the others 0."""
        choices = self.task.spec.choices
        return np.eye(choices, dtype=np.float32)[action] if choices else np.asarray(action, dtype=np.float32)

    def _infos(self) -> Infos:
        """The legal choices of every agent, as `action_mask` for gymnasium's `Discrete.sample`."""
        if not isinstance(self.task, MaskedTask):
            return {agent: {} for agent in self.possible_agents}
        masks = self.task.legal()[0].cpu().numpy().astype(np.int8)
        return {agent: {"action_mask": mask} for agent, mask in zip(self.possible_agents, masks, strict=True)}

    def _per_agent(self, observations: torch.Tensor) -> dict[str, Array]:
        return dict(zip(self.possible_agents, observations[0].cpu().numpy(), strict=True))


def parallel_env(task: Task, setting: str = "standard") -> TaskEnv:
    """The task, in one of its settings, as a ParallelEnv; observations and actions are float32 arrays."""
    return TaskEnv(task, setting)
