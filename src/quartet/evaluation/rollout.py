"""Evaluation: every seed's policy plays its own episodes, all of them side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor

from quartet.algorithms.base import Algorithm
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import Task

EVALUATION_STREAM = 1 << 40  # episodes of evaluation never share a start with the episodes of a dataset


def episode_seeds(seed: int, episodes: int) -> Tensor:
    """The starts of one seed's evaluation episodes."""
    return EVALUATION_STREAM + seed * (1 << 24) + torch.arange(episodes, dtype=torch.int64)


@torch.no_grad()
def evaluate(task: Task, algorithm: Algorithm, seeds: tuple[int, ...], episodes: int, setting: str) -> Tensor:
    """Returns (seeds, episodes): the sum over steps of the agents' mean reward."""
    agents = task.spec.agents
    starts = torch.cat([episode_seeds(seed, episodes) for seed in seeds])
    random = LaneRandom([EVALUATION_STREAM + seed for seed in seeds], agents)
    observations = task.reset(starts, setting)
    returns = torch.zeros(len(seeds) * episodes)
    for _ in range(task.spec.horizon):
        actions = algorithm.act(_to_lanes(observations, len(seeds)), random)
        step = task.step(_from_lanes(actions, len(seeds)))
        returns += step.rewards.mean(dim=1).cpu()
        observations = step.observations
    for seed, own in zip(seeds, returns.reshape(len(seeds), episodes), strict=True):
        if not torch.isfinite(own).all():
            raise QuartetError(f"the policy of seed {seed} diverged: its returns are not finite")
    return returns.reshape(len(seeds), episodes)


def returns_csv(returns: Tensor, seeds: Sequence[int]) -> str:
    """The raw returns in long form: seed, episode, return."""
    lines = ["seed,episode,return"]
    for seed, own in zip(seeds, returns.tolist(), strict=True):
        lines += [f"{seed},{episode},{value:.6f}" for episode, value in enumerate(own)]
    return "\n".join(lines) + "\n"


def _to_lanes(observations: Tensor, seeds: int) -> Tensor:
    """(seeds * episodes, agents, o) -> (seeds * agents, episodes, o)."""
    rows, agents, size = observations.shape
    return observations.reshape(seeds, rows // seeds, agents, size).transpose(1, 2).reshape(-1, rows // seeds, size)


def _from_lanes(actions: Tensor, seeds: int) -> Tensor:
    """(seeds * agents, episodes, a) -> (seeds * episodes, agents, a)."""
    lanes, episodes, size = actions.shape
    agents = lanes // seeds
    return actions.reshape(seeds, agents, episodes, size).transpose(1, 2).reshape(-1, agents, size)
