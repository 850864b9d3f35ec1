"""The circle by composed conditions (DoF D.6, Figure 10): an angle agent and a radius agent, trained on half circles.

Condition (1, 0) is the upper half, (0, 1) the lower, and the whole is asked for as (1, 1). Decision Diffuser's
composition multiplies densities, p(x | A) p(x | B) / p(x): it asks for points that are in both halves, not in either.
"""

from collections.abc import Mapping
from math import pi
from typing import Any

import torch
from torch import Tensor

from quartet.algorithms.factorization import factorization
from quartet.diffusion.guidance import composed, drop
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms
from quartet.toys import distances
from quartet.toys.models import AGENTS, Team
from quartet.toys.process import Process, trained
from quartet.toys.result import SHOWN, Result

# Our choices: the paper gives neither radius nor training. Numbers: the angle over pi less 1, and the radius agent's
# normal number, a fifth of which is added to radius 1.
WIDTH, RADIUS, SECTORS = 0.25, 0.2, 8
DROPPED = 0.25  # conditions dropped in training, as in DoF's tables
CONDITIONS = {"upper": (1.0, 0.0), "lower": (0.0, 1.0), "unconditional": (0.0, 0.0), "both": (1.0, 1.0)}


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:  # noqa: ARG001
    """Train DoF on both halves, all seeds as lanes, ask for points in one way, and compare them with the circle."""
    seeds, rows = tuple(sizes["seeds"]), sizes["samples"]
    drawing, judging = (LaneRandom([1000 * stream + seed for seed in seeds], 1) for stream in (1, 2))
    if method == "truth":
        numbers, _ = halves(drawing, rows)
    else:
        team = Team(Process(sizes["steps"]), sizes["width"], factorization("f", "wconcat", AGENTS, 1), condition=2)
        numbers = ask(team, fit(team, sizes), method, drawing, rows)
    whole, _ = halves(judging, rows)
    points = plane(numbers)
    return Result(measured(points, plane(whole)), points[0, :SHOWN].double().round(decimals=4).tolist())


def halves(random: LaneRandom, rows: int) -> tuple[Tensor, Tensor]:
    """Numbers (L, rows, 2), angle and radius, of both halves, and the condition of each."""
    lower = (random.uniform(rows) < 0.5).float()
    angle = random.uniform(rows) + lower - 1
    return torch.stack([angle, WIDTH * random.normal(rows)], dim=2), torch.stack([1 - lower, lower], dim=2)


def plane(numbers: Tensor) -> Tensor:
    """Points of the plane."""
    angle, radius = pi * (numbers[..., 0] + 1), 1 + RADIUS * numbers[..., 1]
    return radius[..., None] * torch.stack([angle.cos(), angle.sin()], dim=2)


def fit(team: Team, sizes: Mapping[str, Any]) -> Tensor:
    """Trained parameters (L, P), conditions dropped now and then."""
    seeds, rows = tuple(sizes["seeds"]), sizes["batch"]
    random = LaneRandom(seeds, 1)

    def terms(parameters: Tensor) -> Terms:
        (data, condition), noise = halves(random, rows), random.normal(rows, AGENTS)
        levels, keep = team.process.levels(random.uniform(rows)), drop(random.uniform(rows), DROPPED)
        found = team.noise(parameters, team.process.noised(data, noise, levels), levels, condition * keep[..., None])
        return {"noise": (noise - found).square().sum(2).mean(1)}

    return trained(team.init(seeds), sizes, terms)


def ask(team: Team, parameters: Tensor, method: str, random: LaneRandom, rows: int) -> Tensor:
    """Numbers (L, rows, 2) under a condition, shown to the networks as it is or composed of its parts' noises."""

    def noise(x: Tensor, index: int, name: str) -> Tensor:
        condition = torch.tensor(CONDITIONS[name]).expand(len(parameters), rows, -1)
        return team.noise(parameters, x, index, condition, acting=True)

    def network(x: Tensor, index: int) -> Tensor:
        if method != "composed":
            return noise(x, index, method)
        parts = [noise(x, index, name) for name in ("upper", "lower")]
        return composed(parts, noise(x, index, "unconditional"), 1.0)  # Decision Diffuser, Appendix D

    return team.process.run(network, lambda: random.normal(rows, AGENTS))


def measured(points: Tensor, whole: Tensor) -> dict[str, list[float]]:
    """Distances of points (L, B, 2) from the circle."""
    sector = ((torch.atan2(points[..., 1], points[..., 0]) / (2 * pi)) % 1 * SECTORS).long().clamp(max=SECTORS - 1)
    shares = torch.nn.functional.one_hot(sector, SECTORS).double().mean(1)
    found = {
        "energy": distances.energy(points.double(), whole.double()),
        "sectors": distances.total_variation(shares, torch.full((SECTORS,), 1 / SECTORS, dtype=torch.float64)),
        "upper": (points[..., 1] > 0).double().mean(1),
        "radius": points.norm(dim=2).double().mean(1),
    }
    return {name: values.tolist() for name, values in found.items()}
