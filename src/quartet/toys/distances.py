"""How far generated points are from the truth, for every lane by itself."""

import torch
from torch import Tensor

from quartet.toys.mixtures import SIGNS


def energy(x: Tensor, y: Tensor) -> Tensor:
    """Energy distance 2 E|x - y| - E|x - x'| - E|y - y'| of samples (L, B, d), without bias, (L,): 0 if equal."""
    return 2 * torch.cdist(x, y).mean((1, 2)) - _within(x) - _within(y)


def _within(x: Tensor) -> Tensor:
    """The mean distance of two different points of a sample."""
    rows = x.shape[1]
    return torch.cdist(x, x).sum((1, 2)) / (rows * (rows - 1))


def quadrants(x: Tensor) -> Tensor:
    """The share of points (L, B, 2) in every quadrant, (L, 4)."""
    inside = [((a * x[..., 0] > 0) & (b * x[..., 1] > 0)).double().mean(1) for a, b in SIGNS]
    return torch.stack(inside, dim=1)


def total_variation(shares: Tensor, probabilities: Tensor) -> Tensor:
    """Half the sum of the differences of shares (L, n) from probabilities (n,), (L,)."""
    return (shares - probabilities).abs().sum(1) / 2


def correlation(x: Tensor) -> Tensor:
    """Of the two agents' numbers in points (L, B, 2), (L,)."""
    centred = x - x.mean(1, keepdim=True)
    first, second = centred.unbind(2)
    return (first * second).mean(1) / (first.square().mean(1) * second.square().mean(1)).sqrt()
