"""MA-ICQ on discrete actions (Yang et al. 2021), as OG-MARL has it: recurrent policies, and QMIX as their critic.

The critics are asked about the data's own choices alone, and the policies imitate those that turned out better.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms import qmix
from quartet.algorithms.qmix import QMIX, Valued
from quartet.algorithms.sequence_learner import log_policy, mean_of, of_choices
from quartet.data.sequences import Sequences
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import Terms
from quartet.nets.recurrent import RecurrentNet
from quartet.tasks.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class Config(qmix.Config):
    """Hyperparameters of MA-ICQ with memory."""

    temperature: float  # of the policies' weights, over advantages
    value_temperature: float  # of the targets' weights, over the team's Q


def implicit_weights(values: Tensor, mask: Tensor, temperature: float) -> Tensor:
    """exp(values / temperature) / Z over the sequences (dim 2) of one step, 1 on average over those the mask marks."""
    shares = (values / temperature).masked_fill(mask == 0, -torch.inf).softmax(2).nan_to_num(0.0)
    return mask.sum(2, keepdim=True) * shares


def policy_loss(parameters: Tensor, net: RecurrentNet, batch: Sequences, valued: Valued, temperature: float) -> Terms:
    """- E sum_i k_i w_i log pi_i(a_i), w_i by A_i = Q_i(a_i) - E_pi Q_i, k_i the agents' shares of Q_tot."""
    logs = log_policy(net(parameters, batch.observations[:, :-1]), batch.legal[:, :-1])
    values, choices = valued.values[:, :-1].detach(), batch.choices[:, :-1]
    advantages = of_choices(values, choices) - (logs.detach().exp() * values).sum(4)
    weights = implicit_weights(advantages, batch.real.unsqueeze(3), temperature)
    credit = valued.mixing.credit().detach().view(weights.shape)
    return {"policy": -mean_of(credit * weights * of_choices(logs, choices), batch.real)}


class ICQRecurrent(QMIX):
    """Implicit constraint Q-learning with memory; acts by its policy's likeliest choice."""

    actor = "policy"
    config: Config

    def __init__(self, spec: TaskSpec, config: Config, seeds: tuple[int, ...], device: torch.device) -> None:
        super().__init__(spec, config, seeds, device)
        self.add("policy", self.start(2), config.rate)

    def update(self, batch: Sequences, random: LaneRandom) -> dict[str, Tensor]:
        """The policies by the critics as they are, then critics and mixer."""
        with torch.no_grad():
            valued = self.value(self.networks["values"], self.networks["mixer"], batch)
        inputs = self.net, batch, valued, self.config.temperature
        metrics = self.descend("policy", policy_loss, *inputs, norm=self.config.clip)
        return super().update(batch, random) | self.for_every_agent(metrics)

    def following(self, valued: Valued, batch: Sequences) -> Tensor:  # noqa: ARG002
        """w' Qbar_tot(s', a') of the data's own next choices a', (S, T, B)."""
        own = self.net(self.networks["target values"], batch.observations)
        total = self.target_total(of_choices(own, batch.choices)[:, 1:], batch)
        return implicit_weights(total, batch.known, self.config.value_temperature) * total
