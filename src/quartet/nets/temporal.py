"""Layers over time, in lanes: convolutions as products of unfolded windows, group normalisation, time features.

Values are (L, R, T, C): lanes, rows, frames, channels. Windows are short here, so that copying them beside each other
and taking one matrix product per lane is what a convolution costs least.
"""

from math import log

import torch
from torch import Tensor
from torch.nn.functional import pad

from quartet.nets.layers import linear

GROUPS = 8  # of the group normalisation (Decision Diffuser's code)


def over_rows(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The same linear map at every row and frame: x (L, R, T, C), weight (L, C, out), bias (L, 1, out)."""
    return linear(x.flatten(1, 2), weight, bias).view(*x.shape[:3], -1)


def convolve(x: Tensor, weight: Tensor, bias: Tensor, stride: int = 1) -> Tensor:
    """Convolution over time, odd kernel k, padded with zeros: weight (L, k C, out), bias (L, 1, out)."""
    frames, kernel = x.shape[2], weight.shape[1] // x.shape[3]
    padded = pad(x, (0, 0, kernel // 2, kernel // 2)) if kernel > 1 else x
    windows = torch.cat([padded[:, :, first : first + frames : stride] for first in range(kernel)], dim=3)
    return over_rows(windows, weight, bias)


def double(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Transposed convolution, kernel 4, stride 2: twice the frames; weight (L, 4 C, out).

    Every even frame sees its own and the previous frame of x, every odd one its own and the next.
    """
    padded, (even, odd) = pad(x, (0, 0, 1, 1)), weight.chunk(2, dim=1)
    before, own, after = padded[:, :, :-2], x, padded[:, :, 2:]
    halves = [
        over_rows(torch.cat(pair, dim=3), half, bias) for pair, half in (((before, own), even), ((own, after), odd))
    ]
    return torch.stack(halves, dim=3).flatten(2, 3)


def normalise(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """Group normalisation: every row's groups of channels by their own mean and variance; scale, shift (L, 1, C)."""
    lanes, rows, _, channels = x.shape

    def over_groups(values: Tensor) -> Tensor:
        """The mean of values (L, R, C) over each group's channels, (L, R, 8, 1)."""
        return values.view(lanes, rows, GROUPS, -1).mean(3, keepdim=True)

    # Frames first, a plain sum of vectors: reducing frames and channels at once takes a CPU several times as long.
    mean = over_groups(x.mean(2)).expand(-1, -1, -1, channels // GROUPS).reshape(lanes, rows, 1, channels)
    centred = x - mean
    variance = over_groups(centred.square().mean(2))
    factor = (variance + 1e-5).rsqrt() * scale.view(lanes, 1, GROUPS, -1)
    return torch.addcmul(shift.unsqueeze(1), centred, factor.view(lanes, rows, 1, channels))


def sinusoids(levels: Tensor, width: int) -> Tensor:
    """Sinusoidal features (..., width) of diffusion levels (...), as in transformers."""
    half = width // 2
    rates = torch.exp(torch.arange(half, device=levels.device) * (-log(10_000) / (half - 1)))
    phases = levels[..., None].float() * rates
    return torch.cat([phases.sin(), phases.cos()], dim=-1)
