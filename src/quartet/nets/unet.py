"""The temporal U-Net of Decision Diffuser, MADIFF and DoF: the noise in a window of observations, in lanes."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from quartet.nets.agent_attention import AgentAttention
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear, mish
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack
from quartet.nets.temporal import convolve, double, normalise, over_rows, sinusoids

KERNEL = 5

Part = dict[str, Tensor]


@dataclass(frozen=True)
class TemporalUNet:
    """eps(window, level, return): residual blocks at three lengths of time, with skips; frames must be divisible by 4.

    With attention, agents that follow each other in the rows see each other at the bottom and on every skip (MADIFF).
    The released networks have no skip at full length: all they know of a frame passes through half as many.
    """

    channels: int  # size of an observation
    width: int  # channels at full length
    multipliers: tuple[int, ...]  # channels at each length, in widths
    attention: bool = False
    full_skip: bool = False  # whether there is one at full length, too

    @property
    def depths(self) -> list[int]:
        """Channels at each length."""
        return [self.width * multiplier for multiplier in self.multipliers]

    @property
    def blocks(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of each residual block."""
        depths, bottom = self.depths, self.depths[-1]
        blocks = {}
        for level, (inputs, outputs) in enumerate(pairwise([self.channels, *depths])):
            blocks[f"down{level}.first"], blocks[f"down{level}.second"] = (inputs, outputs), (outputs, outputs)
        blocks["middle.first"] = blocks["middle.second"] = (bottom, bottom)
        for level in range(len(depths) - 1, 0, -1):
            inputs, outputs = depths[level], depths[level - 1]
            blocks[f"up{level}.first"], blocks[f"up{level}.second"] = (2 * inputs, outputs), (outputs, outputs)
        return blocks

    @property
    def attentions(self) -> dict[str, AgentAttention]:
        """Where agents see each other: at the bottom and on the skips that are used."""
        if not self.attention:
            return {}
        places = {"middle": self.depths[-1]} | {f"skip{level}": d for level, d in enumerate(self.depths) if level}
        return {place: AgentAttention(depth, 2 * self.width) for place, depth in places.items()}

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs (times kernel) and outputs of every convolution and linear layer."""
        width, depths = self.width, self.depths
        layers = {
            "time1": (width, 4 * width),
            "time2": (4 * width, width),
            "return1": (1, width),
            "return2": (width, 4 * width),
            "return3": (4 * width, width),
        }
        for name, (inputs, outputs) in self.blocks.items():
            layers[f"{name}.conv1"], layers[f"{name}.conv2"] = (KERNEL * inputs, outputs), (KERNEL * outputs, outputs)
            layers[f"{name}.enter"] = (2 * width, outputs)
            if inputs != outputs:
                layers[f"{name}.skip"] = (inputs, outputs)
        for level, depth in enumerate(depths[:-1]):
            layers[f"halve{level}"], layers[f"double{level + 1}"] = (3 * depth, depth), (4 * depth, depth)
        last = KERNEL * width * (1 + self.full_skip)
        return layers | {"last": (last, width), "out": (width, self.channels)}

    @property
    def norms(self) -> dict[str, int]:
        """Channels of every group normalisation."""
        both = {f"{name}.norm{i}": outputs for name, (_, outputs) in self.blocks.items() for i in (1, 2)}
        return both | {"last.norm": self.width}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        shapes = linear_shapes(self.layers)
        for name, channels in self.norms.items():
            shapes[f"{name}.scale"], shapes[f"{name}.shift"] = (1, channels), (1, channels)
        for place, attention in self.attentions.items():
            shapes |= {f"{place}.{name}": shape for name, shape in attention.shapes.items()}
        return shapes

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        parts = linear_parts(random, self.layers)
        for name, channels in self.norms.items():
            parts[f"{name}.scale"] = torch.ones(random.lanes, 1, channels)
            parts[f"{name}.shift"] = torch.zeros(random.lanes, 1, channels)
        for place, attention in self.attentions.items():
            parts |= {f"{place}.{name}": part for name, part in attention.init(random).items()}
        return pack(parts, self.shapes)

    def unpack(self, parameters: Tensor) -> Part:
        """Name the parts of parameters (L, P)."""
        return unpack(parameters, self.shapes)

    def embed(self, part: Part, levels: Tensor, returns: Tensor, keep: Tensor) -> Tensor:
        """The activated embedding (L, R, 2 width) of levels and returns (L, R); keep 0 drops a return altogether."""

        def layer(name: str, x: Tensor) -> Tensor:
            return linear(x, part[f"{name}.weight"], part[f"{name}.bias"])

        of_time = layer("time2", mish(layer("time1", sinusoids(levels, self.width))))
        of_return = layer("return3", mish(layer("return2", mish(layer("return1", returns[..., None])))))
        return mish(torch.cat([of_time, of_return * keep[..., None]], dim=2))

    def __call__(self, part: Part, x: Tensor, embedding: Tensor, agents: int = 1) -> Tensor:
        """The noise in x (L, R, T, channels), given `embed`; with attention R is teams of so many agents."""

        def both(place: str, x: Tensor) -> Tensor:
            return self._block(part, f"{place}.second", self._block(part, f"{place}.first", x, embedding), embedding)

        skips, last = [], len(self.depths) - 1
        for level in range(last + 1):
            x = both(f"down{level}", x)
            skips.append(x)
            if level < last:
                x = convolve(x, part[f"halve{level}.weight"], part[f"halve{level}.bias"], stride=2)
        x = self._attend(part, "middle", self._block(part, "middle.first", x, embedding), embedding, agents)
        x = self._block(part, "middle.second", x, embedding)
        for level in range(last, 0, -1):
            skip = self._attend(part, f"skip{level}", skips[level], embedding, agents)
            x = both(f"up{level}", torch.cat([x, skip], dim=3))
            x = double(x, part[f"double{level}.weight"], part[f"double{level}.bias"])
        x = torch.cat([x, skips[0]], dim=3) if self.full_skip else x
        return over_rows(self._activated(part, "last", "last.norm", x), part["out.weight"], part["out.bias"])

    def _activated(self, part: Part, layer: str, norm: str, x: Tensor) -> Tensor:
        x = convolve(x, part[f"{layer}.weight"], part[f"{layer}.bias"])
        return mish(normalise(x, part[f"{norm}.scale"], part[f"{norm}.shift"]))

    def _block(self, part: Part, name: str, x: Tensor, embedding: Tensor) -> Tensor:
        """Convolution, plus the embedding, convolution, plus the way around."""
        entered = linear(embedding, part[f"{name}.enter.weight"], part[f"{name}.enter.bias"]).unsqueeze(2)
        inner = self._activated(part, f"{name}.conv1", f"{name}.norm1", x) + entered
        skip = part.get(f"{name}.skip.weight")
        around = x if skip is None else over_rows(x, skip, part[f"{name}.skip.bias"])
        return self._activated(part, f"{name}.conv2", f"{name}.norm2", inner) + around

    def _attend(self, part: Part, place: str, x: Tensor, embedding: Tensor, agents: int) -> Tensor:
        if not self.attention:
            return x
        attention = AgentAttention(x.shape[3], embedding.shape[2])
        return attention({name: part[f"{place}.{name}"] for name in attention.shapes}, x, embedding, agents)
