"""The diffusion process of all toys: K steps of the cosine schedule, DDPM, noise prediction, Adam, averaged weights."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.diffusion import SAMPLERS, schedule
from quartet.nets.ema import Ema
from quartet.nets.parameters import Adam, Terms, clip, terms_and_gradient
from quartet.nets.residual import time_features

Levels = Tensor | int  # diffusion steps of a batch (L, B), or the one step of all

# Our choices, the same for every method: no paper states them for its toys.
RATE, NORM, BOUND = 1e-2, 1.0, 2.0  # Adam's rate, the largest gradient, the largest number predicted
EMA = Ema(decay=0.995, start=50, every=1)


class Process:
    """Schedule and times; `steps` is K."""

    def __init__(self, steps: int) -> None:
        self.schedule = schedule("cosine", steps)
        self.features = time_features(torch.arange(steps + 1) / steps)
        self.alphas, self.sigmas = (torch.tensor(v) for v in (self.schedule.alphas, self.schedule.sigmas))

    def embedded(self, table: Tensor, levels: Levels) -> Tensor:
        """The rows of a table of times (L, K + 1, e) that belong to the levels: (L, B, e), or (L, 1, e) of one."""
        if isinstance(levels, int):
            return table[:, levels : levels + 1]
        return one_hot(levels, table.shape[1]).to(table) @ table

    def noised(self, data: Tensor, noise: Tensor, levels: Tensor) -> Tensor:
        """Data (L, B, d) with noise at levels (L, B)."""
        return self.alphas[levels, None] * data + self.sigmas[levels, None] * noise

    def levels(self, uniform: Tensor) -> Tensor:
        """Steps 1..K from uniform numbers."""
        return (uniform * self.schedule.steps).long().clamp(max=self.schedule.steps - 1) + 1

    def run(self, noise: Callable[[Tensor, int], Tensor], draw: Callable[[], Tensor]) -> Tensor:
        """The reverse process, by DDPM."""
        with torch.no_grad():
            return SAMPLERS["ddpm"](noise, draw(), self.schedule, draw=draw, clip=BOUND)


def trained(parameters: Tensor, sizes: Mapping[str, Any], terms: Callable[[Tensor], Terms]) -> Tensor:
    """The averaged parameters (L, P) after the updates of the sizes; `terms` draws a batch whenever it is called."""
    average, adam = parameters.clone(), Adam(parameters, RATE)
    for step in range(1, sizes["updates"] + 1):
        _, gradient = terms_and_gradient(terms, parameters)
        adam.step(clip(gradient, NORM))
        EMA.update(step, average, parameters)
    return average
