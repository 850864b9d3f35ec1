"""Critics that never ask about an action outside the data: implicit Q-learning (IQL), as SRPO and OMSD train them."""

import torch
from torch import Tensor

from quartet.nets.parameters import Terms
from quartet.nets.plain_mlp import PlainMLP


def twin_values(net: PlainMLP, parameters: Tensor, states: Tensor, actions: Tensor) -> Tensor:
    """Both critics' Q of one action per state, (2, L, B)."""
    pairs = torch.cat([states, actions], dim=2)
    return net(parameters, pairs.repeat(2, 1, 1)).view(2, *pairs.shape[:2])


def expectile_loss(parameters: Tensor, net: PlainMLP, states: Tensor, values: Tensor, expectile: float) -> Terms:
    """IQL Eq. 5: E |tau - 1(u < 0)| u^2 with u = Q - V, so that V leans towards the better of the data's actions."""
    above = values - net(parameters, states).squeeze(2)
    weight = torch.where(above < 0, 1 - expectile, expectile)
    return {"value": (weight * above.square()).mean(1)}


def twin_loss(
    parameters: Tensor, net: PlainMLP, states: Tensor, actions: Tensor, target: Tensor, known: Tensor
) -> Terms:
    """IQL Eq. 6: (r + gamma V(s') - Q)^2, the mean of both critics, where it is known (L, B) what came next."""
    errors = (twin_values(net, parameters, states, actions) - target).square().mean(0)
    return {"td": (known * errors).sum(1) / known.sum(1).clamp(min=1)}
