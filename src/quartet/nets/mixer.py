"""QMIX's mixer: Q_tot of the agents' Q, monotonic in each of them, by weights that hypernetworks make of the state."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import elu

from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack


@dataclass(frozen=True)
class Mixing:
    """What the hypernetworks make of R states."""

    weight1: Tensor  # (S, R, N, embed) >= 0
    bias1: Tensor  # (S, R, 1, embed)
    weight2: Tensor  # (S, R, embed, 1) >= 0
    value: Tensor  # (S, R, 1)

    def __call__(self, values: Tensor) -> Tensor:
        """Q_tot (S, R, K) of K joint actions' Q (S, R, K, N), QMIX Eq. 6 of its network."""
        hidden = elu(values @ self.weight1 + self.bias1)
        return (hidden @ self.weight2).squeeze(3) + self.value

    def credit(self) -> Tensor:
        """The agents' shares of Q_tot, (S, R, N), summing to 1: |W1| |W2| over its sum (ICQ's released code)."""
        joined = (self.weight1 @ self.weight2).squeeze(3)
        return joined / joined.sum(2, keepdim=True)


@dataclass(frozen=True)
class Mixer:
    """The architecture; its parameters (L, P) are passed to every call."""

    agents: int
    context: int  # size of the state
    embed: int  # hidden units of the mixing network
    hyper: int  # hidden units of the two hypernetworks that have a hidden layer

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs: both hypernetworks' first layers, the bias and the value's first are one product."""
        return {
            "first": (self.context, 2 * self.hyper + 2 * self.embed),
            "weight1": (self.hyper, self.agents * self.embed),
            "weight2": (self.hyper, self.embed),
            "value": (self.embed, 1),
        }

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        return pack(linear_parts(random, self.layers), self.shapes)

    def __call__(self, parameters: Tensor, states: Tensor) -> Mixing:
        """The mixing networks for states (S, R, context)."""
        part = unpack(parameters, self.shapes)

        def made(name: str, x: Tensor) -> Tensor:
            return linear(x, part[f"{name}.weight"], part[f"{name}.bias"])

        sizes = [self.hyper, self.hyper, self.embed, self.embed]
        first, second, bias, value = torch.split(made("first", states), sizes, dim=2)
        return Mixing(
            weight1=torch.unflatten(made("weight1", torch.relu(first)).abs(), 2, (self.agents, self.embed)),
            bias1=bias.unsqueeze(2),
            weight2=made("weight2", torch.relu(second)).abs().unsqueeze(3),
            value=made("value", torch.relu(value)),
        )
