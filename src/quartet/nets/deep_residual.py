"""The noise network of SRPO: residual blocks with layer normalisation, told the diffusion time by Fourier features."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor
from torch.nn.functional import layer_norm

from quartet.nets.hidden import hidden
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import linear, mish
from quartet.nets.parameters import linear_parts, linear_shapes, pack, unpack

FEATURES, EMBEDDED = 64, 128  # of the time (SRPO released code)
BLOCKS, EXPANSION = 3, 4


def fourier_features(times: Tensor, scale: float) -> Tensor:
    """sin and cos of fixed normal multiples of times (...) -> (..., 64), the same in every run."""
    frequencies = scale * torch.randn(FEATURES // 2, generator=torch.Generator().manual_seed(0))
    phases = 2 * pi * times[..., None] * frequencies.to(times)
    return torch.cat([phases.sin(), phases.cos()], dim=-1)


@dataclass(frozen=True)
class DeepResidual:
    """eps(data, condition, time); `data` is what is noised, `condition` whatever else the network is shown."""

    data: int
    condition: int
    width: int
    scale: float  # how finely the network tells times apart

    @property
    def units(self) -> int:
        """Units that a dropout mask covers."""
        return BLOCKS * self.width

    @property
    def layers(self) -> dict[str, tuple[int, int]]:
        """Inputs and outputs of every linear layer."""
        layers = {
            "time1": (FEATURES, EMBEDDED),
            "time2": (EMBEDDED, EMBEDDED),
            "into": (self.data + self.condition + EMBEDDED, self.width),
        }
        for number in range(BLOCKS):
            layers[f"wide{number}"] = (self.width, EXPANSION * self.width)
            layers[f"back{number}"] = (EXPANSION * self.width, self.width)
        return layers | {"out": (self.width, self.data)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each part in one lane."""
        norms = {f"{kind}{number}": (1, self.width) for number in range(BLOCKS) for kind in ("scale", "shift")}
        return linear_shapes(self.layers) | norms

    def init(self, random: LaneRandom) -> Tensor:
        """First parameters (L, P), each lane from its own stream; normalisations start as they are."""
        parts = linear_parts(random, self.layers)
        for number in range(BLOCKS):
            parts[f"scale{number}"] = torch.ones(random.lanes, 1, self.width)
            parts[f"shift{number}"] = torch.zeros(random.lanes, 1, self.width)
        return pack(parts, self.shapes)

    def __call__(
        self, parameters: Tensor, noised: Tensor, condition: Tensor, times: Tensor, keep: Tensor | None = None
    ) -> Tensor:
        """The noise in noised (L, B, data) under condition (L, B, condition) at times (L, B); keep None: no dropout."""
        part = unpack(parameters, self.shapes)

        def layer(name: str) -> tuple[Tensor, Tensor]:
            return part[f"{name}.weight"], part[f"{name}.bias"]

        told = linear(hidden(fourier_features(times, self.scale), *layer("time1")), *layer("time2"))
        x = linear(torch.cat([noised, condition, told], dim=2), *layer("into"))
        keeps = [None] * BLOCKS if keep is None else torch.split(keep, self.width, dim=2)
        for number, kept in enumerate(keeps):
            inner = layer_norm(x if kept is None else x * kept, (self.width,))
            inner = inner * part[f"scale{number}"] + part[f"shift{number}"]
            x = x + linear(hidden(inner, *layer(f"wide{number}")), *layer(f"back{number}"))
        return linear(mish(x), *layer("out"))
