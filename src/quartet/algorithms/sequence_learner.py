"""What the recurrent algorithms of discrete actions share: sequences, one network for a seed's team, its memory."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from quartet.algorithms.learner import Learner, Settings
from quartet.algorithms.teams import to_lanes, to_teams
from quartet.data.episodes import Episodes
from quartet.data.sequences import Sequences, SequenceSampler
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms, initial_random
from quartet.nets.recurrent import RecurrentNet
from quartet.tasks.spec import TaskSpec

NEVER = -1e10  # the logit of a choice that is not legal


@dataclass(frozen=True, kw_only=True)
class Config(Settings):
    """Hyperparameters of every recurrent algorithm."""

    SAMPLER: ClassVar[str] = "sequences"

    hidden: int  # width of the networks and of their memory
    rate: float  # Adam's learning rate
    clip: float  # largest gradient norm of one network
    sequence: int  # steps of a sequence
    period: int  # steps from where one sequence may begin to where the next may


def discrete(spec: TaskSpec, name: str) -> TaskSpec:
    """The sizes themselves, of a task with discrete actions; any other is a clear line."""
    if not spec.choices:
        raise QuartetError(f"{name} is for discrete actions", mend="use it on drones or on a battle map")
    return spec


class SequenceLearner(Learner):
    """One lane per seed; `actor` names the network that acts."""

    actor: ClassVar[str]
    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(config, device)
        discrete(spec, type(self).__name__)
        self.config, self.seeds, self.agents = config, seeds, spec.agents
        self.net = RecurrentNet(spec.agents, spec.observation, config.hidden, spec.choices)
        self.begin(0)

    def start(self, number: int) -> Tensor:
        """First parameters of the recurrent network of this number."""
        return self.net.init(initial_random(self.seeds, 1, number))

    def sampler(self, episodes: Episodes, weights: NDArray[np.float64]) -> SequenceSampler:
        """What this algorithm is trained with."""
        steps, period = self.config.sequence, self.config.period
        return SequenceSampler(episodes, weights, steps=steps, period=period, device=self.device)

    def begin(self, episodes: int) -> None:
        """New episodes: nothing is remembered."""
        self.memory = self.net.blank(len(self.seeds), episodes).to(self.device)

    @torch.no_grad()
    def act(self, observations: Tensor, random: LaneRandom) -> Tensor:  # noqa: ARG002
        """The network's outputs as the choices' scores, (L, E, choices)."""
        if self.memory.shape[1] != observations.shape[1] * self.agents:
            self.begin(observations.shape[1])
        seen = to_teams(observations, self.agents)
        scores, self.memory = self.net.step(self.networks[self.actor], seen, self.memory)
        return to_lanes(scores)

    def for_every_agent(self, metrics: Terms) -> Terms:
        """Metrics of seeds (S,) as the log wants them, (S N,)."""
        return {name: values.repeat_interleave(self.agents) for name, values in metrics.items()}


def mean_of(values: Tensor, mask: Tensor) -> Tensor:
    """The mean over the steps of each seed, (S,), that the mask (S, T, B) marks; further axes are summed."""
    summed = values.flatten(3).sum(3) if values.ndim > 3 else values
    return (mask * summed).sum((1, 2)) / mask.sum((1, 2)).clamp(min=1)


def log_policy(logits: Tensor, legal: Tensor) -> Tensor:
    """log pi of every choice, (..., choices), with nothing for those that are not legal."""
    return logits.masked_fill(~legal, NEVER).log_softmax(-1)


def of_choices(values: Tensor, choices: Tensor) -> Tensor:
    """The values (..., choices) of the choices made, (...)."""
    return values.gather(-1, choices.unsqueeze(-1)).squeeze(-1)


def imitation_loss(parameters: Tensor, net: RecurrentNet, batch: Sequences) -> Terms:
    """- log pi(a | history), the mean over agents and steps."""
    choices, legal = batch.choices[:, :-1], batch.legal[:, :-1]
    logs = log_policy(net(parameters, batch.observations[:, :-1]), legal)
    return {"imitation": -mean_of(of_choices(logs, choices).mean(3), batch.real)}
