"""OMSD's bandit (its Table 1): deterministic policies pulled by a critic and by the score of the behaviour data.

The reward is a_1 a_2 on [-1, 1]^2. Both critics and scores are exact, so that nothing but the decomposition differs:

    ind    every agent its own score mu_i(a_i) and its own critic Q_i(a_i) = E[r | a_i]    (BRPO-Ind, Eq. 7)
    fac    every agent its own score and the joint critic                                  (BRPO-FAC)
    jal    the joint score and the joint critic                                            (BRPO-JAL)
    ssd    agent i the score of mu_i(a_i | a_<i), and the joint critic                     (OMSD, Eq. 13)

`bandit-policies` takes the score of the data themselves, t -> 0, as OMSD's equations have it; `bandit-policies-srpo`
averages it over diffusion times, as SRPO, on which its code builds.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from quartet.diffusion.vp import alpha
from quartet.nets.lanes import LaneRandom
from quartet.toys.mixtures import BANDIT
from quartet.toys.result import SHOWN, Result

BETAS = (0.0, 0.05, 0.5, 5.0, 50.0)  # weights of the critic: OMSD's grid ends at .5; 0: the score alone decides
LEVELS = (0.02, 0.98)  # SRPO's diffusion times
STARTS, STEPS, RATE, NOISES = 200, 400, 0.02, 8  # our choices: policies a seed, their steps, noises averaged in each
MEANS, DEVIATION = torch.tensor(BANDIT.means), BANDIT.deviation


def score(x: Tensor, means: Tensor, logits: Tensor, level: Tensor) -> Tensor:
    """The exact score at x (..., d) of data around means (modes, d), of which alpha `level` (...) is left.

    logits (..., modes): how probable each mode is before x is seen.
    """
    variance = ((level * DEVIATION) ** 2 + 1 - level**2)[..., None]
    away = x[..., None, :] - level[..., None, None] * means
    share = (logits - away.square().sum(-1) / (2 * variance)).softmax(-1)
    return -(share[..., None] * away).sum(-2) / variance


def scores(method: str, actions: Tensor, noised: Tensor, level: Tensor) -> Tensor:
    """The score that each agent follows, (..., 2), where it is noised; in ssd the second sees the first's action."""
    even = torch.zeros(*level.shape, len(MEANS))
    if method == "jal":
        return score(noised, MEANS, even, level)
    told = -(actions[..., :1] - MEANS[:, 0]).square() / (2 * DEVIATION**2) if method == "ssd" else even
    first, second = noised[..., :1], noised[..., 1:]
    return torch.cat([score(first, MEANS[:, :1], even, level), score(second, MEANS[:, 1:], told, level)], dim=-1)


def of_the_data(method: str, actions: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG001
    """The score at t -> 0 (OMSD Eq. 7, 10, 13)."""
    return scores(method, actions, actions, torch.ones(actions.shape[:-1]))


def over_times(method: str, actions: Tensor, random: LaneRandom) -> Tensor:
    """E -w(t) eps over times and noises, w = sigma^2 and eps = -sigma score (SRPO)."""
    rows, (low, high) = actions.shape[1], LEVELS
    level = alpha(low + (high - low) * random.uniform(NOISES, rows))
    sigma = (1 - level**2).sqrt()[..., None]
    clean = actions[:, None]
    noised = level[..., None] * clean + sigma * random.normal(NOISES, rows, 2)
    return (sigma**3 * scores(method, clean, noised, level)).mean(1)


READINGS: dict[str, Callable[[str, Tensor, LaneRandom], Tensor]] = {
    "bandit-policies": of_the_data,
    "bandit-policies-srpo": over_times,
}


def climb(method: str, actions: Tensor) -> Tensor:
    """The critic's gradient towards each agent's action (..., 2)."""
    if method != "ind":
        return actions.flip(-1)
    mode = MEANS[0].abs()  # E[a_j | a_i] = m tanh(m a_i / sigma^2): which mode a_i tells of says where a_j is
    slope = mode / DEVIATION**2
    told = (slope * actions).tanh()
    return mode * (told + actions * slope * (1 - told**2))


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:
    """For every beta, policies from starts all over the square: what they are paid and how often they agree."""
    measures: dict[str, list[float]] = {}
    for beta in BETAS:
        actions = followed(game, method, beta, LaneRandom(sizes["seeds"], 1))
        measures[f"reward-{beta:g}"] = actions.prod(2).double().mean(1).tolist()
        measures[f"agreed-{beta:g}"] = (actions.prod(2) > 0).double().mean(1).tolist()
    return Result(measures, actions[0, :SHOWN].double().round(decimals=4).tolist())


def followed(game: str, method: str, beta: float, random: LaneRandom) -> Tensor:
    """Actions (L, starts, 2) after so many steps up beta Q + log mu, kept inside the square."""
    actions = 2 * random.uniform(STARTS, 2) - 1
    for _ in range(STEPS):
        direction = beta * climb(method, actions) + READINGS[game](method, actions, random)
        actions = (actions + RATE * direction).clamp(-1, 1)
    return actions
