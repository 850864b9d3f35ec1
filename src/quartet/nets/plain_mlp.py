"""A stack of plain multi-layer perceptrons with Mish: the critics of Diffusion-QL and DoF-Policy."""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_start, pack, unpack


@dataclass(frozen=True)
class PlainMLP:
    """The architecture, without normalisation; its parameters (L, P) are passed to every call."""

    inputs: int
    hidden: int
    outputs: int
    depth: int = 3  # hidden layers

    @property
    def layers(self) -> list[tuple[int, int]]:
        """Inputs and outputs of every linear layer."""
        widths = [self.inputs, *[self.hidden] * self.depth, self.outputs]
        return list(pairwise(widths))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        shapes: dict[str, tuple[int, ...]] = {}
        for number, (inputs, outputs) in enumerate(self.layers):
            shapes[f"weight{number}"], shapes[f"bias{number}"] = (inputs, outputs), (1, outputs)
        return shapes

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        parts = {}
        for number, (inputs, outputs) in enumerate(self.layers):
            parts[f"weight{number}"], parts[f"bias{number}"] = linear_start(random, inputs, outputs)
        return pack(parts, self.shapes)

    def __call__(self, parameters: Tensor, x: Tensor) -> Tensor:
        """x (L, B, inputs) -> (L, B, outputs)."""
        part = unpack(parameters, self.shapes)
        for number in range(self.depth):
            x = hidden(x, part[f"weight{number}"], part[f"bias{number}"])
        return linear(x, part[f"weight{self.depth}"], part[f"bias{self.depth}"])
