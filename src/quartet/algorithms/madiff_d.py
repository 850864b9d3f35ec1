"""MADIFF-D: the joint process of MADIFF run by every agent for itself, knowing its own history alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from quartet.algorithms import planner
from quartet.algorithms.teams import to_teams
from quartet.nets.lanes import LaneRandom


class Config(planner.Config):
    """Hyperparameters of MADIFF-D."""


class MADIFFD(planner.Planner):
    """Every agent imagines the whole team, N rows each and N^2 in all, and keeps its own row."""

    attention = True

    def known(self, observations: Tensor, agents: Tensor) -> Tensor:
        """One agent's own history; the others' frames are zero, as in MADIFF's code."""
        return observations * self.own(agents)[..., None, None]

    def own(self, agents: Tensor) -> Tensor:
        """1 at the row of the agent who knows its history, 0 at the others', (S, B, N)."""
        return torch.nn.functional.one_hot(agents, self.agents).float()

    def weights(self, agents: Tensor) -> Tensor:
        """Imagined rows count less where a short training could else not learn the row that will act."""
        return self.config.imagined + (1 - self.config.imagined) * self.own(agents)

    def plan(self, random: LaneRandom) -> Tensor:
        """Every agent's row of the team that it imagines, (S, E, N, T, o)."""
        episodes, n = self.seen.shape[1], self.agents
        everyone = torch.arange(n, device=self.device).expand(self.seeds, episodes, n).flatten(1)

        def fresh(drawing: Callable[..., Tensor], *shape: int) -> Tensor:
            return to_teams(drawing(episodes, n, *shape), n).flatten(1, 2)

        known = self.known(self.remembered().repeat_interleave(n, dim=1), everyone)
        wanted = self.wanted.flatten(1)[..., None].expand(-1, -1, n)
        teams = self.sample(fresh, known, wanted, random)
        own = torch.arange(n, device=self.device)
        return teams.view(-1, episodes, n, *teams.shape[2:])[:, :, own, own]
