"""Lanes never touch: a run with three seeds is three runs with one seed each."""

from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor

from quartet import algorithms
from quartet.data.transitions import Transitions
from quartet.nets.lanes import LaneRandom
from quartet.tasks.spec import TaskSpec

SPEC = TaskSpec(agents=2, observation=4, action=2, horizon=25)
ROWS, UPDATES = 16, 100
SIZES = {"hidden": 8, "noise_widths": [16, 8, 4], "batch": ROWS, "updates": UPDATES, "compile": False}
CRITIC = {"gamma": 0.95, "rho": 0.01, "clip": 0.5}
CQL = {**CRITIC, "zeta": 1.0, "uniform_actions": 4}
POLICY = {"rate": 0.01, "action_penalty": 0.001}
DIFFUSION = {"policy_rate": 5e-3, "critic_rate": 3e-4, "dropout": 0.1, "steps": 5, "schedule": "continuous"}
DOM2 = {"eta": 1.0, "matching_weight": 1.0}
HYPERPARAMETERS: dict[str, dict[str, Any]] = {
    "bc": {"rate": 0.01, "clip": 0.5},
    "ma-cql": CQL | POLICY,
    "omar": CQL | POLICY | {"omar_weight": 0.7, "iterations": 3, "samples": 4, "start_deviation": 2.0},
    "ma-sfbc": CRITIC | DIFFUSION | {"planning_samples": 2, "candidates": 4, "alpha": 20.0},
    "dom2": CQL | DIFFUSION | DOM2 | {"sampler": "dpm-solver", "noise_network": "residual"},
    "dom2 with its replacements": CQL | DIFFUSION | DOM2 | {"sampler": "ddpm", "noise_network": "mlp"},
}


def draw_batch(random: LaneRandom) -> Transitions:
    return Transitions(
        observations=random.normal(ROWS, SPEC.observation),
        actions=2 * random.uniform(ROWS, SPEC.action) - 1,
        rewards=random.normal(ROWS),
        next_observations=random.normal(ROWS, SPEC.observation),
        terminals=torch.zeros(random.lanes, ROWS),
    )


@cache
def train(name: str, seeds: tuple[int, ...]) -> tuple[dict[str, Tensor], Tensor]:
    """Networks after training, and the actions taken after it."""
    learner = algorithms.make(name.split()[0], SPEC, HYPERPARAMETERS[name] | SIZES, seeds)
    random = LaneRandom(seeds, SPEC.agents)
    for _ in range(UPDATES):
        learner.update(draw_batch(random), random)
    actions = learner.act(random.normal(5, SPEC.observation), random)
    return learner.state_dict()["networks"], actions


def lanes_of(tensor: Tensor, position: int, seeds: int) -> Tensor:
    """A seed's rows; twin critics are stacked critic-major, so the seed axis follows the critic's."""
    return tensor.unflatten(0, (-1, seeds, SPEC.agents))[:, position].flatten(0, 1)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_three_seeds_together_are_three_seeds_alone(name: str) -> None:
    together, actions = train(name, (0, 1, 2))
    for position, seed in enumerate((0, 1, 2)):
        alone, own_actions = train(name, (seed,))
        for network, tensor in alone.items():
            largest = (lanes_of(together[network], position, 3) - tensor).abs().max()
            assert largest < 1e-4, f"{network} of seed {seed} differs by {largest:.1e}"
        if name != "ma-sfbc":  # which candidate is drawn may flip on a rounding error
            torch.testing.assert_close(lanes_of(actions, position, 3), own_actions, atol=1e-3, rtol=0)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_adding_a_seed_changes_no_other_lane(name: str) -> None:
    two, _ = train(name, (0, 2))
    three, _ = train(name, (0, 1, 2))
    for network, tensor in two.items():
        for before, after in ((0, 0), (1, 2)):
            own, other = lanes_of(tensor, before, 2), lanes_of(three[network], after, 3)
            torch.testing.assert_close(own, other, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", HYPERPARAMETERS)
def test_seeds_start_from_different_networks(name: str) -> None:
    learner = algorithms.make(name.split()[0], SPEC, HYPERPARAMETERS[name] | SIZES, (0, 1))
    parameters = learner.state_dict()["networks"]["policy"]
    assert not torch.allclose(parameters[0], parameters[2])
    assert not torch.allclose(parameters[0], parameters[1]), "agents of one seed share a network"
