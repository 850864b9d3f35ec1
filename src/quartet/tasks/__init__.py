"""Batched tasks: the ground floor, which knows nothing of algorithms."""

import torch

from quartet.errors import unknown
from quartet.names import BATTLES, module_of
from quartet.tasks import drones, landmarks, spread, spread_variants, tag, world
from quartet.tasks.battle import Battle
from quartet.tasks.scenario import ParticleTask, Policy, Rules, Scenario
from quartet.tasks.spec import Step, Task, TaskSpec

_PAPERS = (spread.RULES, tag.RULES, world.RULES, landmarks.RULES, landmarks.COVERED)
_RULES = {rules.name: rules for rules in (*_PAPERS, spread_variants.SPARSE, spread_variants.LONG)}

NAMES: tuple[str, ...] = tuple(_RULES)  # of the particle tasks
NEEDS_PREY: frozenset[str] = frozenset(name for name, rules in _RULES.items() if rules.prey_observation)

__all__ = ["NAMES", "NEEDS_PREY", "Scenario", "Step", "Task", "TaskSpec", "make", "module_of", "scenario"]


def make(name: str, *, prey: Policy | None = None, device: str | torch.device = "cpu") -> Task:
    """The team's task: `prey` maps its observations (n, prey_observation) to actions (n, 2); None stands still."""
    if name == "cheetah":
        from quartet.tasks.cheetah import Cheetah  # imports MuJoCo, which only this task needs

        return Cheetah(device)
    if name in BATTLES:
        return Battle(name, device)
    if name in drones.SIZES:
        return drones.Drones(drones.SIZES[name], device)
    return ParticleTask(_rules(name), prey, device)


def scenario(name: str, device: str | torch.device = "cpu") -> Scenario:
    """The scenario with every mover under control, prey included, for training predators and prey together."""
    return Scenario(_rules(name), device)


def _rules(name: str) -> Rules:
    if name not in _RULES:
        raise unknown("task", name, [*NAMES, *drones.SIZES, *BATTLES, "cheetah"])
    return _RULES[name]
