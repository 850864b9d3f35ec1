"""Twin critics and their conservative loss (CQL, DOM2 Eq. 1), shared by MA-CQL, OMAR, MA-SfBC and DOM2."""

from math import log

import torch
from torch import Tensor

from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import batch_statistics, linear, standardise
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, unpack


def initial_twins(net: MLP, random: LaneRandom) -> Tensor:
    """Two critics per lane as one stack of 2L: all first critics, then all second ones."""
    return torch.cat([net.init(random), net.init(random)])


def data_statistics(batch: Transitions) -> Tensor:
    """What the critics' batch normalisation uses throughout an update: mean and variance of the data's (o, a).

    Were policy actions normalised by their own batch, their mean would be lost, and a critic could not tell a policy
    that always answers 1 from one that always answers -1.
    """
    return batch_statistics(torch.cat([batch.observations, batch.actions], dim=2))


def q_values(net: MLP, parameters: Tensor, statistics: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
    """Q of S actions per observation: observations (L, B, o), actions (L, S, B, a) -> (K, L, S, B), K critics a lane.

    The observation's part of the first layer is computed once and shared by the S actions.
    """
    lanes, samples, batch, _ = actions.shape
    critics, size = parameters.shape[0] // lanes, observations.shape[2]
    part = unpack(parameters, net.shapes)
    weight, bias = net.first_layer(part)
    observed = standardise(observations, statistics[..., :size]).repeat(critics, 1, 1)
    acted = standardise(actions.flatten(1, 2), statistics[..., size:]).repeat(critics, 1, 1)
    first = net.layer(acted, weight[:, size:], linear(observed, weight[:, :size], bias))
    return net.rest(part, first).reshape(critics, lanes, samples, batch)


def q_of(net: MLP, parameters: Tensor, statistics: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
    """Q of one action per observation, actions (L, B, a) -> (K, L, B)."""
    return q_values(net, parameters, statistics, observations, actions.unsqueeze(1)).squeeze(2)


def first_critic(parameters: Tensor, lanes: int) -> Tensor:
    """Q_1 of every lane, for policies: a constant, so no policy loss can reach it."""
    return parameters[:lanes].detach()


def td_target(batch: Transitions, next_values: Tensor, gamma: float) -> Tensor:
    """r + gamma (1 - terminal) min_k Q_k(o', a'), from next_values (K, L, B)."""
    return batch.rewards + gamma * (1 - batch.terminals) * next_values.amin(0)


def conservative_loss(
    parameters: Tensor, net: MLP, batch: Transitions, target: Tensor, uniform: Tensor, zeta: float
) -> Terms:
    """DOM2 Eq. 1, both critics summed: TD error plus zeta E[log sum exp Q(o, a~) - Q(o, a)].

    a~ (L, S, B, a) is uniform on [-1, 1]^a, so each exponent is divided by its density .5^a (OMAR's released code).
    """
    statistics = data_statistics(batch)
    of_data = q_of(net, parameters, statistics, batch.observations, batch.actions)
    of_uniform = q_values(net, parameters, statistics, batch.observations, uniform)
    spread = torch.logsumexp(of_uniform - uniform.shape[-1] * log(0.5), dim=2)
    return {
        "td": (of_data - target).square().mean(2).sum(0),
        "cql": zeta * (spread - of_data).mean(2).sum(0),
    }


def regression_loss(parameters: Tensor, net: MLP, batch: Transitions, target: Tensor) -> Terms:
    """Plain TD error of both critics, for critics that are only ever asked about actions like the data's."""
    values = q_of(net, parameters, data_statistics(batch), batch.observations, batch.actions)
    return {"td": (values - target).square().mean(2).sum(0)}
