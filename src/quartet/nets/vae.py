"""A variational autoencoder of single observations, in lanes: what latent diffusion diffuses instead of them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear
from quartet.nets.parameters import Terms, linear_parts, linear_shapes, pack, unpack

Part = dict[str, Tensor]


@dataclass(frozen=True)
class VAE:
    """Encoder and decoder with one hidden layer each (Kingma & Welling)."""

    observation: int
    latent: int
    hidden: int

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every layer; the encoder tells mean and logarithm of the variance."""
        return {
            "encode1": (self.observation, self.hidden),
            "encode2": (self.hidden, 2 * self.latent),
            "decode1": (self.latent, self.hidden),
            "decode2": (self.hidden, self.observation),
        }

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        return linear_shapes(self.layers)

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream."""
        return pack(linear_parts(random, self.layers), self.shapes)

    def unpack(self, parameters: Tensor) -> Part:
        """Name the parts of parameters (L, P)."""
        return unpack(parameters, self.shapes)

    def encode(self, part: Part, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance (L, R, latent) of observations (L, R, o)."""
        mean, logarithm = _twice(part, "encode", x).chunk(2, dim=2)
        return mean, logarithm

    def decode(self, part: Part, z: Tensor) -> Tensor:
        """The observations (L, R, o) of latent vectors (L, R, latent)."""
        return _twice(part, "decode", z)

    def terms(self, part: Part, x: Tensor, noise: Tensor, weight: float) -> Terms:
        """Squared error of what is decoded, and weight KL(q(z | x) | N(0, I)), means over rows and entries, (L,)."""
        mean, logarithm = self.encode(part, x)
        found = self.decode(part, mean + (logarithm / 2).exp() * noise)
        divergence = (mean.square() + logarithm.exp() - logarithm - 1) / 2
        return {"reconstruction": (found - x).square().mean((1, 2)), "kl": weight * divergence.mean((1, 2))}


def _twice(part: Part, name: str, x: Tensor) -> Tensor:
    hidden = torch.relu(linear(x, part[f"{name}1.weight"], part[f"{name}1.bias"]))
    return linear(hidden, part[f"{name}2.weight"], part[f"{name}2.bias"])
