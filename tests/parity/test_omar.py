"""Our tasks against numbers that OMAR's released scenario code gives for the same starts and actions."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from quartet import tasks
from quartet.tasks.particle import World

RECORD = json.loads((Path(__file__).parent / "omar.json").read_text())["tasks"]


@pytest.mark.parametrize("name", RECORD)
def test_an_episode_of_omar(name: str) -> None:
    record, rules = RECORD[name], tasks.scenario(name).rules
    world = World(rules.bodies, dtype=torch.float64)
    caps = [[body.max_speed] for body in rules.bodies[: world.movers]]
    starts = torch.tensor(record["starts"], dtype=torch.float64)
    world.place(starts.t().unsqueeze(-1).contiguous(), torch.tensor(caps, dtype=torch.float64))
    rewards = []
    for actions in torch.tensor(record["actions"], dtype=torch.float64):
        world.step(actions.t().unsqueeze(-1))
        prey = [rules.reward_prey(world)] if rules.reward_prey else []
        rewards.append(torch.cat([rules.reward(world), *prey])[:, 0].tolist())
    np.testing.assert_allclose(rewards, record["rewards"], atol=1e-9)
    np.testing.assert_allclose(world.position[:, : world.movers, 0].t(), record["positions"], atol=1e-9)
    np.testing.assert_allclose(world.velocity[..., 0].t(), record["velocities"], atol=1e-9)
    np.testing.assert_allclose(rules.observe(world)[..., 0], record["observations"][: rules.team], atol=1e-9)
    if rules.observe_prey:
        np.testing.assert_allclose(rules.observe_prey(world)[0, :, 0], record["observations"][-1], atol=1e-9)
