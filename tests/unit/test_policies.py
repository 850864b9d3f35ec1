"""DoF-Policy, MA-TD3+BC and MA-ICQ: lanes, who sees whom, and that each learns what it is meant to learn."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from team_bandit import bandit
from torch import Tensor

from quartet import algorithms, config
from quartet.algorithms.base import Algorithm
from quartet.data.transitions import TeamTransitions
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

ROOT = Path(__file__).parents[2]
SPEC = TaskSpec(agents=2, observation=3, action=2, horizon=25)
SEEDS = (0, 1)
FAST: dict[str, Any] = {"steps": 5, "critic_rate": 0.003, "policy_rate": 0.003}
CENTRAL = {"noise_factorization": "atten", "data_factorization": "qmix"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "ma-td3bc": ("ma-td3bc", {}),
    "ma-icq": ("ma-icq", {}),
    "dof-policy": ("dof-policy", {"steps": 3, "ema_start": 20}),
    "dof-policy, central": ("dof-policy", {"steps": 3, "ema_start": 20, **CENTRAL}),
}


def make(name: str, seeds: tuple[int, ...] = SEEDS, **changes: object) -> Algorithm:
    settings = config.hyperparameters(ROOT, name, "spread", "medium", "default")
    return algorithms.make(name, SPEC, settings | {"hidden": 16, "batch": 1, "updates": 1} | changes, seeds)


def draw(random: LaneRandom, rows: int = 16) -> TeamTransitions:
    return TeamTransitions(
        observations=random.normal(rows, SPEC.observation),
        actions=2 * random.uniform(rows, SPEC.action) - 1,
        rewards=random.normal(rows),
        next_observations=random.normal(rows, SPEC.observation),
        terminals=torch.zeros(random.lanes, rows),
        next_actions=2 * random.uniform(rows, SPEC.action) - 1,
        followed=torch.ones(random.lanes, rows),
    )


@cache
def train(case: str, seeds: tuple[int, ...]) -> tuple[dict[str, Tensor], Tensor]:
    """Networks after a hundred updates, and the actions taken after them."""
    name, changes = CASES[case]
    learner, random = make(name, seeds, **changes), LaneRandom(seeds, SPEC.agents)
    for _ in range(100):
        learner.update(draw(random), random)
    return learner.state_dict()["networks"], learner.act(random.normal(5, SPEC.observation), random)


def of_seed(name: str, tensor: Tensor, position: int, seeds: int) -> Tensor:
    """A seed's rows: mixers and factorisations have one, other networks one an agent; twins are stacked twin-major."""
    own = 1 if "mixer" in name or "factorization" in name else SPEC.agents
    return tensor.unflatten(0, (-1, seeds, own))[:, position].flatten(0, 1)


@pytest.mark.parametrize("case", CASES)
def test_seeds_together_are_seeds_alone(case: str) -> None:
    together, actions = train(case, (0, 1, 2))
    for position in range(3):
        alone, own = train(case, (position,))
        for name, tensor in alone.items():
            torch.testing.assert_close(of_seed(name, together[name], position, 3), tensor, atol=1e-4, rtol=0)
        torch.testing.assert_close(of_seed("actions", actions, position, 3), own, atol=1e-3, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_adding_a_seed_changes_no_other(case: str) -> None:
    two, _ = train(case, (0, 2))
    three, _ = train(case, (0, 1, 2))
    for name, tensor in two.items():
        for before, after in ((0, 0), (1, 2)):
            own, other = of_seed(name, tensor, before, 2), of_seed(name, three[name], after, 3)
            torch.testing.assert_close(own, other, atol=1e-4, rtol=0)


def trained(learner: Algorithm, updates: int) -> Algorithm:
    random = LaneRandom(SEEDS, SPEC.agents)
    for _ in range(updates):
        learner.update(bandit(random, SPEC), random)
    return learner


def sides(learner: Algorithm) -> Tensor:
    """Its actions, turned so that positive is the side that pays."""
    random = LaneRandom(SEEDS, SPEC.agents)
    observations = random.normal(200, SPEC.observation)
    return learner.act(observations, random) * observations[..., :1].sign()


@pytest.mark.parametrize(
    ("name", "updates", "changes"),
    [
        ("ma-td3bc", 300, {}),
        ("ma-icq", 300, {}),
        ("dof-policy", 200, {"eta": 2.0, **FAST}),
        ("dof-policy", 200, {"eta": 0.0, "candidates": 20, **FAST}),
    ],
)
def test_every_policy_finds_the_side_that_pays(name: str, updates: int, changes: dict[str, Any]) -> None:
    assert (sides(trained(make(name, **changes), updates)) > 0).float().mean() > 0.85


def test_without_q_dof_clones_both_sides() -> None:
    share = (sides(trained(make("dof-policy", eta=0.0, **FAST), 150)) > 0).float().mean((1, 2))
    assert share.min() > 0.25
    assert share.max() < 0.75


def test_a_detached_q_is_no_q() -> None:
    detached, without = (
        trained(make("dof-policy", **FAST, **changes), 20).state_dict()["networks"]
        for changes in ({"q_gradient": "detached"}, {"eta": 0.0})
    )
    assert all(torch.equal(tensor, without[name]) for name, tensor in detached.items())
    live = trained(make("dof-policy", **FAST), 20).state_dict()["networks"]
    assert not torch.equal(live["policy"], without["policy"])


@pytest.mark.parametrize(
    ("noise", "data", "alone"),
    [
        ("concat", "concat", True),
        ("wconcat", "wconcat", True),
        ("dec-atten", "wconcat", True),
        ("atten", "concat", False),
        ("concat", "qmix", False),
    ],
)
def test_a_decentral_agent_acts_the_same_to_the_bit_whatever_its_teammate_sees(
    noise: str, data: str, alone: bool
) -> None:
    learner = make("dof-policy", seeds=(0,), noise_factorization=noise, data_factorization=data)
    observations = LaneRandom((1,), SPEC.agents).normal(9, SPEC.observation)
    changed = observations.clone()
    changed[1] += 1
    before, after = (learner.act(seen, LaneRandom((0,), SPEC.agents)) for seen in (observations, changed))
    assert not torch.equal(before[1], after[1])
    assert torch.equal(before[0], after[0]) is alone


def test_dofs_average_policy_is_a_copy_until_it_starts_and_lags_behind_after_that() -> None:
    learner, random = make("dof-policy", ema_start=10, ema_every=5), LaneRandom(SEEDS, SPEC.agents)
    for update in range(1, 16):
        learner.update(bandit(random, SPEC), random)
        networks = learner.state_dict()["networks"]
        copied = torch.equal(networks["average policy"], networks["policy"])
        assert copied is (update == 5), update


def test_td3s_policy_and_targets_move_at_every_second_update_only() -> None:
    learner, random = make("ma-td3bc"), LaneRandom(SEEDS, SPEC.agents)
    start = learner.state_dict()["networks"]
    assert set(learner.update(bandit(random, SPEC), random)) == {"td"}
    once = learner.state_dict()["networks"]
    assert torch.equal(once["policy"], start["policy"])
    assert torch.equal(once["target critics"], start["target critics"])
    assert not torch.equal(once["critics"], start["critics"])
    assert set(learner.update(bandit(random, SPEC), random)) == {"td", "imitation", "q"}
    assert not torch.equal(learner.state_dict()["networks"]["policy"], start["policy"])


def test_a_misspelt_gradient_is_one_line() -> None:
    with pytest.raises(QuartetError, match="unknown q_gradient 'alive'; did you mean 'live'"):
        make("dof-policy", q_gradient="alive")
