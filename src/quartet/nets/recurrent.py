"""The recurrent network of OG-MARL's discrete baselines: a layer, a GRU, a layer; a lane per seed, shared by a team."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.gru import advance, gru_shapes, gru_start, unroll
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack


@dataclass(frozen=True)
class RecurrentNet:
    """The architecture; its parameters (L, P) are passed to every call.

    Rows are whole teams, agent by agent. Each agent's number goes before its observation as a one-hot: the first
    layer's weights of it are a bias of the agent's own, and so they are computed.
    """

    agents: int
    inputs: int
    hidden: int
    outputs: int

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of the first and the last layer."""
        return {"first": (self.agents + self.inputs, self.hidden), "last": (self.hidden, self.outputs)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers) | gru_shapes(self.hidden, self.hidden)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        parts = linear_parts(random, self.layers) | gru_start(random, self.hidden, self.hidden)
        return pack(parts, self.shapes)

    def __call__(self, parameters: Tensor, observations: Tensor) -> Tensor:
        """Outputs (S, T, B, N, outputs) for whole sequences of observations (S, T, B, N, inputs)."""
        part = unpack(parameters, self.shapes)
        seeds, steps, *rows, _ = observations.shape
        seen = self._see(part, observations.flatten(1, 3)).view(seeds, steps, -1, self.hidden)
        remembered = torch.relu(unroll(part, seen)).flatten(1, 2)
        return linear(remembered, part["last.weight"], part["last.bias"]).view(seeds, steps, *rows, -1)

    def step(self, parameters: Tensor, observations: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Outputs (S, B, N, outputs) for observations (S, B, N, inputs), and the memory (S, B N, hidden) after them."""
        part = unpack(parameters, self.shapes)
        memory = advance(part, self._see(part, observations.flatten(1, 2)), memory)
        outputs = linear(torch.relu(memory), part["last.weight"], part["last.bias"])
        return outputs.view(*observations.shape[:-1], -1), memory

    def blank(self, seeds: int, rows: int) -> Tensor:
        """The memory before the first step of so many episodes, (S, B N, hidden)."""
        return torch.zeros(seeds, rows * self.agents, self.hidden)

    def _see(self, part: dict[str, Tensor], observations: Tensor) -> Tensor:
        """The first layer: observations (S, R N, inputs) -> (S, R N, hidden)."""
        own, weight = torch.split(part["first.weight"], [self.agents, self.inputs], dim=1)
        return torch.relu(linear(observations, weight, own + part["first.bias"]))
