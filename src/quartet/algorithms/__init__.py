"""One file per algorithm; `make` finds them by the papers' names."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import torch

from quartet.algorithms.base import Algorithm
from quartet.errors import unknown
from quartet.nets.memory import hold_memory
from quartet.tasks.spec import TaskSpec

CLASSES = {"bc": "BC", "ma-cql": "MACQL", "omar": "OMAR", "ma-sfbc": "MASfBC", "dom2": "DOM2"}
NAMES = tuple(CLASSES)


def make(
    name: str,
    spec: TaskSpec,
    hyperparameters: Mapping[str, Any],
    seeds: Sequence[int],
    device: str | torch.device = "cpu",
) -> Algorithm:
    """A learner for all agents and seeds, from the hyperparameters of config/algorithms/<name>.yaml and the scale."""
    if name not in CLASSES:
        raise unknown("algorithm", name, NAMES)
    hold_memory()
    module = import_module(f"quartet.algorithms.{name.replace('-', '_')}")
    config = module.Config.read(hyperparameters)
    learner: Algorithm = getattr(module, CLASSES[name])(spec, config, tuple(seeds), torch.device(device))
    return learner
