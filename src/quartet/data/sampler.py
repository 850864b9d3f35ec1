"""Weighted minibatches for all lanes, read from mapped episodes."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.data.episodes import Episodes
from quartet.data.places import Places
from quartet.data.transitions import TeamTransitions, Transitions
from quartet.nets.lanes import LaneRandom


class TransitionSampler:
    """Draws transitions as if every episode were stored `weight` times; on the CPU the rows stay in the file.

    Weights (P, E) are those of P points of a sweep, which share the lanes in equal parts, point by point.
    """

    def __init__(
        self,
        episodes: Episodes,
        weights: NDArray[np.float64] | Sequence[float] | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self.agents = episodes.spec.agents
        self._places = Places(episodes, weights, device)
        self._observations = torch.from_numpy(episodes.observations).flatten(0, 1).to(device)
        self._final = torch.from_numpy(episodes.final_observations).flatten(0, 1).to(device)
        self._actions = torch.from_numpy(episodes.actions).flatten(0, 1).to(device)
        self._rewards = torch.from_numpy(episodes.rewards).flatten().to(device)
        self._terminals = torch.from_numpy(episodes.terminals).to(device)
        self._states = None if episodes.state is None else torch.from_numpy(episodes.state).to(device)

    def sample(self, random: LaneRandom, batch: int) -> Transitions:
        """`batch` transitions for every lane, each lane reading its own agent's rows."""
        return self._read(random.uniform(batch, dtype=torch.float64))[0]

    def _read(self, uniform: Tensor) -> tuple[Transitions, Tensor, Tensor]:
        """The transitions that numbers in [0, 1) mean, which rows follow them, and which are an episode's last."""
        episode, step = self._places(uniform)
        row, last = self._places.offsets[episode] + step, step == self._places.lengths[episode] - 1
        agent = (torch.arange(len(row), device=row.device) % self.agents)[:, None]
        own = row * self.agents + agent
        following = torch.where(last, own, own + self.agents)  # the row of an episode's last step is replaced below
        next_observations = self._observations[following]
        next_observations[last] = self._final[(episode * self.agents + agent)[last]]
        transitions = Transitions(
            observations=self._observations[own],
            actions=self._actions[own],
            rewards=self._rewards[own],
            next_observations=next_observations,
            terminals=self._terminals[row].to(torch.float32),
        )
        return transitions, following, last


class TeamSampler(TransitionSampler):
    """The same, but the agents of one seed see the same steps of the same episodes, and what they did next."""

    def sample(self, random: LaneRandom, batch: int) -> TeamTransitions:
        """`batch` transitions of every seed's whole team."""
        uniform = random.uniform(batch, dtype=torch.float64)
        first = uniform.view(-1, self.agents, batch)[:, :1]
        transitions, following, last = self._read(first.expand(-1, self.agents, -1).flatten(0, 1))
        states, next_states = self._states_at(following, last)
        return TeamTransitions(
            **vars(transitions),
            next_actions=self._actions[following],
            followed=1 - last.float(),
            states=states,
            next_states=next_states,
        )

    def _states_at(self, following: Tensor, last: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """The global state of every seed's steps and of the steps that follow; after an episode's last none is kept."""
        if self._states is None:
            return None, None
        after = following[:: self.agents] // self.agents  # an episode's last step is followed by itself here
        return self._states[torch.where(last[:: self.agents], after, after - 1)], self._states[after]
