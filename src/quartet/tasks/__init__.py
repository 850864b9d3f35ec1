"""Batched tasks: the ground floor, which knows nothing of algorithms."""

import torch

from quartet.errors import unknown
from quartet.tasks import spread, tag, world
from quartet.tasks.scenario import ParticleTask, Policy, Rules, Scenario
from quartet.tasks.spec import Step, Task, TaskSpec

_RULES = {rules.name: rules for rules in (spread.RULES, tag.RULES, world.RULES)}

NAMES: tuple[str, ...] = tuple(_RULES)
NEEDS_PREY: frozenset[str] = frozenset(name for name, rules in _RULES.items() if rules.prey_observation)

__all__ = ["NAMES", "NEEDS_PREY", "Scenario", "Step", "Task", "TaskSpec", "make", "scenario"]


def make(name: str, *, prey: Policy | None = None, device: str | torch.device = "cpu") -> Task:
    """The team's task: `prey` maps its observations (n, prey_observation) to actions (n, 2); None stands still."""
    return ParticleTask(_rules(name), prey, device)


def scenario(name: str, device: str | torch.device = "cpu") -> Scenario:
    """The scenario with every mover under control, prey included, for training predators and prey together."""
    return Scenario(_rules(name), device)


def _rules(name: str) -> Rules:
    if name not in _RULES:
        raise unknown("task", name, NAMES)
    return _RULES[name]
