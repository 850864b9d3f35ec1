"""Which stage answers which command."""

import gc
from importlib import import_module
from types import ModuleType

from quartet.config import Config
from quartet.errors import QuartetError

MODULES = {
    "compute": ("prey", "behaviour", "dataset", "train", "evaluate", "trajectories"),
    "augmenting": ("augment",),
    "examining": ("examine",),
    "portraying": ("density",),
    "publish": ("publish",),
    "reference": ("reference",),
    "telling": ("show", "status", "compare"),
    "costing": ("cost", "measure"),
    "playing": ("toy",),
    "verifying": ("verify",),
}
ON_DEVICE = ("compute", "augmenting", "verifying")


def perform(settings: Config, command: str, target: str, device: str = "cpu") -> None:
    """Import a stage only when it is asked for: torch takes seconds, and planning and rendering do without it."""
    module = next((name for name, commands in MODULES.items() if command in commands), "render")
    run = getattr(_imported(f"quartet.stages.{module}"), command)
    if module in ON_DEVICE:
        _there(device)
        run(settings, target, device)
    else:
        run(settings, target)


def _imported(name: str) -> ModuleType:
    """A module without a collector of garbage that looks through what torch leaves, then and ever after."""
    gc.disable()
    module = import_module(name)
    gc.freeze()
    gc.enable()
    return module


def _there(device: str) -> None:
    """A device that this machine has."""
    if device == "cuda" and not import_module("torch").cuda.is_available():
        raise QuartetError("torch finds no CUDA device here", where="device: cuda", mend="use --device cpu")
