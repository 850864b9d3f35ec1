"""Trained actors, frozen: what a behaviour or a prey leaves behind is a file of tensors and sizes."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from quartet.nets.mlp import MLP
from quartet.training import checkpoint


@dataclass(frozen=True)
class FrozenActor:
    """The deterministic actors of a team, one lane per agent."""

    net: MLP
    parameters: Tensor  # (agents, P)
    statistics: Tensor  # (agents, 2, observation): what the inputs are normalised by

    @torch.no_grad()
    def __call__(self, observations: Tensor) -> Tensor:
        """Actions (n, agents, action) for observations (n, agents, observation)."""
        return self.net(self.parameters, observations.transpose(0, 1), self.statistics).transpose(0, 1)

    def save(self, path: Path) -> None:
        """Write the actors: tensors and numbers only."""
        sizes = {"inputs": self.net.inputs, "hidden": self.net.hidden, "outputs": self.net.outputs}
        checkpoint.save(path, {**sizes, "parameters": self.parameters, "statistics": self.statistics})


def actor_net(observation: int, hidden: int, action: int) -> MLP:
    """The architecture of every online actor: ReLU, tanh on the output, a small last layer (OMAR's released code)."""
    return MLP(observation, hidden, action, squash=True, last_bound=3e-3)


def load_actor(path: Path, device: str = "cpu") -> FrozenActor:
    """Read what `FrozenActor.save` wrote; anything else is one clear line."""
    state = checkpoint.load(path, device)
    with checkpoint.fitting(path, "holds no trained actor", "delete it and train again"):
        net = actor_net(state["inputs"], state["hidden"], state["outputs"])
        actor = FrozenActor(net, state["parameters"], state["statistics"])
        actor(torch.zeros(1, len(actor.parameters), net.inputs, device=device))
    return actor
