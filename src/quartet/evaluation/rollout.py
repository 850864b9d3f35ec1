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
def evaluate(
    task: Task,
    algorithm: Algorithm,
    seeds: tuple[int, ...],
    episodes: int,
    setting: str,
    *,
    attempts: int = 1,
    points: int = 1,
) -> Tensor:
    """Returns (points, seeds, episodes): the sum over steps of the agents' mean reward.

    A start fixes all that the task draws, so attempts from it (kept side by side) differ in the policy's own
    randomness alone; points of a sweep meet the same starts with the same randomness.
    """
    teams = points * len(seeds)
    own = [episode_seeds(seed, episodes // attempts).repeat_interleave(attempts) for seed in seeds]
    random = LaneRandom([EVALUATION_STREAM + seed for seed in seeds], task.spec.agents, points=points)
    observations = task.reset(torch.cat(own * points), setting)
    returns = torch.zeros(teams * episodes)
    algorithm.begin(episodes)
    for _ in range(task.spec.horizon):
        actions = algorithm.act(_to_lanes(observations, teams), random)
        step = task.step(_from_lanes(actions, teams))
        algorithm.reward(_to_lanes(step.rewards[..., None], teams).squeeze(2))
        returns += step.rewards.mean(dim=1).cpu()
        observations = step.observations
        if step.terminals.all():
            break
    by_seed = returns.reshape(points, len(seeds), episodes)
    for number, seed in enumerate(seeds):
        if not torch.isfinite(by_seed[:, number]).all():
            raise QuartetError(f"the policy of seed {seed} diverged: its returns are not finite")
    return by_seed


def returns_csv(returns: Tensor, seeds: Sequence[int], points: Sequence[str] | None = None) -> str:
    """The raw returns (points, seeds, episodes) in long form: seed, episode, return; before them a sweep's point."""
    lines = ["seed,episode,return" if points is None else "point,seed,episode,return"]
    names = [""] if points is None else [f"{point}," for point in points]
    for name, by_seed in zip(names, returns.tolist(), strict=True):
        for seed, own in zip(seeds, by_seed, strict=True):
            lines += [f"{name}{seed},{episode},{value:.6f}" for episode, value in enumerate(own)]
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
