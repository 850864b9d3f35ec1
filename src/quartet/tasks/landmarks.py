"""Three agents, six landmarks (DOM2 appendix C.4): more places worth reaching than agents, on a ring around them."""

import math
from dataclasses import replace

import torch
from torch import Tensor

from quartet.tasks import spread
from quartet.tasks.particle import Body, World, total
from quartet.tasks.scenario import Rules

LANDMARKS = 6
RING, DISC = 1.0, 0.1  # radius of the ring of landmarks, and of the disc in which the agents start
HIDDEN = 3  # landmarks that an episode of the shifted task hides

AGENT = Body("agent", radius=0.1, gain=5.0)
LANDMARK = Body("landmark", radius=0.1, collides=False)


def start(draws: Tensor) -> Tensor:
    """Agents uniformly in the disc, landmarks on their ring; angles in float64, so that devices agree."""
    agents = draws[:, :3]
    angles = agents[1].double() * math.tau
    circle = torch.stack([angles.cos(), angles.sin()]).to(draws.dtype)
    turns = torch.arange(LANDMARKS, dtype=torch.float64, device=draws.device) * (math.tau / LANDMARKS)
    ring = RING * torch.stack([turns.cos(), turns.sin()]).to(draws.dtype)
    places = ring.unsqueeze(-1).expand(-1, -1, draws.shape[-1])
    return torch.cat([DISC * agents[0].sqrt() * circle, places], dim=1)


def reward(world: World) -> Tensor:
    """Sum over agents of min(1/distance of its nearest landmark, 10), less 5 for each agent one touches."""
    nearest = world.distance[:, 3:].masked_fill(world.hidden, math.inf).amin(1)
    return total(_worth(nearest), 0) - spread.COLLISION * spread.contacts(world)


def reward_covered(world: World) -> Tensor:
    """The other reading: the sum runs over landmarks and takes their nearest agent, as in `spread`."""
    nearest = world.distance[:, 3:].amin(0)
    worth = _worth(nearest).masked_fill(world.hidden, 0.0)
    return total(worth, 0) - spread.COLLISION * spread.contacts(world)


def _worth(distance: Tensor) -> Tensor:
    return distance.clamp(min=spread.NEAREST).reciprocal()


RULES = Rules(
    name="landmarks",
    bodies=(AGENT,) * 3 + (LANDMARK,) * LANDMARKS,
    team=3,
    observation=24,
    observe=spread.observation,
    reward=reward,
    speeds={"standard": None, "shifted": None},
    start=start,
    hides={"shifted": HIDDEN},
)
COVERED = replace(RULES, name="landmarks-covered", reward=reward_covered)
