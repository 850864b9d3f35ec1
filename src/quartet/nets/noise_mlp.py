"""The noise network of Diffusion-QL: one plain MLP over action, observation and time (DOM2 Figure 6's replacement)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear, mish, product
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack
from quartet.nets.residual import FEATURES


@dataclass(frozen=True)
class MLPNoise:
    """eps(action, observation, time) by three hidden layers with Mish; answers the same calls as `ResidualNoise`.

    The first layer's shares of the observation (`condition`) and of the time (`times`) are computed once and shared
    by all solver steps. It has no dropout, so no units that a mask could drop.
    """

    observation: int
    action: int
    width: int

    units = 0

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer; the first is split by what it is applied to."""
        return {
            "time1": (FEATURES, FEATURES),
            "time2": (FEATURES, FEATURES),
            "first": (self.action + self.observation + FEATURES, self.width),
            "second": (self.width, self.width),
            "third": (self.width, self.width),
            "out": (self.width, self.action),
        }

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        return pack(linear_parts(random, self.layers), self.shapes)

    def unpack(self, parameters: Tensor) -> dict[str, Tensor]:
        """Name the parts of parameters (L, P); the first layer's weight by what it is applied to."""
        part = unpack(parameters, self.shapes)
        weight, sizes = part["first.weight"], [self.action, self.observation, FEATURES]
        names = ("of action", "of observation", "of time")
        return part | dict(zip(names, torch.split(weight, sizes, dim=1), strict=True))

    def condition(self, part: dict[str, Tensor], observations: Tensor) -> Tensor:
        """The observation's share of the first layer, (L, B, observation) -> (L, B, width)."""
        return linear(observations, part["of observation"], part["first.bias"])

    def times(self, part: dict[str, Tensor], features: Tensor) -> Tensor:
        """The times' share of the first layer, features (T, 32) -> (L, T, width)."""
        lanes = part["time1.weight"].shape[0]
        first = mish(linear(features.expand(lanes, -1, -1), part["time1.weight"], part["time1.bias"]))
        return linear(first, part["time2.weight"], part["time2.bias"]) @ part["of time"]

    def __call__(self, part: dict[str, Tensor], actions: Tensor, embedded: Tensor, keep: Tensor | None) -> Tensor:  # noqa: ARG002
        """The noise in actions (L, B, action), given condition + time (L, B, width)."""
        first = mish(product(actions, part["of action"]) + embedded)
        second = hidden(first, part["second.weight"], part["second.bias"])
        third = hidden(second, part["third.weight"], part["third.bias"])
        return linear(third, part["out.weight"], part["out.bias"])
