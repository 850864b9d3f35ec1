"""Evaluation: every seed's policy plays its own episodes, all of them side by side."""

from collections.abc import Mapping, Sequence
from itertools import product

import torch
from torch import Tensor

from quartet.algorithms.base import Algorithm
from quartet.errors import QuartetError
from quartet.names import COUNTED
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
) -> dict[str, Tensor]:
    """The `return` of every episode, the sum over steps of the agents' mean reward, and what the task counts besides.

    Every column is (points, seeds, episodes).

    A start fixes all that the task draws, so attempts from it (kept side by side) differ in the policy's own
    randomness alone; points of a sweep meet the same starts with the same randomness.
    """
    teams = points * len(seeds)
    own = [episode_seeds(seed, episodes // attempts).repeat_interleave(attempts) for seed in seeds]
    observations = task.reset(torch.cat(own * points), setting)
    streams = [EVALUATION_STREAM + seed for seed in seeds]
    random = LaneRandom(streams, task.spec.agents, observations.device, points=points)
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
    counted = {name: getattr(task, name).cpu() for name in COUNTED.values() if hasattr(task, name)}
    columns = {name: of.reshape(points, len(seeds), episodes) for name, of in ({"return": returns} | counted).items()}
    for number, seed in enumerate(seeds):
        if not torch.isfinite(columns["return"][:, number]).all():
            raise QuartetError(f"the policy of seed {seed} diverged: its returns are not finite")
    return columns


def returns_csv(columns: Mapping[str, Tensor], seeds: Sequence[int], points: Sequence[str] | None = None) -> str:
    """The raw columns (points, seeds, episodes) in long form: seed, episode, return, counts; first a sweep's point."""
    lines = [",".join([*([] if points is None else ["point"]), "seed", "episode", *columns])]
    names = [""] if points is None else [f"{point}," for point in points]
    places = product(names, seeds, range(columns["return"].shape[2]))
    for (name, seed, episode), *values in zip(places, *map(_texts, columns.values()), strict=True):
        lines.append(f"{name}{seed},{episode},{','.join(values)}")
    return "\n".join(lines) + "\n"


def _texts(column: Tensor) -> list[str]:
    """Every number of a column; counts are whole."""
    shape = "{:.6f}" if column.is_floating_point() else "{:d}"
    return [shape.format(value) for value in column.flatten().tolist()]


def _to_lanes(observations: Tensor, seeds: int) -> Tensor:
    """(seeds * episodes, agents, o) -> (seeds * agents, episodes, o)."""
    rows, agents, size = observations.shape
    return observations.reshape(seeds, rows // seeds, agents, size).transpose(1, 2).reshape(-1, rows // seeds, size)


def _from_lanes(actions: Tensor, seeds: int) -> Tensor:
    """(seeds * agents, episodes, a) -> (seeds * episodes, agents, a)."""
    lanes, episodes, size = actions.shape
    agents = lanes // seeds
    return actions.reshape(seeds, agents, episodes, size).transpose(1, 2).reshape(-1, agents, size)
