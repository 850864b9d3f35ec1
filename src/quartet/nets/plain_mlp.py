"""A stack of plain multi-layer perceptrons: with Mish DoF-Policy's critics, with ReLU all of SRPO's and OMIGA's."""

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack


@dataclass(frozen=True)
class PlainMLP:
    """The architecture, without normalisation; its parameters (L, P) are passed to every call."""

    inputs: int
    hidden: int
    outputs: int
    depth: int = 3  # hidden layers
    activation: str = "mish"  # or "relu"

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer, by its number."""
        widths = [self.inputs, *[self.hidden] * self.depth, self.outputs]
        return {str(number): sizes for number, sizes in enumerate(pairwise(widths))}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        return pack(linear_parts(random, self.layers), self.shapes)

    def __call__(self, parameters: Tensor, x: Tensor) -> Tensor:
        """x (L, B, inputs) -> (L, B, outputs)."""
        part = unpack(parameters, self.shapes)
        for number in range(self.depth):
            x = hidden(x, part[f"{number}.weight"], part[f"{number}.bias"], self.activation)
        return linear(x, part[f"{self.depth}.weight"], part[f"{self.depth}.bias"])
