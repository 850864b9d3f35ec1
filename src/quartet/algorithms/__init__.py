"""One file per algorithm; `make` finds them by the papers' names."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

import torch

from quartet.algorithms.base import Algorithm
from quartet.errors import unknown
from quartet.nets.memory import hold_memory
from quartet.tasks.spec import TaskSpec

CLASSES = {
    "bc": "BC",
    "ma-cql": "MACQL",
    "omar": "OMAR",
    "ma-sfbc": "MASfBC",
    "dom2": "DOM2",
    "dof": "DoF",
    "dof-vae": "DoFVAE",
    "madiff-d": "MADIFFD",
    "madiff-c": "MADIFFC",
    "independent-diffusion": "IndependentDiffusion",
    "dof-policy": "DoFPolicy",
    "ma-td3bc": "MATD3BC",
    "ma-icq": "MAICQ",
    "bc-recurrent": "BCRecurrent",
    "qmix": "QMIX",
    "qmix-cql": "QMIXCQL",
    "qmix-bcq": "QMIXBCQ",
    "icq-recurrent": "ICQRecurrent",
    "madt": "MADT",
    "omsd": "OMSD",
    "brpo-ind": "BRPOInd",
    "brpo-fac": "BRPOFac",
    "brpo-jal": "BRPOJal",
    "omiga": "OMIGA",
}
NAMES = tuple(CLASSES)


def make(
    name: str,
    spec: TaskSpec,
    hyperparameters: Mapping[str, Any],
    seeds: Sequence[int],
    device: str | torch.device = "cpu",
) -> Algorithm:
    """A learner for all agents and seeds, from the hyperparameters of config/algorithms/<name>.yaml and the scale.

    `seeds` may repeat, point of a sweep by point; a laneable hyperparameter may then be a list, one value a point.
    """
    hold_memory()
    module = _module(name)
    config = module.Config.read(hyperparameters)
    learner: Algorithm = getattr(module, CLASSES[name])(spec, config, tuple(seeds), torch.device(device))
    return learner


def laneable(name: str) -> frozenset[str]:
    """The hyperparameters of which every lane of a learner may have a value of its own."""
    names: frozenset[str] = _module(name).Config.LANEABLE
    return names


def _module(name: str) -> ModuleType:
    if name not in CLASSES:
        raise unknown("algorithm", name, NAMES)
    return import_module(f"quartet.algorithms.{name.replace('-', '_')}")
