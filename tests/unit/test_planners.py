"""The planners: who sees what, lanes, guidance, the return to go, and that they learn."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from test_data import make
from torch import Tensor

from quartet import algorithms, config
from quartet.algorithms.planner import Planner
from quartet.algorithms.team_model import Parts
from quartet.data.episodes import Episodes, episode_returns
from quartet.errors import QuartetError
from quartet.nets.lanes import LaneRandom

ROOT = Path(__file__).parents[2]
PLANNERS = ("dof", "madiff-d", "madiff-c", "independent-diffusion")
EPISODES = make([12] * 20, agents=3)
SPEC = EPISODES.spec
SIZES: dict[str, Any] = {
    "updates": 1, "batch": 4, "width": 8, "multipliers": [1, 2, 4], "hidden": 16, "visited": 1.0, "average_start": 1,
    "average_every": 1, "episodes": 2, "compile": False, "steps": 4, "average_decay": 0.0,
}  # fmt: skip


def planner(name: str, seeds: tuple[int, ...] = (0, 1), variant: str = "default", **changes: object) -> Planner:
    settings = config.hyperparameters(ROOT, name, "spread", "medium", variant)
    learner = algorithms.make(name, SPEC, settings | SIZES | {"history": 2, "horizon": 6} | changes, seeds)
    assert isinstance(learner, Planner)
    return learner


def trained(
    name: str, seeds: tuple[int, ...] = (0, 1), updates: int = 30, variant: str = "default", **changes: object
) -> Planner:
    """A planner after some updates, its attention switched on."""
    learner, random = planner(name, seeds, variant, rate=3e-3, **changes), LaneRandom(seeds, SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    for _ in range(updates):
        learner.update(sampler.sample(random, 4), random)
    return learner


def act(learner: Planner, *seen: Tensor, seeds: tuple[int, ...] = (0, 1)) -> Tensor:
    """The plan's action after a row of observations, from the same noise every time."""
    random = LaneRandom(seeds, SPEC.agents)
    learner.begin(seen[0].shape[1])
    for observations in seen:
        actions = learner.act(observations, random)
    return actions


def first_agents(actions: Tensor) -> Tensor:
    return actions.view(-1, SPEC.agents, *actions.shape[1:])[:, 0]


def with_others_changed(observations: Tensor) -> Tensor:
    changed = observations.clone().view(-1, SPEC.agents, *observations.shape[1:])
    changed[:, 1:] += 0.8
    return changed.view_as(observations)


DECENTRAL = [
    ("dof", "default"),
    ("dof", "dec-atten"),
    ("dof", "no-sharing"),
    ("dof", "normalised-wconcat"),
    ("madiff-d", "default"),
    ("madiff-d", "dof"),
    ("independent-diffusion", "default"),
]
CENTRAL = [("madiff-c", "default"), ("dof", "atten"), ("dof", "qmix"), ("dof", "h-atten")]


@cache
def _learnt(name: str, variant: str) -> Planner:
    return trained(name, variant=variant)


@pytest.mark.parametrize(("name", "variant"), DECENTRAL)
def test_a_decentralised_plan_is_the_same_to_the_bit_whatever_team_mates_see(name: str, variant: str) -> None:
    learner, seen = _learnt(name, variant), torch.randn(6, 2, SPEC.observation)
    before, after = act(learner, seen), act(learner, with_others_changed(seen))
    assert torch.equal(first_agents(before), first_agents(after))
    assert not torch.equal(before, after)


@pytest.mark.parametrize(("name", "variant"), CENTRAL)
def test_a_centralised_plan_changes_with_what_team_mates_see(name: str, variant: str) -> None:
    learner, seen = _learnt(name, variant), torch.randn(6, 2, SPEC.observation)
    assert not torch.equal(first_agents(act(learner, seen)), first_agents(act(learner, with_others_changed(seen))))


@pytest.mark.parametrize("name", PLANNERS)
def test_three_seeds_together_are_three_seeds_alone(name: str) -> None:
    together = trained(name, (0, 1, 2), updates=10)
    for position, seed in enumerate((0, 1, 2)):
        alone = trained(name, (seed,), updates=10)
        for network in ("planner", "average"):
            own = together.networks[network][position : position + 1]
            torch.testing.assert_close(own, alone.networks[network], atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", PLANNERS)
def test_a_saved_run_goes_on_to_the_bit_and_acts_alike(name: str) -> None:
    learner, again = _learnt(name, "default"), planner(name)
    again.load_state_dict(learner.state_dict())
    seen = torch.randn(6, 2, SPEC.observation)
    assert torch.equal(act(learner, seen), act(again, seen))
    for network, saved in learner.networks.items():
        assert torch.equal(saved, again.networks[network]), network


@pytest.mark.parametrize("name", PLANNERS)
def test_metrics_have_one_value_for_every_seed_and_agent_and_actions_the_tasks_shape(name: str) -> None:
    learner, random = planner(name), LaneRandom((0, 1), SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    metrics = learner.update(sampler.sample(random, 4), random)
    assert {name: value.shape for name, value in metrics.items()} == {"diffusion": (6,), "inverse": (6,)}
    actions = act(learner, torch.randn(6, 5, SPEC.observation))
    assert actions.shape == (6, 5, SPEC.action)
    assert actions.abs().max() <= 1


@pytest.mark.parametrize(("name", "rows"), [("dof", 3), ("madiff-d", 9), ("madiff-c", 3), ("independent-diffusion", 3)])
def test_an_episodes_plan_takes_n_rows_of_the_network_a_level_and_madiff_d_n_squared(
    name: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner, counted = planner(name, (0,)), []
    plain = learner.model.noise

    def counting(parts: Parts, x: Tensor, *rest: Tensor) -> Tensor:
        counted.append(x.shape[1] * x.shape[2])
        return plain(parts, x, *rest)

    monkeypatch.setattr(learner.model, "noise", counting)
    act(learner, torch.randn(3, 5, SPEC.observation), seeds=(0,))
    assert counted == [2 * 5 * rows] * SIZES["steps"]  # twice: with and without the return


def test_what_was_seen_stands_in_the_plan_the_first_observation_before_the_episode() -> None:
    learner, random = _learnt("dof", "default"), LaneRandom((0, 1), SPEC.agents)
    learner.begin(4)
    first, second = torch.rand(2, 2, 4, 3, SPEC.observation).unbind(0)
    learner.look(first)
    learner.look(second)
    plan = learner.plan(random)
    assert torch.equal(plan[..., :3, :], torch.stack([first, first, second], dim=3))


def test_with_the_return_as_the_only_condition_the_plan_is_blind() -> None:
    learner = trained("dof", updates=3, variant="return-only")
    one, other = (act(learner, torch.randn(6, 2, SPEC.observation)) for _ in range(2))
    assert torch.equal(one, other)


def test_the_return_to_go_loses_what_was_paid() -> None:
    learner = planner("dof", (0,), gamma=0.5, return_scale=10.0, target=0.9)
    learner.begin(2)
    learner.reward(torch.tensor([[1.0, 2.0], [0.0, 0.0], [-1.0, 4.0]]))
    assert torch.allclose(learner.wanted[0], torch.tensor([[1.6, 1.8, 2.0], [1.4, 1.8, 1.0]]))


def test_guidance_compares_with_the_condition_dropped_for_certain_unless_as_released() -> None:
    """With w = 0 the unconditional prediction acts alone: what return is asked for must not matter."""
    seen = torch.randn(6, 2, SPEC.observation)
    for variant, matters in (("default", False), ("random-dropout", True)):
        learner = trained("dof", variant=variant, guidance=0.0)
        plans = []
        for wanted in (0.1, 0.9):
            learner.begin(2)
            learner.wanted.fill_(wanted)
            plans.append(learner.act(seen, LaneRandom((0, 1), SPEC.agents)))
        assert torch.equal(*plans) is not matters, variant


@pytest.mark.parametrize(("name", "variant"), [("dof", "default"), ("madiff-c", "default"), ("dof", "no-sharing")])
def test_training_lowers_both_losses(name: str, variant: str) -> None:
    learner, random = planner(name, (0,), variant, rate=5e-3), LaneRandom((0,), SPEC.agents)
    sampler = learner.sampler(EPISODES, torch.ones(1, len(EPISODES)).double().numpy())
    losses = []
    for _ in range(60):
        losses.append(learner.update(sampler.sample(random, 8), random))
    for term, start in (("diffusion", 0.9), ("inverse", 0.98)):
        early, late = (torch.stack([own[term] for own in part]).mean() for part in (losses[:10], losses[-10:]))
        assert late < start * early, term


def test_windows_that_cannot_be_halved_and_unknown_names_are_one_line() -> None:
    with pytest.raises(QuartetError, match="window of 9 frames cannot be halved 2 times"):
        planner("dof", history=3)
    with pytest.raises(QuartetError, match="unknown sampler 'dpm'; did you mean 'ddpm'"):
        planner("dof", sampler="dpm")
    with pytest.raises(QuartetError, match="unknown sampler 'consistency'"):  # a sampler, but not of predicted noise
        planner("dof", sampler="consistency")
    with pytest.raises(QuartetError, match="unknown noise_factorization 'wconcatt'; did you mean 'wconcat'"):
        planner("dof", noise_factorization="wconcatt")
    with pytest.raises(QuartetError, match="share one noise network"):
        planner("madiff-c", sharing=False)


def test_points_of_a_sweep_train_as_each_would_alone() -> None:
    weights = torch.ones(2, len(EPISODES)).double().numpy()
    weights[1, 10:] = 0
    networks = []
    for chosen in (weights, weights[:1], weights[1:]):
        points = len(chosen)
        learner, random = planner("dof", (3,) * points), LaneRandom((3,), SPEC.agents, points=points)
        sampler = learner.sampler(EPISODES, chosen)
        for _ in range(5):
            learner.update(sampler.sample(random, 4), random)
        networks.append(learner.networks["planner"])
    torch.testing.assert_close(networks[0], torch.cat(networks[1:]), atol=1e-5, rtol=0)
    assert not torch.allclose(networks[1], networks[2], atol=1e-5)


def homing(episodes: int, length: int = 12) -> Episodes:
    """A team whose agents walk to the origin: o' = o + .2 a, with a = -5 o within [-1, 1]."""
    generator = np.random.default_rng(0)
    places = [generator.uniform(-1, 1, (episodes, 2, 2)).astype(np.float32)]
    actions = []
    for _ in range(length):
        actions.append(np.clip(-5 * places[-1], -1, 1))
        places.append(places[-1] + np.float32(0.2) * actions[-1])
    template, rows = make([length] * episodes), episodes * length

    def flat(steps: list[Any]) -> Any:
        return np.stack(steps, axis=1).reshape(rows, 2, 2)

    rewards = np.zeros((rows, 2), dtype=np.float32)
    return replace(
        template,
        spec=replace(template.spec, observation=2),
        observations=flat(places[:-1]),
        actions=flat(actions),
        rewards=rewards,
        returns=episode_returns(rewards, template.offsets),
        final_observations=places[-1],
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANNERS)
def test_a_planner_does_what_the_team_did_that_it_learnt_from(name: str) -> None:
    episodes, random = homing(200), LaneRandom((0,), 2)
    settings = config.hyperparameters(ROOT, name, "spread", "medium", "default") | SIZES
    changes = {"history": 2, "horizon": 6, "rate": 2e-3, "steps": 20, "average_decay": 0.98, "target": 0.0}
    learner = algorithms.make(name, episodes.spec, settings | changes | {"width": 16}, (0,))
    sampler = learner.sampler(episodes, np.ones((1, len(episodes))))
    for _ in range(600):
        learner.update(sampler.sample(random, 32), random)
    seen = 2 * random.uniform(100, 2) - 1
    learner.begin(100)
    actions, taught = learner.act(seen, random), (-5 * seen).clamp(-1, 1)
    assert (actions - taught).abs().mean() < 0.35
    assert ((actions > 0) == (taught > 0)).float().mean() > 0.9
