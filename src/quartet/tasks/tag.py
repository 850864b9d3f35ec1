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
    return torch.cat(predator_sights(world), dim=1)


def reward(world: World) -> Tensor:
    """10 for each predator that touches the prey, less 0.1 of the predators' distances to it; shared by all three."""
    return (CATCH * catches(world) - SHAPING * distances(world)).expand(3, -1)


def prey_observation(world: World) -> Tensor:
    """Own velocity, own position, obstacles, predators: 14."""
    return torch.cat(prey_sights(world), dim=1)


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


def predator_sights(world: World) -> list[Tensor]:
    """The blocks of a predator's observation: what every mover sees, then the prey's velocity."""
    return [*_sights(world, PREDATORS), rows(world.velocity[:, PREY:].expand(-1, 3, -1))]


def prey_sights(world: World) -> list[Tensor]:
    """The blocks of the prey's observation: what every mover sees."""
    return _sights(world, slice(PREY, PREY + 1))


def _sights(world: World, who: slice) -> list[Tensor]:
    """Own velocity, own position, what does not move, and the other movers, as `who` see them."""
    return [rows(block[:, who]) for block in (world.velocity, world.position, world.fixtures(), world.others())]


RULES = Rules(
    name="tag",
    bodies=(PREDATOR,) * 3 + (RUNNER,) + (OBSTACLE,) * 2,
    team=3,
    observation=16,
    observe=observation,
    reward=reward,
    prey_observation=14,
    observe_prey=prey_observation,
    reward_prey=prey_reward,
    speeds={"standard": None, "shifted": (0.4, 1.0)},
)
