"""OMIGA's losses by hand."""

import math

import pytest
import torch

from quartet.algorithms.omiga import Team, critic_loss, log_likelihood, total, value_loss
from quartet.nets.parameters import pack
from quartet.nets.plain_mlp import PlainMLP

VALUE, CRITIC, MIXER = PlainMLP(3, 2, 1, 2, "relu"), PlainMLP(4, 2, 1, 2, "relu"), PlainMLP(2, 2, 3, 1, "relu")
TEAM = Team(asked=torch.zeros(1, 4, 3), taken=torch.zeros(1, 4, 1), seen=torch.zeros(1, 2, 2))  # two rows, two agents


def constant(net: PlainMLP, *outputs: float) -> torch.Tensor:
    parts = {name: torch.zeros(1, *shape) for name, shape in net.shapes.items()}
    parts[f"{net.depth}.bias"] = torch.tensor(outputs).view(1, 1, -1)
    return pack(parts, net.shapes)


def test_the_teams_value_is_the_weighted_sum_of_the_agents_and_a_bias() -> None:
    weights, bias = torch.tensor([[[2.0, 0.5]]]), torch.tensor([[1.0]])
    assert total(weights, bias, torch.tensor([[3.0, 4.0]])).item() == pytest.approx(2 * 3 + 0.5 * 4 + 1)


def test_the_critics_loss_is_that_of_the_mixture_with_weights_that_are_never_negative() -> None:
    """|-2| x 3 + |1| x 3 + .5 = 9.5 against 9 and 8.5: (.25 + 1) / 2."""
    target = torch.tensor([[9.0, 8.5]])
    terms = critic_loss(constant(CRITIC, 3.0), constant(MIXER, -2.0, 1.0, 0.5), CRITIC, MIXER, TEAM, target)
    assert terms["td"].item() == pytest.approx(0.625)


def test_the_values_loss_is_exp_of_the_local_advantage_plus_the_value() -> None:
    """Exponents w (Q - V) / alpha of 2 (5 - 1) / 4 = 2 and 0, divided by e^2; plus w V / alpha = 1/2 or 0, likewise."""
    weights, values = torch.tensor([[2.0, 0.0, 2.0, 0.0]]), torch.full((1, 4), 5.0)
    terms = value_loss(constant(VALUE, 1.0), VALUE, TEAM, weights, values, 4.0)
    assert terms["value"].item() == pytest.approx((1 + 0.5 * math.exp(-2) + math.exp(-2)) / 2, rel=1e-5)


def test_the_policys_likelihood_is_that_of_a_squashed_gaussian() -> None:
    made, actions = torch.tensor([[[0.3, -0.2, -0.5, 0.1]]]), torch.tensor([[[0.4, -0.7]]])
    gaussian = torch.distributions.Normal(made[..., :2], made[..., 2:].exp())
    squashed = torch.distributions.TransformedDistribution(gaussian, [torch.distributions.TanhTransform()])
    torch.testing.assert_close(log_likelihood(made, actions), squashed.log_prob(actions).sum(2))
