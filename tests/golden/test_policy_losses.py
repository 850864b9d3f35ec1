"""The losses of DoF-Policy, MA-TD3+BC and MA-ICQ on numbers small enough to work out by hand."""

import math

import pytest
import torch
from test_losses import CRITIC, POLICY, constant_critics, linear_policy, sign_critics
from torch import Tensor

from quartet.algorithms import dof_policy, ma_icq, ma_td3bc
from quartet.algorithms.dof_policy import Noise
from quartet.algorithms.factorization import Factorization, factorization
from quartet.algorithms.factorized_policy import FactorizedPolicy
from quartet.data.transitions import TeamTransitions
from quartet.diffusion import schedule
from quartet.nets.lanes import LaneRandom
from quartet.nets.noise_mlp import MLPNoise
from quartet.nets.parameters import pack, terms_and_gradients
from quartet.nets.plain_mlp import PlainMLP
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=2, observation=1, action=1, horizon=25)
NET = MLPNoise(1, 1, 2)
CRITICS = PlainMLP(2, 2, 1)
CPU = torch.device("cpu")


def mixing(name: str) -> Factorization:
    return factorization("noise_factorization", name, 2, 1, 2)


def architecture(f: str = "wconcat", h: str = "wconcat", steps: int = 1) -> FactorizedPolicy:
    return FactorizedPolicy(NET, mixing(f), mixing(h), schedule("vp", steps), CPU)


def constant(net: MLPNoise | PlainMLP, name: str, *values: float) -> Tensor:
    """Networks, one a lane, that answer the same number everywhere: the last layer's bias."""
    parts = {part: torch.zeros(len(values), *shape) for part, shape in net.shapes.items()}
    parts[name] = torch.tensor(values).view(-1, 1, 1)
    return pack(parts, net.shapes)


def team_batch(
    actions: list[list[float]],
    rewards: list[list[float]] | None = None,
    terminals: list[float] | None = None,
    followed: list[float] | None = None,
) -> TeamTransitions:
    """Two agents' rows; observations and next actions are 0."""
    column = torch.tensor(actions)[..., None]
    still, rows = torch.zeros_like(column), column.shape[1]
    return TeamTransitions(
        observations=still,
        actions=column,
        rewards=torch.tensor(rewards or [[0.0] * rows] * 2),
        next_observations=still,
        terminals=torch.tensor([terminals or [0.0] * rows] * 2),
        next_actions=still,
        followed=torch.tensor([followed or [1.0] * rows] * 2),
    )


def test_dof_compares_the_noise_with_the_mixed_predictions() -> None:
    """Agents predict 1 and 2 and weigh 3 and -1, so f says 3 and -2; the noises are 1 and 0."""
    epsilon = torch.tensor([1.0, 0.0]).view(2, 1, 1)
    policy, weights = constant(NET, "out.bias", 1.0, 2.0), torch.tensor([[3.0, -1.0]])
    batch, levels = team_batch([[0.2], [0.4]]), torch.ones(1, 1).long()
    loss = architecture().matching_loss(policy, weights, batch, levels, epsilon)
    assert loss.tolist() == pytest.approx([(1 - 3) ** 2, (0 + 2) ** 2])


def test_a_central_f_lets_one_agents_noise_reach_the_others_loss() -> None:
    policy = constant(NET, "out.bias", 1.0, 2.0)
    other = constant(NET, "out.bias", 1.0, 5.0)
    for name, coupled in (("wconcat", False), ("atten", True), ("qmix", True)):
        model = architecture(name)
        mixer = model.f.init(LaneRandom([0], 1))
        arguments = mixer, team_batch([[0.2], [0.4]]), torch.ones(1, 1).long(), torch.zeros(2, 1, 1)
        before, after = (model.matching_loss(networks, *arguments)[0] for networks in (policy, other))
        assert (before != after).item() is coupled, name


def test_one_step_of_sampling_is_the_clipped_prediction_of_the_action() -> None:
    """Start x: (x - sigma k eps) / alpha, clipped to [-1, 1], then times h's weights."""
    model = architecture()
    alpha, sigma = model.schedule.alphas[1], model.schedule.sigmas[1]
    path = torch.tensor([0.001, 5.0]).view(2, 1, 1, 1)
    networks = constant(NET, "out.bias", 0.002, 0.0), torch.tensor([[2.0, 1.0]]), torch.tensor([[3.0, 0.5]])
    actions = model.generate(networks, torch.zeros(2, 1, 1), path)
    assert actions.flatten().tolist() == pytest.approx([3 * (0.001 - sigma * 2 * 0.002) / alpha, 0.5], rel=1e-4)


def test_vp_betas_are_diffusion_qls() -> None:
    """beta_t = 1 - exp(-.1 / T - .5 (10 - .1) (2 t - 1) / T^2)."""
    steps = 10
    alphas = schedule("vp", steps).alphas
    for t in range(1, steps + 1):
        beta = 1 - math.exp(-0.1 / steps - 0.5 * 9.9 * (2 * t - 1) / steps**2)
        assert 1 - (alphas[t] / alphas[t - 1]) ** 2 == pytest.approx(beta)


def noise_of(rows: int, first: float) -> Noise:
    path = torch.full((2, 1, rows, 1), 0.001)
    return Noise(path, torch.ones(1, rows).long(), torch.zeros(2, rows, 1), path, torch.full((2, 1), first))


@pytest.mark.parametrize(("first", "q"), [(1.0, -3.0 * 4 / 8), (0.0, -3.0 * -8 / 4)])
def test_the_q_loss_climbs_one_critic_in_units_of_the_other(first: float, q: float) -> None:
    critics = constant(CRITICS, "3.bias", 4.0, 4.0, -8.0, -8.0)
    networks = constant(NET, "out.bias", 0.5, 0.5), torch.ones(1, 2), torch.ones(1, 2)
    terms = dof_policy.policy_loss(
        *networks, architecture(), CRITICS, critics, team_batch([[0.1, 0.2]] * 2), noise_of(2, first), 3.0
    )
    assert terms["matching"].tolist() == pytest.approx([0.25, 0.25])
    assert terms["q"].tolist() == pytest.approx([q, q])


def test_the_q_loss_reaches_f_and_h_unless_it_is_detached() -> None:
    random = LaneRandom([0], 2)
    critics = torch.cat([CRITICS.init(random), CRITICS.init(random)])
    networks = [0.001 * NET.init(random), torch.ones(1, 2), torch.ones(1, 2)]
    arguments = architecture(), CRITICS, critics, team_batch([[0.1, 0.2]] * 2), noise_of(2, 1.0), 3.0
    _, live = terms_and_gradients(dof_policy.policy_loss, networks, *arguments, True)
    _, detached = terms_and_gradients(dof_policy.policy_loss, networks, *arguments, False)
    _, without = terms_and_gradients(dof_policy.policy_loss, networks, *arguments[:-1], 0.0)
    assert all((gradient != 0).any() for gradient in live)
    assert torch.equal(detached[2], torch.zeros(1, 2)), "h has no other loss"
    for gradient, own in zip(detached, without, strict=True):
        torch.testing.assert_close(gradient, own)


def test_dofs_critics_each_regress_on_the_target() -> None:
    critics = constant(CRITICS, "3.bias", 3.0, 3.0, 5.0, 5.0)
    terms = dof_policy.critic_loss(critics, CRITICS, team_batch([[0.0, 0.1]] * 2), torch.full((2, 2), 4.0))
    assert terms["td"].tolist() == pytest.approx([2.0, 2.0])


def test_td3bc_weighs_q_by_its_size_and_imitation_by_one() -> None:
    policy = linear_policy(POLICY, math.atanh(0.5))
    for value in (7.0, -7.0):
        terms = ma_td3bc.policy_loss(
            policy, POLICY, CRITIC, constant_critics(CRITIC, value), team_batch([[0.0, 1.0]]), 2.5
        )
        assert terms["imitation"].item() == pytest.approx(0.25)
        assert terms["q"].item() == pytest.approx(-2.5 * math.copysign(1, value))


MIXER = ma_icq.Mixer(agents=2, context=2)


def mixer_of(first: float, second: float, bias: float) -> Tensor:
    """lambda and b whatever is observed."""
    made = torch.tensor([[[first, second, bias]]])
    return pack({"weight": torch.zeros(1, 2, 3), "bias": made}, MIXER.shapes)


def test_icqs_team_value_is_a_weighted_sum_with_weights_of_no_sign() -> None:
    values = torch.tensor([[[10.0, 100.0]]])
    assert MIXER(mixer_of(-2.0, 0.5, 3.0), values, torch.zeros(1, 1, 2)).item() == pytest.approx(20 + 50 + 3)


def test_icqs_weights_are_a_softmax_over_the_batch_of_mean_one() -> None:
    """exp(0) : exp(log 3) = 1 : 3, twice their shares .25 and .75."""
    weights = ma_icq.implicit_weights(torch.tensor([[0.0, 2 * math.log(3)]]), 2.0)
    assert weights[0].tolist() == pytest.approx([0.5, 1.5])


def test_icqs_critics_regress_together_where_the_data_go_on_or_end() -> None:
    """Q_tot = 2 * 3 + 1 * 5 = 11. Targets 10 and 14 count, 1 + 9; 100 is an episode's last step, cut by time."""
    batch = team_batch([[0.0, 0.1, 0.2]] * 2, terminals=[0.0, 1.0, 0.0], followed=[1.0, 0.0, 0.0])
    target = torch.tensor([[10.0, 14.0, 100.0]])
    terms = ma_icq.critic_loss(
        constant_critics(CRITIC, 3.0, 5.0), mixer_of(2.0, 1.0, 0.0), CRITIC, MIXER, batch, target
    )
    assert terms["td"].tolist() == pytest.approx([(1 + 9) / 2 / 2] * 2)


def icq(seeds: tuple[int, ...] = (0,)) -> ma_icq.MAICQ:
    config = ma_icq.Config(
        hidden=2, gamma=0.5, rho=0.01, rate=0.01, clip=0.5, temperature=1.0, value_temperature=1000.0
    )
    return ma_icq.MAICQ(SPEC, config, seeds, CPU)


def test_icqs_target_is_the_teams_mean_reward_and_the_discounted_value_of_what_the_data_do_next() -> None:
    learner = icq()
    learner.networks["target critics"] = constant_critics(CRITIC, 3.0, 5.0)
    learner.networks["target mixer"] = mixer_of(2.0, 1.0, 0.0)
    batch = team_batch([[0.0, 0.0]] * 2, rewards=[[1.0, 2.0], [3.0, 6.0]], terminals=[0.0, 1.0])
    assert learner.target(batch)[0].tolist() == pytest.approx([2 + 0.5 * 11, 4.0])


def test_icqs_policy_imitates_by_weighted_likelihood() -> None:
    """The mean is .5 and the deviation exp(-3): log pi(a) = - (a - .5)^2 e^6 / 2 + 3 - log(2 pi) / 2."""
    batch, weights = team_batch([[0.5, 0.6]]), torch.tensor([[0.5, 1.5]])
    policy = linear_policy(POLICY, math.atanh(0.5))
    terms = ma_icq.policy_loss(policy, torch.zeros(1, 1), POLICY, batch, weights)
    at_mean = 3 - math.log(2 * math.pi) / 2
    off = at_mean - 0.1**2 * math.exp(6) / 2
    assert terms["imitation"].item() == pytest.approx(-(0.5 * at_mean + 1.5 * off) / 2, rel=1e-5)


def test_icqs_policy_follows_what_is_better_than_its_own_action() -> None:
    """Q is the standardised action: the data's are worth -1 and 1, the constant policy's 0, in units of their size."""
    learner = icq()
    learner.networks["policy"] = constant_critics(POLICY, 0.3, 0.3)
    learner.networks["critics"] = sign_critics(CRITIC, 2)
    learner.networks["mixer"] = mixer_of(2.0, 0.0, 0.0)
    better, ignored = learner.weights(team_batch([[-1.0, 1.0]] * 2)).tolist()
    assert better == pytest.approx([1 - math.tanh(1), 1 + math.tanh(1)], rel=1e-4)
    assert ignored == pytest.approx([1.0, 1.0]), "an agent without weight in the team's Q clones"
