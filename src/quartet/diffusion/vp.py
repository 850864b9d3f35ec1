"""The continuous VP schedule at any time, as score models are trained: `schedules.continuous` has it on a grid."""

import torch
from torch import Tensor

from quartet.diffusion.schedules import BETA_MAX, BETA_MIN


def alpha(times: Tensor) -> Tensor:
    """What is left of the data at diffusion times in [0, 1]: log alpha = -t^2 (b1 - b0) / 4 - t b0 / 2 (SRPO)."""
    return torch.exp(-(times**2) * (BETA_MAX - BETA_MIN) / 4 - times * BETA_MIN / 2)
