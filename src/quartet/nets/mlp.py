"""A stack of multi-layer perceptrons as OMAR and DOM2 use them: batch normalisation, two hidden layers, an output."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import batch_statistics, linear, standardise
from quartet.nets.parameters import linear_start, pack, unpack


@dataclass(frozen=True)
class MLP:
    """The architecture; its parameters (L, P) are passed to every call."""

    inputs: int
    hidden: int
    outputs: int
    activation: str = "relu"  # or "mish"
    squash: bool = False  # tanh on the output, for policies
    last_bound: float | None = None  # last layer uniform on +-last_bound; None: the usual start

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return {
            "scale": (1, self.inputs),
            "shift": (1, self.inputs),
            "weight1": (self.inputs, self.hidden),
            "bias1": (1, self.hidden),
            "weight2": (self.hidden, self.hidden),
            "bias2": (1, self.hidden),
            "weight3": (self.hidden, self.outputs),
            "bias3": (1, self.outputs),
        }

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream (see `parameters.initial_random`)."""
        ones = torch.ones(random.lanes, self.inputs)
        parts = {"scale": ones, "shift": torch.zeros_like(ones)}
        parts["weight1"], parts["bias1"] = linear_start(random, self.inputs, self.hidden)
        parts["weight2"], parts["bias2"] = linear_start(random, self.hidden, self.hidden)
        weight, bias = linear_start(random, self.hidden, self.outputs)
        shrink = 1.0 if self.last_bound is None else self.last_bound * self.hidden**0.5
        parts["weight3"], parts["bias3"] = weight * shrink, bias * shrink
        return pack(parts, self.shapes)

    def first_layer(self, part: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Weight and bias of the first layer with the normalisation's scale and shift folded in."""
        return part["scale"].mT * part["weight1"], part["bias1"] + part["shift"] @ part["weight1"]

    def __call__(self, parameters: Tensor, x: Tensor, statistics: Tensor | None = None) -> Tensor:
        """x (L, B, inputs) -> (L, B, outputs); statistics None means training: the batch's own."""
        used = batch_statistics(x) if statistics is None else statistics
        part = unpack(parameters, self.shapes)
        weight, bias = self.first_layer(part)
        return self.rest(part, self.layer(standardise(x, used), weight, bias))

    def layer(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """One activated layer (shapes as in `layers.linear`)."""
        return hidden(x, weight, bias, self.activation)

    def rest(self, part: dict[str, Tensor], first: Tensor) -> Tensor:
        """All that comes after the first activated layer (L, B, hidden)."""
        second = self.layer(first, part["weight2"], part["bias2"])
        outputs = linear(second, part["weight3"], part["bias3"])
        return torch.tanh(outputs) if self.squash else outputs
