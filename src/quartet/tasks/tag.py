"""Predator-prey: three slow predators chase one fast prey among two obstacles."""

import torch
from torch import Tensor

from quartet.tasks.particle import Body, World, rows, total
from quartet.tasks.scenario import Rules

PREDATORS, PREY = slice(0, 3), 3
CATCH = 10.0  # what each predator touching the prey is worth
SHAPING = 0.1  # what a unit of distance between a predator and the prey is worth

PREDATOR = Body("predator", radius=0.075, gain=9.0, max_speed=1.0)
RUNNER = Body("prey", radius=0.05, gain=16.0, max_speed=1.3)
OBSTACLE = Body("obstacle", radius=0.2, start=0.9)


def observation(world: World) -> Tensor:
    """Own velocity, own position, obstacles, other movers, prey velocity: 16 for each predator."""
    prey_velocity = world.velocity[:, PREY:].expand(-1, 3, -1)
    return torch.cat([_common(world)[PREDATORS], rows(prey_velocity)], dim=1)


def reward(world: World) -> Tensor:
    """10 for each predator that touches the prey, less 0.1 of the predators' distances to it; shared by all three."""
    return (CATCH * catches(world) - SHAPING * distances(world)).expand(3, -1)


def prey_observation(world: World) -> Tensor:
    """Own velocity, own position, obstacles, predators: 14."""
    return _common(world)[PREY:]


def prey_reward(world: World) -> Tensor:
    """The opposite of the predators', less a growing price for leaving the arena along each axis."""
    return (SHAPING * distances(world) - CATCH * catches(world) - outside(world)).unsqueeze(0)


def catches(world: World) -> Tensor:
    """How many predators touch the prey, (n,)."""
    return total(world.touching(PREDATORS, PREY).to(world.distance.dtype), 0)


def distances(world: World) -> Tensor:
    """Sum of the predators' distances to the prey, (n,)."""
    return total(world.distance[PREDATORS, PREY], 0)


def outside(world: World) -> Tensor:
    """The prey's price for leaving the arena, per axis: 0 below .9, 10(x-.9) up to 1, then min(exp(2x-2), 10)."""
    x = world.position[:, PREY].abs()
    near = ((x - 0.9) * 10).clamp_(min=0.0)
    price = torch.where(x < 1.0, near, (2 * x - 2).exp().clamp_(max=10.0))
    return price[0] + price[1]


def _common(world: World) -> Tensor:
    """What predators and prey see alike."""
    blocks = [world.velocity, world.position[:, : world.movers], world.fixtures(), world.others()]
    return torch.cat([rows(block) for block in blocks], dim=1)


RULES = Rules(
    name="tag",
    bodies=(PREDATOR,) * 3 + (RUNNER,) + (OBSTACLE,) * 2,
    team=3,
    observe=observation,
    reward=reward,
    observe_prey=prey_observation,
    reward_prey=prey_reward,
    speeds={"standard": None, "shifted": (0.4, 1.0)},
)
