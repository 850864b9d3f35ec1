"""BC: each agent imitates the actions of its dataset by least squares."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms.learner import Learner, Settings
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import initial_statistics, track
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, initial_random
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of BC."""

    hidden: int  # width of the policy
    rate: float  # Adam's learning rate
    clip: float  # largest gradient norm


def imitation_loss(parameters: Tensor, net: MLP, batch: Transitions) -> Terms:
    """Mean squared distance to the data's actions."""
    return {"imitation": (net(parameters, batch.observations) - batch.actions).square().mean((1, 2))}


class BC(Learner):
    """Behaviour cloning with a deterministic policy."""

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        self.config = config
        self.net = MLP(spec.observation, config.hidden, spec.action, squash=True)
        self.add("policy", self.net.init(initial_random(seeds, spec.agents)), config.rate)
        self.add("statistics", initial_statistics(len(seeds) * spec.agents, spec.observation))

    def update(self, batch: Transitions, random: LaneRandom) -> dict[str, Tensor]:  # noqa: ARG002
        """One gradient step."""
        track(self.networks["statistics"], batch.observations)
        return self.descend("policy", imitation_loss, self.net, batch, norm=self.config.clip)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The policy's action."""
        return self.net(self.networks["policy"], observations, self.networks["statistics"])
