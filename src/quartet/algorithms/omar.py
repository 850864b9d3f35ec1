"""OMAR: MA-CQL whose policy also follows the best action that a sampling search finds under the first critic."""

from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.algorithms import ma_cql
from quartet.algorithms.critics import first_critic, q_of, q_values
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms


@dataclass(frozen=True, kw_only=True)
class Config(ma_cql.Config):
    """Hyperparameters of OMAR: MA-CQL's and the search's."""

    omar_weight: float  # w: weight of imitating the search's action; 1 - w is left for - Q
    iterations: int  # rounds of the search
    samples: int  # actions per round
    start_deviation: float  # standard deviation of the first round


def best_action(
    net: MLP, critic: Tensor, batch: Transitions, policy_actions: Tensor, normal: Tensor, deviation: float
) -> Tensor:
    """OMAR Algorithm 1: the best of the last round's samples and the policy's own action under Q_1.

    normal (L, rounds, S, B, a) are the search's draws; every round refits a Gaussian to its samples: the mean
    weighted by softmax(Q), the deviation around it not weighted (OMAR's released code).
    """
    center, deviations = torch.zeros_like(policy_actions), torch.full_like(policy_actions, deviation)
    for draws in normal.unbind(1):
        samples = (center.unsqueeze(1) + deviations.unsqueeze(1) * draws).clamp(-1, 1)
        values = q_values(net, critic, batch.observations, samples)[0]
        weights = values.softmax(1).unsqueeze(-1)
        center = (weights * samples).sum(1)
        deviations = (samples - center.unsqueeze(1)).square().mean(1).sqrt()
    own = q_of(net, critic, batch.observations, policy_actions)
    candidates = torch.cat([policy_actions.unsqueeze(1), samples], dim=1)
    best = torch.cat([own.movedim(0, 1), values], dim=1).argmax(1)
    return candidates.take_along_dim(best[:, None, :, None], dim=1).squeeze(1)


def policy_loss(
    parameters: Tensor,
    policy: MLP,
    net: MLP,
    critic: Tensor,
    batch: Transitions,
    penalty: float,
    normal: Tensor,
    config: Config,
) -> Terms:
    """w |pi(o) - a*|^2 - (1 - w) Q_1(o, pi(o)), plus MA-CQL's price on large actions (OMAR Eq. 5)."""
    actions = policy(parameters, batch.observations)
    found = best_action(net, critic, batch, actions.detach(), normal, config.start_deviation)
    return {
        "imitation": config.omar_weight * (actions - found).square().mean((1, 2)),
        "q": -(1 - config.omar_weight) * q_of(net, critic, batch.observations, actions)[0].mean(1),
        "penalty": penalty * actions.square().mean((1, 2)),
    }


class OMAR(ma_cql.MACQL):
    """Differs from MA-CQL in the policy's loss alone."""

    config: Config

    def improve(self, batch: Transitions, random: LaneRandom) -> Terms:
        """One step of the policy towards the search's action and uphill."""
        settings, (rows, size) = self.config, batch.actions.shape[1:]
        normal = random.normal(settings.iterations, settings.samples, rows, size)
        return self.descend(
            "policy",
            policy_loss,
            self.policy,
            self.critic,
            first_critic(self.networks["critics"], self.lanes),
            batch,
            settings.action_penalty,
            normal,
            settings,
            norm=settings.clip,
        )
