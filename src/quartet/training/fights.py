"""Datasets of drone combat: fights of hunters that make some of their choices at random.

DoF kept the replay of MADDPG's training (D.3.5), which ranges from random play to what it learned in the end; the
stand-in for it, `medium-replay`, ranges from random play to the script that also flies the opponents. Our choice: the
same recipe for every number of drones, with nothing to tune.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.episodes import Episodes, combine, episode_returns
from quartet.tasks.drones import Drones
from quartet.tasks.hunters import hunt
from quartet.tasks.spec import chosen
from quartet.training.online import DATASET_STREAM, starts

SHARES = {  # of choices that are random: every episode's own, uniform between the two
    "random": (1.0, 1.0),
    "medium-replay": (0.0, 1.0),
    "medium": (0.5, 0.5),
    "expert": (0.0, 0.0),
}
_AT_ONCE = 64  # fights side by side


@dataclass(frozen=True)
class Moment:
    """One step of all fights: what was seen, allowed and done, and what came of it."""

    observations: Tensor  # (n, N, o)
    legal: Tensor  # (n, N, choices)
    actions: Tensor  # (n, N, choices) one-hot
    rewards: Tensor  # (n, N)
    going: Tensor  # (n,) whether the fight was undecided before the step
    terminals: Tensor  # (n,)
    truncations: Tensor  # (n,)


def collect_fights(task: Drones, name: str, quality: str, transitions: int, seed: int) -> Episodes:
    """At least `transitions` transitions of whole fights, rounded up to rounds of fights side by side."""
    stream = DATASET_STREAM + list(SHARES).index(quality)
    generator = torch.Generator(task.device).manual_seed((seed << 8) + stream)
    rounds: list[Episodes] = []
    while sum(part.transitions for part in rounds) < transitions:
        seeds = starts(stream, seed, len(rounds) * _AT_ONCE, _AT_ONCE)
        rounds.append(_round(task, name, quality, seeds, generator))
    every = [(part, np.arange(len(part))) for part in rounds]
    return combine(every, quality, rounds[0].behaviour)


def _round(task: Drones, name: str, quality: str, seeds: Tensor, generator: torch.Generator) -> Episodes:
    """One fight per seed."""
    low, high = SHARES[quality]
    shares = low + (high - low) * torch.rand(len(seeds), 1, generator=generator, device=task.device)
    observations, moments = task.reset(seeds), []
    while not (task.over.all() or task.time >= task.spec.horizon):
        legal, going = task.legal(), ~task.over
        actions = one_hot(_choices(task, legal, shares, generator), task.spec.choices).float()
        step = task.step(actions)
        ended = step.terminals & going
        moments.append(Moment(observations, legal, actions, step.rewards, going, ended, step.truncations))
        observations = step.observations
    return _episodes(task, name, quality, moments, observations)


def _choices(task: Drones, legal: Tensor, shares: Tensor, generator: torch.Generator) -> Tensor:
    """The hunters' choices, some of them replaced by legal ones at random, (n, N)."""
    scores = torch.rand(legal.shape, generator=generator, device=task.device)
    at_random = torch.rand(legal.shape[:2], generator=generator, device=task.device) < shares
    hunting = chosen(one_hot(hunt(task.combat, 0), task.spec.choices).float(), legal)
    return torch.where(at_random, chosen(scores, legal), hunting)


def _episodes(task: Drones, name: str, quality: str, moments: list[Moment], last: Tensor) -> Episodes:
    """What happened until each fight was decided, one fight after the other."""
    going = torch.stack([moment.going for moment in moments], dim=1)  # (n, steps)

    def rows(values: list[Tensor]) -> NDArray[np.generic]:
        return torch.stack(values, dim=1)[going].cpu().numpy()

    offsets = np.concatenate([[0], going.sum(dim=1).cumsum(0).cpu().numpy()]).astype(np.int64)
    rewards = rows([moment.rewards for moment in moments]).astype(np.float32)
    low, high = SHARES[quality]
    return Episodes(
        task=name,
        quality=quality,
        behaviour=f"hunters that make {low:.0%} to {high:.0%} of their choices at random",
        spec=task.spec,
        observations=rows([moment.observations for moment in moments]).astype(np.float32),
        actions=rows([moment.actions for moment in moments]).astype(np.float32),
        rewards=rewards,
        terminals=rows([moment.terminals for moment in moments]).astype(np.bool_),
        truncations=rows([moment.truncations for moment in moments]).astype(np.bool_),
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=last.cpu().numpy(),  # a decided fight stands still
        legal_actions=rows([moment.legal for moment in moments]).astype(np.bool_),
    )
