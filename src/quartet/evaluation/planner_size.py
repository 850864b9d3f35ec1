"""How many parameters a planner has as its team grows, counted from shapes: nothing is allocated (DoF Table 21)."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from quartet.algorithms import CLASSES
from quartet.algorithms.planner import team_model
from quartet.nets.parameters import size
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True)
class PlannerSize:
    """Parameters of a planner's team."""

    team: int  # trained together
    agent: int  # what one agent carries to plan: one noise network, one inverse dynamics, its share of f and h


def planner_size(name: str, hyperparameters: Mapping[str, Any], spec: TaskSpec) -> PlannerSize:
    """Count the parameters of one planner for a team; all of f and h where no agent can execute them alone."""
    module = import_module(f"quartet.algorithms.{name.replace('-', '_')}")
    config, attention = module.Config.read(hyperparameters), getattr(module, CLASSES[name]).attention
    model = team_model(spec, config, attention)
    networks = size(model.net.shapes) + size(model.inverse.shapes)
    mixers = [(size(mixer.shapes), spec.agents if mixer.decentral else 1) for mixer in (model.f, model.h)]
    return PlannerSize(
        team=model.copies * networks + sum(whole for whole, _ in mixers),
        agent=networks + sum(whole // sharers for whole, sharers in mixers),
    )
