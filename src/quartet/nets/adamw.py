"""AdamW (Loshchilov and Hutter 2019): Adam, and the parameters decay by themselves."""

import torch
from torch import Tensor

from quartet.nets.parameters import Adam


class AdamW(Adam):
    """Adam on one (L, P) tensor; at every step a share `decay` (1, P) of each parameter, times the rate, goes."""

    def __init__(self, parameters: Tensor, rate: float, decay: Tensor) -> None:
        super().__init__(parameters, rate)
        self.decay = decay

    @torch.no_grad()
    def step(self, gradients: Tensor) -> None:
        """Move the parameters, in place, against the gradients (L, P)."""
        self.parameters.mul_(1 - self.rate * self.decay)
        super().step(gradients)
