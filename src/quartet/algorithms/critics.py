"""Twin critics and their conservative loss (CQL, DOM2 Eq. 1), shared by MA-CQL, OMAR, MA-SfBC and DOM2."""

from math import log

import torch
from torch import Tensor

from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.nets.layers import batch_statistics, linear, standardise
from quartet.nets.mlp import MLP
from quartet.nets.parameters import Terms, unpack
from quartet.nets.plain_mlp import PlainMLP


def initial_twins(net: MLP | PlainMLP, random: LaneRandom) -> Tensor:
    """Two critics per lane as one stack of 2L: all first critics, then all second ones."""
    return torch.cat([net.init(random), net.init(random)])


def q_values(
    net: MLP, parameters: Tensor, observations: Tensor, actions: Tensor, statistics: Tensor | None = None
) -> Tensor:
    """Q of S actions per observation: observations (L, B, o), actions (L, S, B, a) -> (K, L, S, B), K critics a lane.

    The observation's part of the first layer is computed once and shared by the S actions. Training normalises every
    query by its own batch, as OMAR's released code does (`statistics` None): a policy that answers the same everywhere
    then earns nothing by answering more, which keeps its actions off the bounds.
    """
    lanes, samples, batch, _ = actions.shape
    critics, size = parameters.shape[0] // lanes, observations.shape[2]
    part, asked = unpack(parameters, net.shapes), actions.flatten(1, 2)
    weight, bias = net.first_layer(part)
    of_observation = batch_statistics(observations) if statistics is None else statistics[..., :size]
    of_action = batch_statistics(asked) if statistics is None else statistics[..., size:]
    observed = standardise(observations, of_observation).repeat(critics, 1, 1)
    acted = standardise(asked, of_action).repeat(critics, 1, 1)
    first = net.layer(acted, weight[:, size:], linear(observed, weight[:, :size], bias))
    return net.rest(part, first).reshape(critics, lanes, samples, batch)


def q_of(net: MLP, parameters: Tensor, observations: Tensor, actions: Tensor) -> Tensor:
    """Q of one action per observation, actions (L, B, a) -> (K, L, B)."""
    return q_values(net, parameters, observations, actions.unsqueeze(1)).squeeze(2)


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
    of_data = q_of(net, parameters, batch.observations, batch.actions)
    of_uniform = q_values(net, parameters, batch.observations, uniform)
    spread = torch.logsumexp(of_uniform - uniform.shape[-1] * log(0.5), dim=2)
    return {
        "td": (of_data - target).square().mean(2).sum(0),
        "cql": zeta * (spread - of_data).mean(2).sum(0),
    }


def regression_loss(parameters: Tensor, net: MLP, batch: Transitions, target: Tensor) -> Terms:
    """Plain TD error of both critics, for critics that are only ever asked about actions like the data's."""
    values = q_of(net, parameters, batch.observations, batch.actions)
    return {"td": (values - target).square().mean(2).sum(0)}


def drawn_candidate(candidates: Tensor, weights: Tensor, uniform: Tensor) -> Tensor:
    """One of S candidates (L, S, B, a) an observation, drawn by its weight (L, S, B); uniform (L, B) decides."""
    last = candidates.shape[1] - 1
    chosen = (weights.cumsum(1) < uniform.unsqueeze(1)).sum(1, keepdim=True).clamp(max=last)
    return candidates.take_along_dim(chosen.unsqueeze(-1), dim=1).squeeze(1)
