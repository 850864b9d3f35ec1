"""Inverse dynamics: which action led from one observation to the next."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack


@dataclass(frozen=True)
class InverseDynamics:
    """D(o_t, o_t+1): two hidden layers with ReLU (Decision Diffuser)."""

    observation: int
    action: int
    hidden: int

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every layer."""
        hidden = self.hidden
        return {"first": (2 * self.observation, hidden), "second": (hidden, hidden), "third": (hidden, self.action)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        return pack(linear_parts(random, self.layers), self.shapes)

    def unpack(self, parameters: Tensor) -> dict[str, Tensor]:
        """Name the parts of parameters (L, P)."""
        return unpack(parameters, self.shapes)

    def __call__(self, part: dict[str, Tensor], pairs: Tensor) -> Tensor:
        """Actions (L, R, action) for pairs of observations (L, R, 2 observation)."""
        first = torch.relu(linear(pairs, part["first.weight"], part["first.bias"]))
        second = torch.relu(linear(first, part["second.weight"], part["second.bias"]))
        return linear(second, part["third.weight"], part["third.bias"])
