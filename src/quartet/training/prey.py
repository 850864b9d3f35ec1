"""The prey of tag and world: one DDPG prey co-trained with three MADDPG predators, then frozen."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from quartet import tasks
from quartet.tasks.reference import chase
from quartet.tasks.scenario import Policy, Scenario
from quartet.tasks.spec import TaskSpec
from quartet.training.actors import FrozenActor, load_actor
from quartet.training.matd3 import MATD3, Config
from quartet.training.online import PREY_STREAM, Buffer, explore, play, starts, uniform

# One critic each, no delay, no smoothing: MADDPG for the predators and, for a prey alone, DDPG (OMAR's released prey).
LEARNER = Config(twins=1, delay=1, smoothing=0.0, gamma=0.95, tau=0.01, rate=0.01, reward_scale=1.0, batch_norm=True)
HIDDEN = 64  # units of every hidden layer (OMAR's released prey)
BATCH = 1024  # joint transitions per update (OMAR's released code)
NOISE = 0.1  # sd of the exploration of predators and prey (OMAR's released code)
SEEDS = 8  # co-trainings (ours)
EVERY, NEARBY = 25, 1  # updates between candidates, at first and around the best one (ours)
CHASES, UNIFORMS = 1000, 4000  # episodes in which a candidate is judged (ours)
FINALISTS = 6  # so many are judged again, in more episodes (ours)


@dataclass(frozen=True)
class Strength:
    """How hard a prey is to catch: mean returns of two fixed teams against it."""

    chase: float  # predators that run straight at it
    uniform: float  # predators that act uniformly

    def distance(self, other: "Strength") -> float:
        """Sum of both relative differences, in units of what each may be off; the papers print the uniform score."""
        return abs(self.chase / other.chase - 1) / 0.1 + abs(self.uniform / other.uniform - 1) / 0.02


# OMAR's released prey: chased in straight lines (measured), and the mean return of OMAR's random datasets.
OMAR = {"tag": Strength(131.0, -4.1), "world": Strength(71.0, -6.8)}


@dataclass(frozen=True)
class PreyConfig:
    """The sizes of the co-training."""

    updates: int  # optimiser steps, one per step of the environments; OMAR's prey had about 490
    times: int  # so many times the usual episodes judge the finalists
    environments: int  # episodes side by side
    seed: int  # of networks, episodes and exploration

    @classmethod
    def of(cls, sizes: Mapping[str, int]) -> "PreyConfig":
        """From the `behaviour` section of a scale."""
        return cls(sizes["prey_updates"], sizes["prey_times"], sizes["environments"], sizes["seed"])


@dataclass(frozen=True)
class Candidate:
    """A prey as it was after some updates of one co-training."""

    seed: int
    update: int
    actor: FrozenActor


def train_prey(task_name: str, sizes: Mapping[str, int], out: Path, device: str = "cpu") -> None:
    """Co-train a few preys and keep, in `out`, the snapshot that is most nearly as hard to catch as OMAR's.

    Co-training passes through preys of very different skill, and every score of the task depends on it.
    """
    config, scenario = PreyConfig.of(sizes), tasks.scenario(task_name, device)
    seeds = range(SEEDS * config.seed, SEEDS * (config.seed + 1))
    candidates = (found for seed in seeds for found in cotrain(scenario, replace(config, seed=seed), EVERY, device))
    near = nearest(task_name, nearest(task_name, candidates, FINALISTS, 1, device), 1, config.times, device)[0]
    around = neighbours(scenario, config, near, device)
    kept = nearest(task_name, around, 1, config.times, device)[0]
    reached = strength(task_name, kept.actor, config.times, device)
    tqdm.write(f"kept seed {kept.seed} after {kept.update} updates: {reached}, wanted {OMAR[task_name]}", sys.stderr)
    kept.actor.save(out)


def nearest(
    task_name: str, candidates: Iterable[Candidate], count: int, times: int, device: str = "cpu"
) -> list[Candidate]:
    """The `count` candidates whose strength, in `times` the usual episodes, is most like that of OMAR's prey."""
    wanted = OMAR[task_name]
    return sorted(candidates, key=lambda one: strength(task_name, one.actor, times, device).distance(wanted))[:count]


def neighbours(scenario: Scenario, config: PreyConfig, center: Candidate, device: str = "cpu") -> list[Candidate]:
    """The candidates of the same co-training shortly before and after one of them, more closely spaced."""
    last = min(center.update + EVERY, config.updates)
    again = cotrain(scenario, replace(config, seed=center.seed, updates=last), NEARBY, device)
    return [candidate for candidate in again if candidate.update > center.update - EVERY]


def strength(task_name: str, prey: FrozenActor, times: int, device: str = "cpu") -> Strength:
    """Both scores of a candidate in `times` the usual episodes; every candidate meets the same ones."""
    task = tasks.make(task_name, prey=as_policy(prey), device=device)
    teams = ((chase, times * CHASES), (uniform(torch.Generator(device).manual_seed(0)), times * UNIFORMS))
    return Strength(*(float(play(task, team, starts(PREY_STREAM, 0, 0, count)).mean()) for team, count in teams))


def load_prey(path: Path, device: str = "cpu") -> Policy:
    """The frozen prey as `tasks.make` wants it: observations (n, prey_observation) -> actions (n, 2)."""
    return as_policy(load_actor(path, device))


def as_policy(prey: FrozenActor) -> Policy:
    """A prey is a team of one; the task wants it without the team's axis."""
    return lambda observations: prey(observations.unsqueeze(1)).squeeze(1)


class Side:
    """One of the two sides: its learner and what it remembers."""

    def __init__(self, spec: TaskSpec, config: PreyConfig, seed: int, device: str) -> None:
        self.learner = MATD3(spec.agents, spec.observation, spec.action, HIDDEN, LEARNER, seed, device)
        self.buffer = Buffer(spec, config.environments, config.updates, device)

    def update(self, generator: torch.Generator) -> None:
        """One optimiser step."""
        self.learner.update(self.buffer.sample(BATCH, generator), generator)


def cotrain(scenario: Scenario, config: PreyConfig, every: int, device: str = "cpu") -> Iterator[Candidate]:
    """Train both sides at once, each taking the other for a part of the world; the prey as it was every few updates."""
    rules, generator = scenario.rules, torch.Generator(device).manual_seed(config.seed)
    team = TaskSpec(agents=rules.team, observation=rules.observation, action=2, horizon=rules.horizon)
    alone = TaskSpec(agents=1, observation=rules.prey_observation, action=2, horizon=rules.horizon)
    sides = [Side(spec, config, 2 * config.seed + number, device) for number, spec in enumerate((team, alone))]
    for update in tqdm(range(config.updates), desc=f"prey of {rules.name}", unit="update", mininterval=1.0):
        if update % rules.horizon == 0:
            first = update // rules.horizon * config.environments
            scenario.reset(starts(PREY_STREAM, config.seed, first, config.environments))
            for side, seen in zip(sides, _views(scenario), strict=True):
                side.buffer.start(seen)
        _step(scenario, sides, generator)
        for side in sides:
            side.update(generator)
        if (update + 1) % every == 0 or update + 1 == config.updates:
            yield Candidate(config.seed, update + 1, sides[1].learner.frozen())


def _step(scenario: Scenario, sides: list[Side], generator: torch.Generator) -> None:
    """Both sides act, with exploration, and remember what came of it."""
    views = zip(sides, _views(scenario), strict=True)
    actions = [explore(side.learner.act(seen), NOISE, generator) for side, seen in views]
    scenario.step(torch.cat(actions, dim=1))
    rewards = [scenario.rewards(), scenario.prey_rewards().unsqueeze(1)]
    for side, *happened in zip(sides, actions, rewards, _views(scenario), strict=True):
        side.buffer.add(*happened)


def _views(scenario: Scenario) -> list[Tensor]:
    """What the predators see, (n, 3, o), and what the prey sees, (n, 1, p)."""
    return [scenario.observations(), scenario.prey_observations().unsqueeze(1)]
