"""How near generated points lie to real ones, and how much of them they reach (Naeem et al. 2020)."""

import torch
from torch import Tensor

NEIGHBOURS = 5  # k of density and coverage


def resemblance(real: Tensor, made: Tensor) -> dict[str, float]:
    """Density, coverage and mean distance of made points (m, d) to the nearest of the real ones (n, d).

    A real point's neighbourhood reaches to its k-th nearest real one. Density: how many neighbourhoods a made point
    lies in, over k. Coverage: the share of neighbourhoods that a made point lies in.
    """
    neighbours = min(NEIGHBOURS, len(real) - 1)
    radius = torch.cdist(real, real).kthvalue(neighbours + 1, dim=1).values  # the first is the point itself
    distance = torch.cdist(real, made)
    within = distance <= radius[:, None]
    return {
        "density": float(within.sum() / (neighbours * len(made))),
        "coverage": float(within.any(1).float().mean()),
        "nearest": reach(made, real),
    }


def reach(points: Tensor, known: Tensor) -> float:
    """Mean distance of points (m, d) to the nearest of the known ones (n, d)."""
    return float(torch.cdist(points, known).amin(1).mean())
