"""Every loss on numbers small enough to work out by hand."""

import math

import pytest
import torch
from torch import Tensor

from quartet.algorithms import bc, dom2, ma_cql, ma_sfbc, omar
from quartet.algorithms.critics import conservative_loss, q_of, q_values, regression_loss, td_target
from quartet.algorithms.diffusion_policy import DiffusionPolicy
from quartet.data.transitions import Transitions
from quartet.nets.mlp import MLP
from quartet.nets.parameters import pack, terms_and_gradient, unpack
from quartet.nets.residual import ResidualNoise
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=1, observation=1, action=1, horizon=25)
NET = ResidualNoise(1, 1, (4, 4, 4), 0.0)
ONE_STEP = DiffusionPolicy(NET, 1, "continuous", torch.device("cpu"))


def batch_of(
    actions: list[float], rewards: list[float] | None = None, terminals: list[float] | None = None
) -> Transitions:
    rows = len(actions)
    ends = torch.tensor([terminals or [0.0] * rows])
    column = torch.tensor(actions).view(1, rows, 1)
    still = torch.zeros(1, rows, 1)
    return Transitions(still, column, torch.tensor([rewards or [0.0] * rows]), still, ends)


def constant_critics(net: MLP, *values: float) -> Tensor:
    """Critics that answer the same number everywhere."""
    parts = {name: torch.zeros(len(values), *shape) for name, shape in net.shapes.items()}
    parts["bias3"] = torch.tensor(values).view(-1, 1, 1)
    return pack(parts, net.shapes)


def sign_critics(net: MLP, count: int = 1) -> Tensor:
    """Critics with Q = the standardised action, by way of two ReLUs: q = relu(x) - relu(-x)."""
    parts = {name: torch.zeros(count, *shape) for name, shape in net.shapes.items()}
    parts["scale"][:] = 1
    parts["weight1"][:, 1] = torch.tensor([1.0, -1.0])
    parts["weight2"][:] = torch.eye(2)
    parts["weight3"][:, :, 0] = torch.tensor([1.0, -1.0])
    return pack(parts, net.shapes)


def linear_policy(net: MLP, bias: float) -> Tensor:
    """A policy that answers tanh(bias) everywhere."""
    return constant_critics(net, bias)


CRITIC = MLP(2, 2, 1)
POLICY = MLP(1, 2, 1, squash=True)


def test_the_td_target_takes_the_smaller_critic_and_stops_at_terminals() -> None:
    batch = batch_of([0.0, 0.0], rewards=[1.0, 2.0], terminals=[0.0, 1.0])
    next_values = torch.tensor([[[10.0, 10.0]], [[4.0, 20.0]]])
    assert td_target(batch, next_values, 0.5).tolist() == [[3.0, 2.0]]


def test_the_conservative_term_of_constant_critics_is_log_of_ten_over_the_density() -> None:
    """LSE over 10 actions of (Q - log .5) is Q + log 10 + log 2, so minus Q leaves log 20, for both critics."""
    batch, uniform = batch_of([0.3, -0.2]), torch.linspace(-1, 1, 20).view(1, 10, 2, 1)
    terms = conservative_loss(constant_critics(CRITIC, 3.0, 5.0), CRITIC, batch, torch.full((1, 2), 4.0), uniform, 0.5)
    assert terms["td"].item() == pytest.approx((3 - 4) ** 2 + (5 - 4) ** 2)
    assert terms["cql"].item() == pytest.approx(2 * 0.5 * math.log(20), rel=1e-6)


def test_the_conservative_term_sees_each_action_through_the_critic() -> None:
    """Uniform actions -1 and 1 standardise to themselves here, so LSE = log(2 e + 2 / e); the data average 0."""
    batch, uniform = batch_of([-1.0, 1.0]), torch.tensor([[-1.0, -1.0], [1.0, 1.0]]).view(1, 2, 2, 1)
    terms = conservative_loss(sign_critics(CRITIC), CRITIC, batch, torch.zeros(1, 2), uniform, 1.0)
    assert terms["td"].item() == pytest.approx(1.0, rel=1e-4)
    assert terms["cql"].item() == pytest.approx(math.log(2 * math.e + 2 / math.e), rel=1e-4)


def test_plain_regression_is_the_td_term_alone() -> None:
    terms = regression_loss(constant_critics(CRITIC, 3.0, 5.0), CRITIC, batch_of([0.0, 0.1]), torch.full((1, 2), 4.0))
    assert {name: value.item() for name, value in terms.items()} == {"td": 2.0}


def test_q_of_many_actions_is_q_of_each() -> None:
    observations, actions = torch.tensor([[[0.0], [2.0]]]), torch.tensor([[-1.0, 0.5], [0.3, -0.7]]).view(1, 2, 2, 1)
    statistics = torch.tensor([[[0.0, 0.0], [1.0, 1.0]]])
    many = q_values(CRITIC, sign_critics(CRITIC, 2), observations, actions, statistics)
    torch.testing.assert_close(many, actions.squeeze(-1).expand(2, 1, 2, 2), atol=1e-4, rtol=0)
    for sample in (0, 1):
        one = q_values(CRITIC, sign_critics(CRITIC, 2), observations, actions[:, sample : sample + 1], statistics)
        torch.testing.assert_close(many[:, :, sample], one.squeeze(2))


def test_training_normalises_every_query_by_its_own_batch() -> None:
    """Actions 3 and 5 have mean 4 and deviation 1, so the critic that passes its action on answers -1 and 1."""
    values = q_of(CRITIC, sign_critics(CRITIC), torch.zeros(1, 2, 1), torch.tensor([[[3.0], [5.0]]]))
    torch.testing.assert_close(values, torch.tensor([[[-1.0, 1.0]]]), atol=1e-4, rtol=0)


def test_bc_is_the_mean_squared_distance() -> None:
    terms = bc.imitation_loss(linear_policy(POLICY, math.atanh(0.5)), POLICY, batch_of([0.0, 1.0]))
    assert terms["imitation"].item() == pytest.approx((0.25 + 0.25) / 2)


def test_ma_cqls_policy_climbs_the_first_critic_and_pays_for_large_actions() -> None:
    critics = constant_critics(CRITIC, 7.0)
    terms = ma_cql.policy_loss(
        linear_policy(POLICY, math.atanh(0.5)), POLICY, CRITIC, critics, batch_of([0.0, 1.0]), 0.1
    )
    assert terms["q"].item() == pytest.approx(-7.0)
    assert terms["penalty"].item() == pytest.approx(0.1 * 0.25)


def test_omars_search_refits_its_gaussian_by_softmax_q_and_returns_the_best() -> None:
    """Q(a) = a. One round from N(0, 2^2), clamped: samples -1 and 1, and 1 beats the policy's own 0."""
    batch, own = batch_of([-1.0, 1.0]), torch.zeros(1, 2, 1)
    normal = torch.tensor([[-1.0, 1.0], [1.0, -1.0]]).view(1, 1, 2, 2, 1)
    found = omar.best_action(CRITIC, sign_critics(CRITIC), batch, own, normal, 2.0)
    torch.testing.assert_close(found, torch.ones(1, 2, 1))
    # the next round's Gaussian: mean (e - 1/e) / (e + 1/e) = tanh 1; around it -1 and 1 deviate by sqrt(1 + tanh^2 1)
    twice = torch.cat([normal, 0.1 * normal], dim=1)
    best = omar.best_action(CRITIC, sign_critics(CRITIC), batch, own, twice, 2.0)
    found = math.tanh(1) + 0.1 * math.sqrt(1 + math.tanh(1) ** 2)
    torch.testing.assert_close(best, torch.full((1, 2, 1), found), atol=1e-4, rtol=0)


def test_omars_policy_weighs_imitation_and_q() -> None:
    config = omar.Config(
        hidden=2, gamma=0.95, rho=0.01, rate=0.01, clip=0.5, zeta=1.0, uniform_actions=2, action_penalty=0.1,
        omar_weight=0.75, iterations=1, samples=2, start_deviation=2.0,
    )  # fmt: skip
    normal = torch.tensor([[-1.0, 1.0], [1.0, -1.0]]).view(1, 1, 2, 2, 1)
    policy = linear_policy(POLICY, math.atanh(0.5))
    batch = batch_of([-1.0, 1.0])
    terms = omar.policy_loss(policy, POLICY, CRITIC, sign_critics(CRITIC), batch, 0.1, normal, config)
    assert terms["imitation"].item() == pytest.approx(0.75 * (1 - 0.5) ** 2)
    sevens = omar.policy_loss(policy, POLICY, CRITIC, constant_critics(CRITIC, 7.0), batch, 0.1, normal, config)
    assert sevens["q"].item() == pytest.approx(-0.25 * 7.0)
    assert terms["penalty"].item() == pytest.approx(0.1 * 0.25)


def silent_noise(bias: float) -> Tensor:
    """A noise network that predicts `bias` whatever it is given."""
    parts = {name: torch.zeros(1, *shape) for name, shape in NET.shapes.items()}
    parts["out.bias"][:] = bias
    return pack(parts, NET.shapes)


def test_equation_3_is_the_squared_distance_to_the_noise() -> None:
    epsilon = torch.tensor([1.0, -2.0]).view(1, 2, 1)
    loss = ONE_STEP.matching_loss(silent_noise(0.5), batch_of([0.2, 0.4]), torch.ones(1, 2).long(), epsilon, None)
    assert loss.item() == pytest.approx((0.5**2 + 2.5**2) / 2)


def test_equation_4_in_one_step_divides_the_denoised_action_by_alpha() -> None:
    alpha, sigma = ONE_STEP.schedule.alphas[1], ONE_STEP.schedule.sigmas[1]
    start = torch.tensor([0.001, -0.002]).view(1, 2, 1)
    actions = ONE_STEP.generate(silent_noise(0.001), torch.zeros(1, 2, 1), start)
    torch.testing.assert_close(actions, (start - sigma * 0.001) / alpha)


def test_equation_5_normalises_q_by_its_size_on_the_data() -> None:
    """Q = 4 everywhere: the Q-loss is -eta whatever the size of Q; with Q = -4 it is +eta."""
    start, epsilon = torch.tensor([0.001, -0.002]).view(1, 2, 1), torch.ones(1, 2, 1)
    keep = torch.ones(1, 2, NET.units)
    noise = dom2.Noise(start, start, torch.ones(1, 2).long(), epsilon, start, (keep, keep))
    for value in (4.0, -4.0):
        critic = constant_critics(CRITIC, value)
        terms = dom2.policy_loss(silent_noise(0.5), ONE_STEP, CRITIC, critic, batch_of([0.1, 0.2]), noise, eta=3.0)
        assert terms["matching"].item() == pytest.approx(0.25)
        assert terms["q"].item() == pytest.approx(-3.0 * math.copysign(1, value))


def test_without_the_diffusion_loss_the_q_loss_is_left() -> None:
    start, keep = torch.tensor([0.001, -0.002]).view(1, 2, 1), torch.ones(1, 2, NET.units)
    noise = dom2.Noise(start, start, torch.ones(1, 2).long(), torch.ones(1, 2, 1), start, (keep, keep))
    arguments = (silent_noise(0.5), ONE_STEP, CRITIC, constant_critics(CRITIC, 4.0), batch_of([0.1, 0.2]), noise)
    terms = dom2.policy_loss(*arguments, eta=3.0, weight=0.0)
    assert {name: value.item() for name, value in terms.items()} == {"matching": 0.0, "q": -3.0}


def test_the_q_loss_reaches_the_policy_through_the_solver_and_leaves_the_critic_alone() -> None:
    """The critic is the standardised action where that is positive: its mean depends on how the actions lie."""
    start = torch.tensor([0.001, -0.002, 0.0005]).view(1, 3, 1)
    keep = torch.ones(1, 3, NET.units)
    noise = dom2.Noise(start, start, torch.ones(1, 3).long(), torch.ones(1, 3, 1), start, (keep, keep))
    one_sided = unpack(sign_critics(CRITIC), CRITIC.shapes)
    one_sided["weight3"][:, 1] = 0
    critic = pack(one_sided, CRITIC.shapes).requires_grad_()
    generator = torch.Generator().manual_seed(0)
    parameters = silent_noise(0.0) + 1e-4 * torch.randn(1, silent_noise(0.0).shape[1], generator=generator)
    arguments = (ONE_STEP, CRITIC, critic.detach(), batch_of([0.1, 0.2, -0.4]), noise)
    _, with_q = terms_and_gradient(dom2.policy_loss, parameters, *arguments, 1.0)
    _, without = terms_and_gradient(dom2.policy_loss, parameters, *arguments, 0.0)
    assert not torch.allclose(with_q, without)
    assert critic.grad is None


def test_sfbcs_planned_value_is_the_softmax_weighted_q() -> None:
    """Values 0 and 2 log 3 in units of 2 weigh 1 : 3 under alpha = 1."""
    values = torch.tensor([0.0, 2 * math.log(3)]).view(1, 2, 1)
    assert ma_sfbc.planned_value(values, 1.0, torch.tensor([2.0])).item() == pytest.approx(0.75 * 2 * math.log(3))
