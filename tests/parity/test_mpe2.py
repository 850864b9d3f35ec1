"""Our physics against mpe2, step by step, once it integrates as mpe2 does and pushes with mpe2's forces."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from quartet.tasks import scenario, tag
from quartet.tasks.particle import Integration, World

simple_spread = pytest.importorskip("mpe2.simple_spread_v3")
simple_tag = pytest.importorskip("mpe2.simple_tag_v3")

PEERS = {
    # our task: mpe2's environment, and the force of a full action there (acceleration is applied once)
    "spread": (simple_spread, {"agent": 5.0}),
    "tag": (simple_tag, {"predator": 3.0, "prey": 4.0}),
}


class Pair:
    """The same world twice: mpe2's and ours."""

    def __init__(self, name: str, seed: int) -> None:
        module, gains = PEERS[name]
        self.rules = scenario(name).rules
        self.env = module.parallel_env(continuous_actions=True, max_cycles=100)
        self.env.reset(seed=seed)
        self.theirs: Any = self.env.unwrapped.world
        bodies = [replace(body, gain=gains.get(body.role, 0.0)) for body in self.rules.bodies]
        self.ours = World(bodies, dtype=torch.float64, integration=Integration.OLD_VELOCITY)
        places = np.stack([entity.state.p_pos for entity in self.theirs.entities], axis=1)
        caps = [[body.max_speed] for body in bodies[: self.ours.movers]]
        self.ours.place(torch.tensor(places[:, :, None]), torch.tensor(caps, dtype=torch.float64))

    def step(self, pushes: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, float]]:
        """Push every mover by its row of `pushes`; mpe2 wants them as (nothing, left, right, down, up) in [0, 1]."""
        halves = np.stack([np.maximum(-pushes, 0), np.maximum(pushes, 0)], axis=-1).reshape(-1, 4)
        actions = np.concatenate([np.zeros((len(halves), 1)), halves], axis=1).astype(np.float32)
        observations, rewards, *_ = self.env.step(dict(zip(self.env.agents, actions, strict=True)))
        self.ours.step(torch.tensor(pushes.T[:, :, None], dtype=torch.float64))
        return observations, rewards

    def places(self) -> np.ndarray:
        return np.stack([agent.state.p_pos for agent in self.theirs.agents])

    def velocities(self) -> np.ndarray:
        return np.stack([agent.state.p_vel for agent in self.theirs.agents])


def pushes_towards_the_last(pair: Pair, random: np.random.Generator) -> np.ndarray:
    """A scramble: everyone runs at the last mover, which wanders, so that discs meet."""
    places = pair.places()
    pushes = 3 * (places[-1] - places) + random.normal(0, 0.3, places.shape)
    return np.clip(pushes, -1, 1).astype(np.float32)  # what mpe2 takes


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize("seed", range(4))
def test_positions_and_velocities_agree_to_float64(name: str, seed: int) -> None:
    pair, random, contacts = Pair(name, seed), np.random.default_rng(seed), 0
    for _ in range(50):
        pair.step(pushes_towards_the_last(pair, random))
        np.testing.assert_allclose(pair.ours.position[:, : pair.ours.movers, 0].t(), pair.places(), atol=1e-9)
        np.testing.assert_allclose(pair.ours.velocity[..., 0].t(), pair.velocities(), atol=1e-9)
        contacts += int(pair.ours.touching(0, slice(1, pair.ours.movers)).sum())
    assert contacts > 0


@pytest.mark.parametrize("name", PEERS)
def test_observations_have_the_same_layout(name: str) -> None:
    pair, random = Pair(name, 0), np.random.default_rng(0)
    for _ in range(10):
        seen, _ = pair.step(pushes_towards_the_last(pair, random))
        theirs = list(seen.values())
        np.testing.assert_allclose(pair.rules.observe(pair.ours)[..., 0], np.stack(theirs[:3]), atol=1e-6)
        if pair.rules.observe_prey:
            np.testing.assert_allclose(pair.rules.observe_prey(pair.ours)[0, :, 0], theirs[3], atol=1e-6)


def test_catches_and_the_bound_are_those_of_simple_tag() -> None:
    """mpe2's tag pays without shaping: 10 a catch, and for the prey the price of leaving."""
    pair, random, caught, left = Pair("tag", 3), np.random.default_rng(3), 0.0, 0.0
    for step in range(60):
        pushes = pushes_towards_the_last(pair, random)
        pushes[-1] = (0.0, 0.0) if step < 30 else (1.0, 0.5)
        _, rewards = pair.step(pushes)
        catches, price = float(tag.catches(pair.ours)), float(tag.outside(pair.ours))
        assert rewards["adversary_0"] == pytest.approx(10 * catches)
        assert rewards["agent_0"] == pytest.approx(-10 * catches - price, abs=1e-6)
        caught, left = caught + catches, left + price
    assert caught > 0
    assert left > 0


def test_integrating_with_the_new_velocity_is_another_motion() -> None:
    """What sets OMAR's tasks apart from mpe2: the first step already moves a body."""
    moved = {}
    for integration in Integration:
        world = World([replace(tag.RUNNER, max_speed=9.0)], dtype=torch.float64, integration=integration)
        world.place(torch.zeros(2, 1, 1, dtype=torch.float64), torch.full((1, 1), 9.0, dtype=torch.float64))
        world.step(torch.ones(2, 1, 1, dtype=torch.float64))
        moved[integration] = float(world.position[0])
    assert moved == {Integration.NEW_VELOCITY: pytest.approx(0.16), Integration.OLD_VELOCITY: 0.0}
