"""BC with memory, for discrete actions: a recurrent network for all agents imitates their choices by cross-entropy."""

import torch
from torch import Tensor

from quartet.algorithms import sequence_learner
from quartet.algorithms.sequence_learner import SequenceLearner, imitation_loss
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

Config = sequence_learner.Config


class BCRecurrent(SequenceLearner):
    """Behaviour cloning; it acts by its likeliest choice."""

    actor = "policy"

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(spec, config, seeds, device)
        self.add("policy", self.start(0), config.rate)

    def update(self, batch: Sequences, random: LaneRandom) -> dict[str, Tensor]:  # noqa: ARG002
        """One gradient step."""
        return self.for_every_agent(self.descend("policy", imitation_loss, self.net, batch, norm=self.config.clip))
