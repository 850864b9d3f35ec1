"""Score-regularised policies: each decomposition's gradient by hand, the score they learn, and how they are trained."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from quartet import algorithms, config
from quartet.algorithms.implicit_critics import expectile_loss, twin_loss
from quartet.algorithms.score_policy import Noise, ScorePolicy
from quartet.data.noise import noise_episodes
from quartet.data.transitions import TeamTransitions
from quartet.diffusion.vp import alpha
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.nets.parameters import pack
from quartet.nets.plain_mlp import PlainMLP
from quartet.tasks.spec import TaskSpec
from quartet.toys import learned

ROOT = Path(__file__).parents[2]
FAMILY = ("brpo-ind", "brpo-fac", "brpo-jal", "omsd")
PAIR = TaskSpec(agents=2, observation=1, action=1, horizon=1)
SIZES = {"hidden": 8, "updates": 20, "batch": 4, "noise_widths": [8, 8, 8]}
MEANS, DEVIATION = ((0.8, 0.8), (-0.8, -0.8)), 0.3


def make(name: str, spec: TaskSpec = PAIR, seeds: tuple[int, ...] = (0,), **changes: Any) -> ScorePolicy:
    settings = config.hyperparameters(ROOT, name, "spread", "medium", "default")
    learner = algorithms.make(name, spec, settings | SIZES | changes, seeds)
    assert isinstance(learner, ScorePolicy)
    return learner


def log_density(x: Tensor, level: Tensor, weights: Tensor, means: Tensor) -> Tensor:
    """log of a mixture of round Gaussians in d numbers, noised until `level` of it is left; x (B, d)."""
    variance = (level * DEVIATION) ** 2 + 1 - level**2
    away = (x[:, None] - level[:, None, None] * means).square().sum(2)
    each = torch.exp(-away / (2 * variance[:, None])) / variance[:, None] ** (x.shape[1] / 2)
    return (weights * each).sum(1).log()


@torch.enable_grad()
def exact_noise(name: str, x: Tensor, clean: Tensor, level: Tensor) -> Tensor:
    """-sigma times the score of what each algorithm takes for the behaviour, worked out by differentiation."""
    leaf, means, even = x.detach().requires_grad_(), torch.tensor(MEANS), torch.tensor([[0.5, 0.5]])
    if name == "brpo-jal":
        density = log_density(leaf, level, even, means)
    else:
        told = torch.exp(-((clean[:, :1] - means[:, 0]) ** 2) / (2 * DEVIATION**2))
        posterior = told / told.sum(1, keepdim=True) if name == "omsd" else even
        first = log_density(leaf[:, :1], level, even, means[:, :1])
        density = first + log_density(leaf[:, 1:], level, posterior, means[:, 1:])
    [score] = torch.autograd.grad(density.sum(), leaf)
    return -(1 - level[:, None] ** 2).sqrt() * score


@pytest.mark.parametrize("name", FAMILY)
def test_each_gradient_is_the_one_worked_out_by_hand_on_a_gaussian_mixture(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proposition 4 with exact networks: beta dQ/da_i - w(t) (eps*_i - eps_i); Q is a_1 a_2, or 3 a_i^2 for ind."""
    learner, beta, rows = make(name, beta=0.7), 0.7, 5
    actions = 2 * torch.rand(rows, 2, generator=torch.Generator().manual_seed(0)) - 1
    times, epsilon = torch.linspace(0.05, 0.9, rows), torch.randn(rows, 2, generator=torch.Generator().manual_seed(1))
    level = alpha(times)
    sigma = (1 - level**2).sqrt()[:, None]
    x = level[:, None] * actions + sigma * epsilon

    def behaviour(parameters: Tensor, asked: Tensor, condition: Tensor, at: Tensor) -> Tensor:  # noqa: ARG001
        if name == "brpo-jal":
            return exact_noise(name, asked[0], actions, level)[None]
        shown = condition[1, :, 2:] if name == "omsd" else actions  # what the second agent is shown
        if name == "omsd":
            assert torch.equal(condition[0, :, 2:], torch.zeros(rows, 2)), "the first agent is shown no action"
            assert torch.equal(shown, torch.stack([actions[:, 0], torch.zeros(rows)], dim=1))
        return exact_noise(name, asked[..., 0].mT, shown, level).mT[..., None]

    def critic(parameters: Tensor, pairs: Tensor) -> Tensor:  # noqa: ARG001
        asked = pairs[..., 2:]
        return 3 * asked.square() if name == "brpo-ind" else asked.prod(2, keepdim=True)

    monkeypatch.setattr(learner, "behaviour", behaviour)
    monkeypatch.setattr(learner, "critic", critic)
    lanes = Noise(times.expand(2, -1), epsilon.mT[..., None])
    team = Noise(times[None], epsilon[None])
    found = learner.directions(actions.mT[..., None], torch.ones(1, rows, 2), team if name == "brpo-jal" else lanes)
    climbed = 6 * actions if name == "brpo-ind" else actions.flip(1)
    expected = beta * climbed - sigma**2 * (exact_noise(name, x, actions, level) - epsilon)
    torch.testing.assert_close(found[..., 0].mT, expected, atol=1e-4, rtol=1e-4)


def test_the_family_differs_where_the_data_is_no_product() -> None:
    """Between the modes the marginals push the second agent up; told that the first is down, its factor pushes down."""
    x, level = torch.tensor([[-0.6, 0.2]]), torch.tensor([0.99])
    pushed = {name: -exact_noise(name, x, x, level)[0] for name in FAMILY}
    assert pushed["brpo-fac"][1] > 0
    assert pushed["omsd"][1] < 0
    assert pushed["brpo-jal"][1] < 0
    torch.testing.assert_close(pushed["brpo-fac"][0], pushed["omsd"][0])


@pytest.mark.parametrize(("method", "largest"), [("fac", 0.25), ("jal", 0.25), ("ssd", 0.3)])
def test_the_trained_behaviour_model_recovers_the_score_of_the_mixture(method: str, largest: float) -> None:
    """Relative error of the noise over data and all of SRPO's times, the mean over seeds."""
    sizes = {"seeds": [0, 1], "updates": 500, "width": 16}
    own, draws = learned.learner("bandit-learned-srpo", method, sizes, 0.0), learned.Draws([0, 1], 1)
    for _ in range(own.pretraining):
        own.update(draws.batch(128), draws.updates)
    assert learned.score_error(method, own, draws).mean() < largest


def team_batch(random: LaneRandom, spec: TaskSpec, rows: int = 4) -> TeamTransitions:
    seen = random.normal(rows, spec.observation)
    actions, still = 2 * random.uniform(rows, spec.action) - 1, torch.zeros(random.lanes, rows)
    return TeamTransitions(seen, actions, random.normal(rows), seen, still, actions, still + 1)


TRIO = TaskSpec(agents=3, observation=2, action=2, horizon=5)


@pytest.mark.parametrize(("order", "seen"), [("forward", (0, 1, 2)), ("backward", (2, 1, 0))])
def test_each_of_three_agents_is_shown_the_actions_of_those_before_it(order: str, seen: tuple[int, ...]) -> None:
    learner = make("omsd", TRIO, order=order)
    actions = torch.arange(1.0, 7.0).view(3, 1, 2)
    shown = learner.condition(torch.zeros(1, 1, 6), actions)[..., 6:].view(3, 3, 2)
    for agent, before in enumerate(seen):
        others = range(agent) if order == "forward" else range(agent + 1, 3)
        assert len(others) == before
        expected = torch.zeros(3, 2)
        expected[list(others)] = actions[list(others), 0]
        assert torch.equal(shown[agent], expected)


@pytest.mark.parametrize("name", FAMILY)
def test_critics_and_behaviour_come_first_and_then_the_policies_alone(name: str) -> None:
    learner, random = make(name, TRIO), LaneRandom((0,), 3)  # 45 % of 20 updates are 9
    states = [learner.state_dict()["networks"]]
    for updates in (9, 11):
        for _ in range(updates):
            learner.update(team_batch(random, TRIO), random)
        states.append(learner.state_dict()["networks"])
    changed = [
        {network for network in before if not torch.equal(before[network], after[network])}
        for before, after in pairwise(states)
    ]
    assert changed == [{"critics", "value", "behaviour", "target critics"}, {"policy"}]
    assert learner.optimisers["policy"].rate < 0.1 * learner.config.policy_rate, "the rate falls to 0"


def test_deployed_policies_hold_no_diffusion_model() -> None:
    learner, random = make("omsd", TRIO), LaneRandom((0,), 3)
    seen = random.normal(4, 2)
    before = learner.act(seen, random)
    for network in ("behaviour", "critics", "value", "target critics"):
        learner.networks[network].fill_(math.nan)
    assert torch.equal(learner.act(seen, random), before)


def test_a_local_policy_sees_its_own_observation_and_a_teams_all_of_them() -> None:
    random = LaneRandom((0,), 3)
    seen = random.normal(4, 2)
    other = seen.clone()
    other[2] += 1
    local, team = make("omsd", TRIO), make("omsd", TRIO, policy_input="team")
    assert torch.equal(local.act(seen, random)[:2], local.act(other, random)[:2])
    assert not torch.equal(team.act(seen, random)[0], team.act(other, random)[0])


@pytest.mark.parametrize("name", [*FAMILY, "omiga"])
def test_three_seeds_together_are_three_seeds_alone(name: str) -> None:
    def act_after_training(seeds: tuple[int, ...]) -> Tensor:
        settings = config.hyperparameters(ROOT, name, "spread", "medium", "default") | SIZES
        learner, random = algorithms.make(name, TRIO, settings, seeds), LaneRandom(seeds, 3)
        for _ in range(20):
            learner.update(team_batch(random, TRIO), random)
        return learner.act(random.normal(5, 2), random)

    together = act_after_training((0, 1, 2))
    for position, seed in enumerate((0, 1, 2)):
        alone = act_after_training((seed,))
        torch.testing.assert_close(together[3 * position : 3 * position + 3], alone, atol=1e-4, rtol=1e-3)


def test_the_weight_of_the_critic_may_be_a_lanes_own() -> None:
    both, random = make("omsd", TRIO, seeds=(0, 0), beta=[0.0, 5.0]), LaneRandom((0,), 3, points=2)
    for _ in range(20):
        both.update(team_batch(random, TRIO), random)
    alone, single = make("omsd", TRIO, beta=5.0), LaneRandom((0,), 3)
    for _ in range(20):
        alone.update(team_batch(single, TRIO), single)
    acted = both.act(random.normal(5, 2), random)
    torch.testing.assert_close(acted[3:], alone.act(single.normal(5, 2), single), atol=1e-4, rtol=1e-3)
    assert not torch.allclose(acted[:3], acted[3:], atol=1e-4)


def constant(net: PlainMLP, *values: float) -> Tensor:
    """Networks that answer the same number everywhere."""
    parts = {name: torch.zeros(len(values), *shape) for name, shape in net.shapes.items()}
    parts[f"{net.depth}.bias"] = torch.tensor(values).view(-1, 1, 1)
    return pack(parts, net.shapes)


def test_the_expectile_loss_weighs_what_is_better_than_v_by_tau() -> None:
    """V = 1 against Q of 3 and 0: (.7 x 4 + .3 x 1) / 2."""
    net = PlainMLP(1, 2, 1, 2, "relu")
    terms = expectile_loss(constant(net, 1.0), net, torch.zeros(1, 2, 1), torch.tensor([[3.0, 0.0]]), 0.7)
    assert terms["value"].item() == pytest.approx((0.7 * 4 + 0.3 * 1) / 2)


def test_the_critics_loss_is_the_mean_of_both_and_leaves_out_what_is_not_known() -> None:
    """Q of 1 and 3 against 2 where it is known: 1; against 100 where it is not: nothing."""
    net, zeros = PlainMLP(2, 2, 1, 2, "relu"), torch.zeros(1, 2, 1)
    target, known = torch.tensor([[2.0, 100.0]]), torch.tensor([[1.0, 0.0]])
    assert twin_loss(constant(net, 1.0, 3.0), net, zeros, zeros, target, known)["td"].item() == pytest.approx(1.0)


def test_a_dataset_without_the_state_that_its_task_has_is_one_line() -> None:
    spec = replace(TRIO, state=4)
    without = replace(noise_episodes(spec, 8 * [spec.horizon]), state=None, task="cheetah", quality="expert")
    with pytest.raises(QuartetError, match="dataset cheetah/expert: holds no global state; build it again"):
        make("omsd", spec).sampler(without, np.ones((1, len(without))))


def test_rewards_are_scaled_so_that_returns_span_the_horizon() -> None:
    episodes = noise_episodes(TRIO, 8 * [TRIO.horizon])
    sampled = make("omsd", TRIO).sampler(episodes, np.ones((1, len(episodes)))).sample(LaneRandom((0,), 3), 64)
    scaled = episodes.rewards * TRIO.horizon / np.ptp(episodes.returns)
    assert np.isclose(sampled.rewards.numpy().ravel()[:, None], scaled.ravel(), rtol=1e-4).any(1).all()


def test_an_unknown_reading_is_one_line() -> None:
    with pytest.raises(QuartetError, match=r"unknown order 'foward'.*forward"):
        make("omsd", order="foward")
