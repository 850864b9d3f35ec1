"""World: the chase of `tag` with one obstacle, food that tempts the prey, and forests.

In OMAR's code every mover counts as a leader, so the forests hide nobody, contrary to the papers' description.
"""

import torch
from torch import Tensor

from quartet.tasks import tag
from quartet.tasks.particle import Body, World, total
from quartet.tasks.scenario import Rules
from quartet.tasks.tag import PREDATORS, PREY, SHAPING

CATCH = 5.0  # what each predator touching the prey is worth
FOOD, FORESTS = slice(5, 7), slice(7, 9)

RUNNER = Body("prey", radius=0.045, gain=16.0, max_speed=1.3)
MEAL = Body("food", radius=0.03, collides=False, start=0.9)
FOREST = Body("forest", radius=0.3, collides=False, start=0.9)


def observation(world: World) -> Tensor:
    """What a predator sees in `tag`, then whether it stands in either forest (+1 or -1): 24."""
    return torch.cat([*tag.predator_sights(world), in_forests(world)[PREDATORS]], dim=1)


def reward(world: World) -> Tensor:
    """5 for each predator that touches the prey, less 0.1 of the predators' distances to it; shared by all three."""
    return (CATCH * tag.catches(world) - SHAPING * tag.distances(world)).expand(3, -1)


def prey_observation(world: World) -> Tensor:
    """What the prey sees in `tag`, then whether it stands in either forest (+1 or -1): 22."""
    return torch.cat([*tag.prey_sights(world), in_forests(world)[PREY:]], dim=1)


def prey_reward(world: World) -> Tensor:
    """The opposite of the predators', less twice the price of leaving, plus 2 per meal and .05 of its distance."""
    chase = SHAPING * tag.distances(world) - CATCH * tag.catches(world) - 2 * tag.outside(world)
    eaten = total(world.touching(PREY, FOOD).to(chase.dtype), 0)
    return (chase + 2 * eaten + 0.05 * world.distance[PREY, FOOD].amin(0)).unsqueeze(0)


def in_forests(world: World) -> Tensor:
    """+1 where a mover's disc overlaps the forest, -1 elsewhere: (movers, 2, n)."""
    return world.touching(slice(world.movers), FORESTS).to(world.distance.dtype) * 2 - 1


RULES = Rules(
    name="world",
    bodies=(tag.PREDATOR,) * 3 + (RUNNER, tag.OBSTACLE) + (MEAL,) * 2 + (FOREST,) * 2,
    team=3,
    observation=24,
    observe=observation,
    reward=reward,
    prey_observation=22,
    observe_prey=prey_observation,
    reward_prey=prey_reward,
    speeds={"standard": None, "shifted": (0.5, 1.0)},
)
