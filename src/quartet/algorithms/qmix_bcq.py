"""QMIX+BCQ (OG-MARL; the papers' MA-BCQ in battles): QMIX whose targets keep to choices that the data make likely."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms import qmix
from quartet.algorithms.qmix import QMIX
from quartet.algorithms.sequence_learner import imitation_loss, log_policy
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(qmix.Config):
    """Hyperparameters of QMIX+BCQ."""

    threshold: float  # a choice is kept from this share of the likeliest one's probability on


class QMIXBCQ(QMIX):
    """Differs from QMIX in the choices among which it seeks the next one."""

    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(spec, config, seeds, device)
        self.add("behaviour", self.start(2), config.rate)

    def update(self, batch: Sequences, random: LaneRandom) -> dict[str, Tensor]:
        """One step of the behaviour's imitation, then QMIX's."""
        imitation = self.descend("behaviour", imitation_loss, self.net, batch, norm=self.config.clip)
        return super().update(batch, random) | self.for_every_agent(imitation)

    def allowed(self, batch: Sequences) -> Tensor:
        """p / max p >= threshold, among the legal choices (discrete BCQ, Fujimoto et al. 2019)."""
        logits = self.net(self.networks["behaviour"], batch.observations)
        probabilities = log_policy(logits, batch.legal).exp()
        return batch.legal & (probabilities >= self.config.threshold * probabilities.amax(-1, keepdim=True))
