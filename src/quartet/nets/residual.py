"""The noise network of SfBC and DOM2: residual blocks that narrow, then widen again with skip connections."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from quartet.nets.block import Layer, block
from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear, mish, product
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack

FEATURES = 32  # width of the time features and of the observation's first embedding (SfBC)


def time_features(times: Tensor) -> Tensor:
    """Gaussian Fourier features of the diffusion times (T,) -> (T, 32), scale 30, the same in every run (SfBC)."""
    frequencies = 30 * torch.randn(FEATURES // 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    phases = 2 * pi * times.double().cpu()[:, None] * frequencies
    return torch.cat([phases.sin(), phases.cos()], dim=1).to(times)


@dataclass(frozen=True)
class ResidualNoise:
    """eps(action, observation, time); the paper's widths are (512, 256, 128).

    Everything that depends on the observation alone (`condition`) or on the time alone (`times`) is computed
    once and shared by all solver steps and all samples. Hidden layers are Mish, the one activation DOM2 names.
    """

    observation: int
    action: int
    widths: tuple[int, int, int]
    dropped: float = 0.1

    @property
    def blocks(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of each residual block."""
        wide, middle, narrow = self.widths
        return {
            "down1": (self.action, wide),
            "down2": (wide, middle),
            "down3": (middle, narrow),
            "bottom": (narrow, narrow),
            "up1": (2 * narrow, middle),
            "up2": (2 * middle, wide),
        }

    @property
    def units(self) -> int:
        """Hidden units of all blocks together: the size of one dropout mask."""
        return sum(outputs for _, outputs in self.blocks.values())

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer."""
        embedding = self.widths[2]
        layers = {
            "observation": (self.observation, FEATURES),
            "time": (FEATURES, FEATURES),
            "embedding1": (2 * FEATURES, embedding),
            "embedding2": (embedding, embedding),
            "embedding3": (embedding, self.units),  # the embedding's way into all blocks at once
        }
        for name, (inputs, outputs) in self.blocks.items():
            layers[f"{name}.first"], layers[f"{name}.second"] = (inputs, outputs), (outputs, outputs)
            if inputs != outputs:
                layers[f"{name}.skip"] = (inputs, outputs)
        layers["out"] = (2 * self.widths[0], self.action)
        return layers

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

    def condition(self, part: dict[str, Tensor], observations: Tensor) -> Tensor:
        """The observation's share of the embedding, (L, B, observation) -> (L, B, embedding)."""
        first = hidden(observations, part["observation.weight"], part["observation.bias"])
        return linear(first, part["embedding1.weight"][:, :FEATURES], part["embedding1.bias"])

    def times(self, part: dict[str, Tensor], features: Tensor) -> Tensor:
        """The times' share of the embedding, features (T, 32) -> (L, T, embedding)."""
        lanes = part["time.weight"].shape[0]
        first = linear(features.expand(lanes, -1, -1), part["time.weight"], part["time.bias"])
        return first @ part["embedding1.weight"][:, FEATURES:]

    def __call__(self, part: dict[str, Tensor], actions: Tensor, embedded: Tensor, keep: Tensor | None) -> Tensor:
        """The noise in actions (L, B, action), given condition + time (L, B, embedding); keep None: no dropout."""
        embedding = hidden(mish(embedded), part["embedding2.weight"], part["embedding2.bias"])
        widths = [outputs for _, outputs in self.blocks.values()]
        keeps = [None] * len(widths) if keep is None else torch.split(keep, widths, dim=2)
        weights, biases = (torch.split(part[f"embedding3.{kind}"], widths, dim=2) for kind in ("weight", "bias"))

        def layer(name: str) -> Layer:
            return part[f"{name}.weight"], part[f"{name}.bias"]

        def through(index: int, *xs: Tensor) -> Tensor:
            name = list(self.blocks)[index]
            skip = layer(f"{name}.skip") if f"{name}.skip" in self.layers else None
            enter = weights[index], biases[index]
            # The paper does not say where its dropout sits; we put it where U-Nets do, before the second layer.
            return block(xs, embedding, keeps[index], layer(f"{name}.first"), enter, layer(f"{name}.second"), skip)

        down1 = through(0, actions)
        down2 = through(1, down1)
        down3 = through(2, down2)
        up1 = through(4, through(3, down3), down3)
        up2 = through(5, up1, down2)
        wide, weight = self.widths[0], part["out.weight"]
        return linear(up2, weight[:, :wide], part["out.bias"]) + product(down1, weight[:, wide:])
