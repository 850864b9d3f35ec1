"""A small GPT in lanes: causal self-attention over tokens, normalised before each part (Radford et al. 2019)."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, scaled_dot_product_attention

from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import linear_shapes

Part = dict[str, Tensor]
START = 0.02  # deviation of the first weights (GPT-2); biases start at 0


@dataclass(frozen=True)
class GPT:
    """The blocks and the last normalisation; parts are passed to every call, as `unpack` names them."""

    width: int
    heads: int
    blocks: int

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer."""
        made = {}
        for block in range(self.blocks):
            made[f"{block}.attend"] = (self.width, 3 * self.width)
            made[f"{block}.join"] = (self.width, self.width)
            made[f"{block}.widen"] = (self.width, 4 * self.width)
            made[f"{block}.narrow"] = (4 * self.width, self.width)
        return made

    @property
    def norms(self) -> list[str]:
        """Two normalisations a block and the last one."""
        return [*(f"{block}.{name}" for block in range(self.blocks) for name in ("before", "between")), "last norm"]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        scales = {f"{name}.scale": (1, self.width) for name in self.norms}
        return linear_shapes(self.layers) | scales | {f"{name}.shift": (1, self.width) for name in self.norms}

    def __call__(self, part: Part, tokens: Tensor) -> Tensor:
        """Tokens (L, R, T, width) after all blocks; each has seen itself and those before it."""
        for block in range(self.blocks):
            tokens = tokens + self._attend(part, block, self._norm(part, f"{block}.before", tokens))
            inner = gelu(self._linear(part, f"{block}.widen", self._norm(part, f"{block}.between", tokens)))
            tokens = tokens + self._linear(part, f"{block}.narrow", inner)
        return self._norm(part, "last norm", tokens)

    def _attend(self, part: Part, block: int, tokens: Tensor) -> Tensor:
        split = self._linear(part, f"{block}.attend", tokens).view(*tokens.shape[:3], 3, self.heads, -1)
        query, key, value = split.transpose(2, 4).unbind(3)  # (L, R, heads, T, width / heads)
        joined = scaled_dot_product_attention(query, key, value, is_causal=True)
        return self._linear(part, f"{block}.join", joined.transpose(2, 3).flatten(3))

    def _norm(self, part: Part, name: str, tokens: Tensor) -> Tensor:
        scale, shift = (part[f"{name}.{what}"].unsqueeze(1) for what in ("scale", "shift"))
        return layer_norm(tokens, (self.width,)) * scale + shift

    def _linear(self, part: Part, name: str, tokens: Tensor) -> Tensor:
        weight, bias = part[f"{name}.weight"], part[f"{name}.bias"]
        return linear(tokens.flatten(1, 2), weight, bias).view(*tokens.shape[:3], -1)


def start(random: LaneRandom, shapes: dict[str, tuple[int, ...]]) -> Part:
    """GPT-2's start: normal weights, scales of 1, biases and shifts of 0."""
    parts = {}
    for name, shape in shapes.items():
        if name.endswith(".scale"):
            parts[name] = torch.ones(random.lanes, *shape)
        elif name.endswith((".bias", ".shift")):
            parts[name] = torch.zeros(random.lanes, *shape)
        else:
            parts[name] = START * random.normal(*shape)
    return parts
