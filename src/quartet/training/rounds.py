"""Rounds: whole episodes of a discrete task, side by side, and everything that happened in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import one_hot

from quartet.data.episodes import Episodes, episode_returns
from quartet.tasks.spec import MaskedTask, chosen
from quartet.training.online import state_of


class Team(Protocol):
    """A team that may remember what it has seen."""

    def begin(self, episodes: int) -> None:
        """New episodes begin."""

    def __call__(self, observations: Tensor) -> Tensor:
        """Every agent's scores (n, N, choices) for observations (n, N, o)."""


@dataclass(frozen=True)
class Round:
    """M steps of n whole episodes, one episode below the other."""

    lengths: Tensor  # (n,)
    last: Tensor  # (n, N, o) what the last step of each episode led to
    observations: Tensor  # (M, N, o)
    actions: Tensor  # (M, N, choices) one-hot, bytes
    legal: Tensor  # (M, N, choices)
    rewards: Tensor  # (M, N)
    terminals: Tensor  # (M,)
    truncations: Tensor  # (M,)
    states: Tensor | None = None  # (M, state)

    @property
    def returns(self) -> Tensor:
        """The agents' mean return of every episode, (n,)."""
        episode = torch.arange(len(self.lengths), device=self.lengths.device).repeat_interleave(self.lengths)
        paid = self.rewards.mean(1)
        return paid.new_zeros(len(self.lengths)).index_add(0, episode, paid)


def play_round(task: MaskedTask, team: Team, seeds: Tensor) -> Round:
    """One episode per seed, until all have ended."""
    observations = task.reset(seeds)
    going = torch.ones(len(seeds), dtype=torch.bool, device=observations.device)
    last, under_way, moments = observations.clone(), [], []
    team.begin(len(seeds))
    while going.any():
        legal, state = task.legal(), state_of(task)
        actions = one_hot(chosen(team(observations), legal), task.spec.choices).byte()
        step = task.step(actions.float())
        ended = (step.rewards, step.terminals, step.truncations)
        moments.append((observations, actions, legal, *ended, *([] if state is None else [state])))
        under_way.append(going)
        observations = step.observations
        last[going] = observations[going]
        going = going & ~step.terminals & ~step.truncations
    kept = torch.stack(under_way, dim=1)  # (n, steps)
    columns = [torch.stack(part, dim=1)[kept] for part in zip(*moments, strict=True)]
    return Round(kept.sum(1), last, *columns)


def to_episodes(rounds: Sequence[Round], task: MaskedTask, name: str, quality: str, behaviour: str) -> Episodes:
    """All episodes of some rounds as a dataset."""

    def joined(column: str) -> NDArray[Any]:
        return torch.cat([getattr(part, column) for part in rounds]).cpu().numpy()

    offsets = np.concatenate([[0], np.cumsum(joined("lengths"))]).astype(np.int64)
    rewards = joined("rewards")
    return Episodes(
        task=name,
        quality=quality,
        behaviour=behaviour,
        spec=task.spec,
        observations=joined("observations"),
        actions=joined("actions").astype(np.float32),
        rewards=rewards,
        terminals=joined("terminals"),
        truncations=joined("truncations"),
        offsets=offsets,
        returns=episode_returns(rewards, offsets),
        final_observations=joined("last"),
        state=joined("states") if task.spec.state else None,
        legal_actions=joined("legal"),
    )
