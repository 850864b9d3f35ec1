"""OMSD's bandit (its Table 1, Figure 2) played by the algorithms themselves: critics, scores and policies all learnt.

`policies` plays it with exact critics and scores. For every weight of the critic the policies start from the same
critics, behaviour models and actors. `bandit-learned` scores policies at early diffusion times, where the score is
almost that of the data, as OMSD's equations have it; `bandit-learned-srpo` over all times, weighed by the noise's
variance, as SRPO's code does.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from quartet import algorithms
from quartet.algorithms.score_policy import ScorePolicy, noised
from quartet.data.transitions import TeamTransitions
from quartet.diffusion.vp import alpha
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec
from quartet.toys.mixtures import BANDIT, QUADRANTS, SIGNS
from quartet.toys.policies import scores
from quartet.toys.result import Result

READINGS: dict[str, dict[str, Any]] = {
    "bandit-learned": {"times": (0.02, 0.2), "weighting": "score"},
    "bandit-learned-srpo": {"times": (0.02, 0.98), "weighting": "variance"},
}
ALGORITHMS = {"ind": "brpo-ind", "fac": "brpo-fac", "jal": "brpo-jal", "ssd": "omsd"}
SPEC = TaskSpec(agents=2, observation=1, action=1, horizon=1)
BETAS = (0.0, 0.05, 0.5, 2.0, 5.0)  # OMSD's grid of HalfCheetah ends at .5; 0: the score alone decides
# Whose arrows and paths are kept. Up an exact critic a policy comes to rest at .8 / (1 - .09 beta): beta = 2 is large
# enough to reach 1, which Table 1 prints, and small enough that the score still decides who gets there.
SHOWN_BETA = 2.0
REACH = 0.25  # how near to (1, 1) or (-1, -1) each action is where agents are said to have ended there
# Our choices: OMSD gives no training of its bandit.
RATES = {"critic_rate": 0.01, "behaviour_rate": 0.01, "policy_rate": 0.03}
CHOICES = {
    "pretraining": 70, "gamma": 0.99, "rho": 0.05, "expectile": 0.7, "decay": 0.0, "dropout": 0.0, "baseline": True,
    "order": "forward", "policy_input": "local", "time_scale": 1.0,
}  # fmt: skip
ACROSS, NOISES, STOPS = 13, 4, 40  # arrows along a side of the square, noises averaged in each, points of a path
JUDGED = 500  # points by which the learnt score is judged


class Draws:
    """The data, drawn anew for every batch, and the numbers of the learner's updates."""

    def __init__(self, seeds: Sequence[int], stream: int) -> None:
        self.points = LaneRandom([1000 * stream + seed for seed in seeds], 1)
        self.updates = LaneRandom([2000 * stream + seed for seed in seeds], SPEC.agents)

    def batch(self, rows: int) -> TeamTransitions:
        """Each agent's actions in its own lane; the reward is a_1 a_2, and the one step is the last."""
        points = BANDIT.draw(self.points, rows)
        return one_step(points.mT.flatten(0, 1)[..., None], points.prod(2).repeat_interleave(SPEC.agents, 0))


def one_step(actions: Tensor, rewards: Tensor) -> TeamTransitions:
    """Episodes of one step, in which there is nothing to see."""
    seen, ends = torch.ones_like(actions), torch.ones_like(rewards)
    return TeamTransitions(seen, actions, rewards, seen, ends, actions, 0 * ends)


def play(game: str, method: str, sizes: Mapping[str, Any]) -> Result:
    """Learn critics and behaviour once, then policies for every beta; where they end, and what they are paid."""
    seeds, rows = sizes["seeds"], sizes["batch"]
    first, draws = learner(game, method, sizes, BETAS[0]), Draws(seeds, 1)
    for _ in range(first.pretraining):
        first.update(draws.batch(rows), draws.updates)
    measures = {"score-error": score_error(method, first, draws).double().tolist()}
    shown: dict[str, Any] = {}
    for beta in BETAS:
        own = learner(game, method, sizes, beta)
        own.load_state_dict(first.state_dict())
        paths = followed(own, Draws(seeds, 2), sizes["updates"] - own.pretraining, rows)
        measures |= measured(paths[:, -1], beta)
        if beta == SHOWN_BETA:
            shown = {"points": paths[:, -1], "paths": paths, "arrows": arrows(own, draws)}
    return Result(measures, **{name: values.double().round(decimals=4).tolist() for name, values in shown.items()})


def learner(game: str, method: str, sizes: Mapping[str, Any], beta: float) -> ScorePolicy:
    """The algorithm itself, one lane a seed and agent."""
    given = {**RATES, **CHOICES, **READINGS[game], "beta": beta}
    given |= {"hidden": sizes["width"], "updates": sizes["updates"]}
    made = algorithms.make(ALGORITHMS[method], SPEC, given, sizes["seeds"])
    assert isinstance(made, ScorePolicy)
    return made


def followed(own: ScorePolicy, draws: Draws, updates: int, rows: int) -> Tensor:
    """The teams' joint actions along the training of their policies, (seeds, stops, 2)."""
    every, stops = max(1, updates // STOPS), [joint(own)]
    for update in range(1, updates + 1):
        own.update(draws.batch(rows), draws.updates)
        if update % every == 0 or update == updates:
            stops.append(joint(own))
    return torch.stack(stops, dim=1)


def joint(own: ScorePolicy) -> Tensor:
    """What each seed's team does, (seeds, 2)."""
    seen = torch.ones(len(own.networks["policy"]), 1, 1)
    return own.act(seen, LaneRandom((0,), SPEC.agents)).view(-1, SPEC.agents)


def measured(ends: Tensor, beta: float) -> dict[str, list[float]]:
    """Of every seed: the reward, whether both agents agree, at (1, 1) or (-1, -1) even, and in which quadrant."""
    agreed, far = ends.prod(1) > 0, (ends.abs() >= 1 - REACH).all(1)
    found = {"reward": ends.prod(1), "basin-agreed": agreed.float(), "basin-best": (agreed & far).float()}
    for name, (a, b) in zip(QUADRANTS, SIGNS, strict=True):
        found[f"basin-{name}"] = ((a * ends[:, 0] > 0) & (b * ends[:, 1] > 0)).float()
    return {f"{name}-{beta:g}": values.double().tolist() for name, values in found.items()}


def arrows(own: ScorePolicy, draws: Draws) -> Tensor:
    """Where joint actions all over the square are pushed, the mean over seeds and noises, (arrows, 4): x, y, u, v."""
    line = torch.linspace(-1, 1, ACROSS)
    grid = torch.cartesian_prod(line, line)
    lanes = len(own.networks["policy"])
    actions = grid.repeat(NOISES, 1).mT.repeat(lanes // SPEC.agents, 1)[..., None]
    batch = one_step(actions, torch.zeros(actions.shape[:2]))
    pushed = own.directions(actions, own.states(batch)[0], own.draw(batch, draws.updates, own.config.times))
    mean = pushed.view(-1, SPEC.agents, NOISES, len(grid)).mean((0, 2))
    return torch.cat([grid, mean.mT], dim=1)


@torch.no_grad()
def score_error(method: str, own: ScorePolicy, draws: Draws) -> Tensor:
    """How far the learnt noise is from the exact one, sqrt(E|eps - eps*|^2 / E|eps*|^2) over data and times, (S,)."""
    batch = draws.batch(JUDGED)
    noise = own.draw(batch, draws.updates, own.config.times)
    actions = own.of_team(batch.actions, team=own.team_behaviour)
    asked, sigma = noised(actions, noise)
    condition = own.condition(own.states(batch)[0], batch.actions)
    found = own.behaviour(own.networks["behaviour"], asked, condition, noise.times)
    clean = own.of_team(batch.actions, team=True)
    level = alpha(noise.times)
    if own.team_behaviour:
        exact = -sigma * scores(method, clean, asked, level)
    else:  # each agent's is a column of what it would be if both had its time and its noise
        clean, asked = clean.repeat_interleave(SPEC.agents, 0), asked.expand(-1, -1, SPEC.agents)
        own_column = torch.eye(SPEC.agents).repeat(len(asked) // SPEC.agents, 1)[:, None]
        exact = -sigma * (scores(method, clean, asked, level) * own_column).sum(2, keepdim=True)
    wrong, size = (values.square().sum(2).mean(1) for values in (found - exact, exact))
    by_seed = (values.view(len(own.networks["policy"]) // SPEC.agents, -1).sum(1) for values in (wrong, size))
    return torch.div(*by_seed).sqrt()
