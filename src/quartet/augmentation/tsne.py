"""t-SNE (van der Maaten & Hinton 2008), exact: for the hundreds of points that a figure shows."""

from math import log

import torch
from torch import Tensor

PERPLEXITY = 30.0
STEPS, EXAGGERATED, EXAGGERATION = 500, 100, 12.0  # the first steps pull neighbours together harder
MOMENTA = (0.5, 0.8)  # while exaggerating, and after


def embed(points: Tensor, seed: int = 0) -> Tensor:
    """Points (n, d) in the plane, (n, 2): neighbours stay neighbours."""
    likely = _affinities(points.double())
    rate = max(len(points) / EXAGGERATION / 4, 50.0)  # Belkina et al. 2019
    generator = torch.Generator().manual_seed(seed)
    plane = 1e-4 * torch.randn(len(points), 2, generator=generator, dtype=torch.float64)
    velocity = torch.zeros_like(plane)
    for step in range(STEPS):
        early = step < EXAGGERATED
        slope = _gradient(plane, likely * (EXAGGERATION if early else 1.0))
        velocity = MOMENTA[not early] * velocity - rate * slope
        plane = plane + velocity
        plane = plane - plane.mean(0)
    return plane


def _gradient(plane: Tensor, likely: Tensor) -> Tensor:
    """Of the divergence between the likely neighbours and those in the plane (their Eq. 5)."""
    kernel = 1 / (1 + torch.cdist(plane, plane).square())
    kernel.fill_diagonal_(0)
    pull = (likely - kernel / kernel.sum()) * kernel
    return 4 * (pull.sum(1, keepdim=True) * plane - pull @ plane)


def _affinities(points: Tensor) -> Tensor:
    """Who is whose neighbour, (n, n), both ways, sum 1: Gaussians whose widths give every point the same perplexity."""
    squares = torch.cdist(points, points).square()
    squares.fill_diagonal_(torch.inf)
    wanted = log(min(PERPLEXITY, (len(points) - 1) / 3))
    low, high = torch.full((len(points), 1), -30.0, dtype=squares.dtype), torch.full((len(points), 1), 30.0).double()
    for _ in range(60):  # bisection of the logarithm of each point's precision
        middle = (low + high) / 2
        chances = torch.softmax(-squares * middle.exp(), dim=1)
        entropy = -(chances * chances.clamp(min=1e-300).log()).sum(1, keepdim=True)
        low, high = torch.where(entropy > wanted, middle, low), torch.where(entropy > wanted, high, middle)
    return (chances + chances.T) / (2 * len(points))
