"""OMSD's Proposition 3: n agents with two modes, (1, ..., 1) and (-1, ..., -1), each equally likely.

Agents that know their own marginal alone end in any of 2^n corners, a total variation of 1 - 2^(1 - n) from the truth.
Here they climb exact scores, from starts all over the cube: `fac` those of their marginals, `ssd` those of the
sequential factors. `formula` is the proposition's.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from quartet.nets.lanes import LaneRandom
from quartet.toys.mixtures import BANDIT
from quartet.toys.policies import DEVIATION, RATE, STEPS, score
from quartet.toys.result import Result

PLAYERS = range(2, 9)
MODES = torch.tensor([mean[0] for mean in BANDIT.means])  # where every agent is in each mode


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:  # noqa: ARG001
    """For every number of players the total variation of the corners where they end from the two modes."""
    measures: dict[str, list[float]] = {}
    for players in PLAYERS:
        if method == "formula":
            found = torch.full((len(sizes["seeds"]),), 1 - 2.0 ** (1 - players), dtype=torch.float64)
        else:
            found = variation(followed(method, players, LaneRandom(sizes["seeds"], 1), sizes["samples"]))
        measures[f"variation-{players}"] = found.tolist()
    return Result(measures)


def followed(method: str, players: int, random: LaneRandom, rows: int) -> Tensor:
    """Actions (L, rows, players) after so many steps up the scores."""
    actions = 2 * random.uniform(rows, players) - 1
    for _ in range(STEPS):
        actions = (actions + RATE * scores(method, actions)).clamp(-1, 1)
    return actions


def scores(method: str, actions: Tensor) -> Tensor:
    """The score of every agent's action given nothing (fac), or given those of the agents before it (ssd)."""
    told = torch.zeros(*actions.shape, len(MODES))
    if method == "ssd":
        seen = -(actions[..., None] - MODES).square() / (2 * DEVIATION**2)
        told[..., 1:, :] = seen.cumsum(-2)[..., :-1, :]
    return score(actions[..., None], MODES[:, None], told, torch.ones_like(actions)).squeeze(-1)


def variation(actions: Tensor) -> Tensor:
    """Total variation of the corners (L, rows, n) are nearest to from half a chance for either of two, (L,)."""
    up = actions > 0
    modes = torch.stack([up.all(2), (~up).all(2)], dim=2).double().mean(1)
    elsewhere = 1 - modes.sum(1)
    return ((modes - 0.5).abs().sum(1) + elsewhere) / 2
