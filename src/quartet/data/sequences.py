"""Sequences of whole teams' steps, as recurrent algorithms are trained on them, padded where an episode ends first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.data.places import Places
from quartet.data.windows import returns_to_go
from quartet.nets.lanes import LaneRandom


@dataclass(frozen=True)
class Sequences:
    """B sequences of T steps for each of S seeds, and the frame after the last step; time goes before the batch.

    What lies beyond an episode's end repeats its last step.
    """

    observations: Tensor  # (S, T + 1, B, N, o)
    legal: Tensor  # (S, T + 1, B, N, choices) what each agent may choose
    choices: Tensor  # (S, T + 1, B, N) what it chose
    states: Tensor | None  # (S, T + 1, B, state) where the data hold a global state
    rewards: Tensor  # (S, T, B) the team's mean
    terminals: Tensor  # (S, T, B) float: 1 where the task itself ended
    real: Tensor  # (S, T, B) float: 0 beyond an episode's end
    known: Tensor  # (S, T, B) float: 1 where a real step's sequel is in the data, or there is none
    times: Tensor  # (S, T + 1, B) steps since the episode began
    returns: Tensor | None = None  # (S, T + 1, B) what was still to be paid, where asked for


@dataclass(frozen=True)
class Rows:
    """Steps of many episodes, one below the other; an episode that reaches the last row goes on in the first."""

    observations: Tensor  # (M, N, o)
    actions: Tensor  # (M, N, choices) one-hot
    rewards: Tensor  # (M,)
    terminals: Tensor  # (M,)
    legal: Tensor | None  # (M, N, choices)
    states: Tensor | None  # (M, state)
    returns: Tensor | None = None  # (M,)

    def read(self, first: Tensor, length: Tensor, start: Tensor, steps: int) -> Sequences:
        """So many steps from `start` of the episodes that begin at row `first` and have `length` steps, (S, B) each."""
        frame = start.unsqueeze(1) + torch.arange(steps + 1, device=start.device)[:, None]  # (S, T + 1, B)
        last = length.unsqueeze(1) - 1
        row = (first.unsqueeze(1) + torch.minimum(frame, last)) % len(self.rewards)
        taken, terminals = row[:, :-1], self.terminals[row[:, :-1]].float()
        real = (frame <= last)[:, :-1].float()
        actions = self.actions[row]
        return Sequences(
            observations=self.observations[row],
            legal=torch.ones_like(actions, dtype=torch.bool) if self.legal is None else self.legal[row],
            choices=actions.argmax(-1),
            states=None if self.states is None else self.states[row],
            rewards=self.rewards[taken],
            terminals=terminals * real,
            real=real,
            known=real * torch.maximum((frame < last)[:, :-1].float(), terminals),
            times=torch.minimum(frame, last),
            returns=None if self.returns is None else self.returns[row],
        )


class SequenceSampler:
    """Draws sequences that begin at every `period`-th step of an episode, as often as its weight says.

    For each sequence of a batch it draws `each`: those who learn from short ones then see as many steps as others.
    """

    def __init__(
        self,
        episodes: Episodes,
        weights: NDArray[np.float64] | Sequence[float] | None,
        *,
        steps: int,
        period: int,
        each: int = 1,
        returns: bool = False,
        device: str | torch.device = "cpu",
    ) -> None:
        self.agents, self.steps, self.period, self.each = episodes.spec.agents, steps, period, each
        self._places = Places(episodes, weights, device)
        legal, state = episodes.legal_actions, episodes.state
        self._rows = Rows(
            observations=torch.from_numpy(episodes.observations).to(device),
            actions=torch.from_numpy(episodes.actions).to(device),
            rewards=torch.from_numpy(episodes.rewards.mean(1)).to(device),
            terminals=torch.from_numpy(episodes.terminals).to(device),
            legal=None if legal is None else torch.from_numpy(legal).to(device),
            states=None if state is None else torch.from_numpy(state).to(device),
            returns=torch.from_numpy(returns_to_go(episodes, 1.0).mean(1)).to(device) if returns else None,
        )

    def sample(self, random: LaneRandom, batch: int) -> Sequences:
        """`batch` times `each` sequences for every seed."""
        uniform = random.uniform(batch * self.each, dtype=torch.float64)
        episode, step = self._places(uniform.view(-1, self.agents, batch * self.each)[:, 0])
        first, length = self._places.offsets[episode], self._places.lengths[episode]
        return self._rows.read(first, length, step // self.period * self.period, self.steps)
