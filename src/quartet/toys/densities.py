"""The matrix game (DoF Figure 3) and OMSD's two-mode bandit: which method's numbers are distributed like the truth?

The cross-test of two papers: each one's principle is run on the other's game as well.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from quartet.algorithms.factorization import factorization
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms
from quartet.toys import distances
from quartet.toys.mixtures import GAMES, QUADRANTS, Mixture
from quartet.toys.models import AGENTS, Attention, Joint, Model, Sequential, Team, draw_like
from quartet.toys.process import Process, trained
from quartet.toys.result import SHOWN, Result

TRUTHS: dict[str, Callable[[Mixture, LaneRandom, int], Tensor]] = {
    "truth": Mixture.draw,  # the truth against itself: what samples of this size can tell apart
    "product": Mixture.draw_product,
}


def model(method: str, sizes: Mapping[str, Any]) -> Model:
    """The model behind a method's name."""
    process, width = Process(sizes["steps"]), sizes["width"]
    if method == "joint":
        return Joint(process, width)
    if method in ("madiff-c", "madiff-d"):
        return Attention(process, width, apart=method == "madiff-d")
    if method == "sequential":
        return Sequential(process, width, factorization("f", "concat", AGENTS, 1))
    name = {"independent": "concat"}.get(method, method)
    return Team(process, width, factorization("f", name, AGENTS, 1))


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:
    """Train a method on a game, all seeds as lanes, draw as many points as the sizes say, and measure them."""
    truth, seeds = GAMES[game], tuple(sizes["seeds"])
    drawing, judging = (LaneRandom([1000 * stream + seed for seed in seeds], 1) for stream in (1, 2))
    if method in TRUTHS:
        points = TRUTHS[method](truth, drawing, sizes["samples"])
    else:
        chosen = model(method, sizes)
        points = draw_like(chosen, fit(chosen, truth, sizes), drawing, sizes["samples"])
    return Result(measured(points, truth, judging), points[0, :SHOWN].double().round(decimals=4).tolist())


def fit(chosen: Model, truth: Mixture, sizes: Mapping[str, Any]) -> Tensor:
    """Trained parameters (L, P); every batch is drawn anew from the truth."""
    seeds, rows = tuple(sizes["seeds"]), sizes["batch"]
    random = LaneRandom(seeds, 1)

    def terms(parameters: Tensor) -> Terms:
        data, noise = truth.draw(random, rows), random.normal(rows, AGENTS)
        levels = chosen.process.levels(random.uniform(rows))
        found = chosen.noise(parameters, chosen.process.noised(data, noise, levels), levels, data)
        return {"noise": (noise - found).square().sum(2).mean(1)}

    return trained(chosen.init(seeds), sizes, terms)


def measured(points: Tensor, truth: Mixture, judging: LaneRandom) -> dict[str, list[float]]:
    """Distances of points (L, B, 2) from the truth, and where they lie."""
    shares = distances.quadrants(points)
    exact = torch.tensor(truth.quadrants, dtype=torch.float64)
    found = {
        "energy": distances.energy(points.double(), truth.draw(judging, points.shape[1]).double()),
        "variation": distances.total_variation(shares, exact),
        "correlation": distances.correlation(points.double()),
        **dict(zip(QUADRANTS, shares.unbind(1), strict=True)),
    }
    return {name: values.tolist() for name, values in found.items()}
