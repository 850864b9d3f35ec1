"""Trained recurrent teams, frozen: what a battle's behaviour leaves behind is a file of tensors and sizes."""

from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from quartet.nets.recurrent import RecurrentNet
from quartet.training import checkpoint


@dataclass
class FrozenTeam:
    """A team that acts by its recurrent network, and remembers the episodes it is in."""

    net: RecurrentNet
    parameters: Tensor  # (1, P)
    memory: Tensor = field(default_factory=lambda: torch.empty(0))

    def begin(self, episodes: int) -> None:
        """New episodes: nothing is remembered."""
        self.memory = self.net.blank(1, episodes).to(self.parameters.device)

    @torch.no_grad()
    def __call__(self, observations: Tensor) -> Tensor:
        """Scores (n, agents, choices) for observations (n, agents, observation)."""
        scores, self.memory = self.net.step(self.parameters, observations.unsqueeze(0), self.memory)
        return scores.squeeze(0)

    def save(self, path: Path) -> None:
        """Write the team: tensors and numbers only."""
        checkpoint.save(path, {**asdict(self.net), "parameters": self.parameters})


@dataclass(frozen=True)
class Exploring:
    """A team whose agents make a share of their choices at random, each legal one alike."""

    team: FrozenTeam
    share: float
    generator: torch.Generator

    def begin(self, episodes: int) -> None:
        """New episodes begin."""
        self.team.begin(episodes)

    def __call__(self, observations: Tensor) -> Tensor:
        """The team's scores, or numbers at random, of which any may be the highest."""
        scores = self.team(observations)
        device = scores.device
        random = torch.rand(scores.shape, generator=self.generator, device=device)
        at_random = torch.rand(*scores.shape[:-1], 1, generator=self.generator, device=device) < self.share
        return torch.where(at_random, random, scores)


def load_team(path: Path, device: str = "cpu") -> FrozenTeam:
    """Read what `FrozenTeam.save` wrote; anything else is one clear line."""
    state = checkpoint.load(path, device)
    with checkpoint.fitting(path, "holds no trained team", "delete it and train again"):
        net = RecurrentNet(state["agents"], state["inputs"], state["hidden"], state["outputs"])
        team = FrozenTeam(net, state["parameters"])
        team.begin(1)
        team(torch.zeros(1, net.agents, net.inputs, device=device))
    return team
