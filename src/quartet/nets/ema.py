"""The exponential moving average of a stack of networks, as planners are evaluated."""

from dataclasses import dataclass

from torch import Tensor

from quartet.nets.parameters import soft_update


@dataclass(frozen=True)
class Ema:
    """Every `every` updates average <- decay average + (1 - decay) online; before `start` it is a plain copy."""

    decay: float
    start: int
    every: int

    def update(self, step: int, average: Tensor, online: Tensor) -> None:
        """Move the average (L, P), in place, after update number `step` (the first is 1)."""
        if step % self.every == 0:
            soft_update(average, online, 1.0 if step < self.start else 1 - self.decay)
