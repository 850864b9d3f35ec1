"""Cooperative navigation: three agents cover three landmarks and keep clear of each other."""

import torch
from torch import Tensor

from quartet.tasks.particle import Body, World, rows, total
from quartet.tasks.scenario import Rules

NEAREST = 0.1  # a landmark pays 1/distance, at most 10, so nothing is gained below this distance
COLLISION = 5.0  # what touching one other agent costs each of the two

AGENT = Body("agent", radius=0.15, gain=5.0)
LANDMARK = Body("landmark", radius=0.05, collides=False)


def observation(world: World) -> Tensor:
    """Own velocity, own position, landmarks, other agents, and four zeros where others could speak: 18."""
    silence = torch.zeros_like(world.position[0, :1]).expand(3, 4, -1)
    blocks = [rows(world.velocity), rows(world.position[:, :3]), rows(world.fixtures()), rows(world.others()), silence]
    return torch.cat(blocks, dim=1)


def reward(world: World) -> Tensor:
    """Sum over landmarks of min(1/distance of the nearest agent, 10), less 5 for each agent one touches."""
    covered = total(world.distance[:, 3:].amin(0).clamp_(min=NEAREST).reciprocal_(), 0)
    return covered - COLLISION * contacts(world)


def contacts(world: World) -> Tensor:
    """How many other agents each agent touches, (3, n)."""
    return total(world.touching(slice(3), slice(3)).to(world.distance.dtype), 1) - 1  # everyone overlaps itself


RULES = Rules(
    name="spread",
    bodies=(AGENT,) * 3 + (LANDMARK,) * 3,
    team=3,
    observation=18,
    observe=observation,
    reward=reward,
    speeds={"standard": None, "shifted": (0.3, 1.0)},
    contacts=contacts,
)
