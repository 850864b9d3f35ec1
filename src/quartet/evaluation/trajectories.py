"""Where a trained team goes in the six-landmark task when it tries again and again from one start (DOM2 Figure 9)."""

import json

import torch
from torch import Tensor

from quartet.algorithms.base import Algorithm
from quartet.errors import QuartetError
from quartet.evaluation import rollout
from quartet.evaluation.strategies import ATTEMPTS
from quartet.tasks.scenario import ParticleTask
from quartet.tasks.spec import Step, Task

_DIGITS = 4  # finer than a figure can show


class Watched:
    """A particle task that notes where its team is, at the start and after every step."""

    def __init__(self, task: ParticleTask) -> None:
        self.task, self.spec, self.places = task, task.spec, list[Tensor]()

    @property
    def settings(self) -> tuple[str, ...]:
        """The names `reset` accepts."""
        return self.task.settings

    def reset(self, seeds: Tensor, setting: str = "standard") -> Tensor:
        """Start one episode per seed, and notes of them."""
        observations = self.task.reset(seeds, setting)
        self.places = [self._now()]
        return observations

    def step(self, actions: Tensor) -> Step:
        """Advance all episodes."""
        step = self.task.step(actions)
        self.places.append(self._now())
        return step

    def trajectories(self) -> Tensor:
        """Positions (episodes, agents, steps + 1, 2)."""
        return torch.stack(self.places).permute(3, 2, 0, 1)

    def _now(self) -> Tensor:
        """(2, agents, episodes)."""
        return self.task.scenario.world.position[:, : self.spec.agents].clone()


def roll_out(task: Task, algorithm: Algorithm, seeds: tuple[int, ...], attempts: int = ATTEMPTS) -> str:
    """Every seed's team tries `attempts` times from its one start, in the disc at the centre; JSON.

    Attempts differ in the policy's own randomness alone: a deterministic policy repeats itself.
    """
    if not isinstance(task, ParticleTask):
        raise QuartetError("only particle tasks have places to go to", mend="use landmarks")
    watched = Watched(task)
    returns = rollout.evaluate(watched, algorithm, seeds, attempts, "standard", attempts=attempts)["return"][0]
    world = task.scenario.world
    paths = watched.trajectories()
    by_seed = paths.reshape(len(seeds), attempts, *paths.shape[1:])
    told = {
        "landmarks": _rounded(world.position[:, world.movers :, 0].t()),
        "runs": [
            {"seed": seed, "returns": _rounded(own), "trajectories": _rounded(tried)}
            for seed, own, tried in zip(seeds, returns, by_seed, strict=True)
        ],
    }
    return json.dumps(told) + "\n"


def _rounded(values: Tensor) -> list[float]:
    """Plain numbers, nested as the tensor is."""
    rounded: list[float] = torch.round(values.double().cpu(), decimals=_DIGITS).tolist()
    return rounded
