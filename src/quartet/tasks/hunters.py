"""The script that flies the opponents: everyone goes for the nearest foe, wherever it is, and shoots on sight."""

import torch
from torch import Tensor

from quartet.tasks.combat import ATTACK, DIRECTIONS, FORWARD, LEFT, RIGHT, Combat


def hunt(combat: Combat, side: int) -> Tensor:
    """What every drone of a side (0 the team, 1 its opponents) chooses, (n, N)."""
    sides = [slice(combat.drones), slice(combat.drones, None)]
    own, foes = sides[side], sides[1 - side]
    away = [place[:, None, foes] - place[:, own, None] for place in (p.float() for p in combat.places)]
    distance = (away[0] ** 2 + away[1] ** 2).masked_fill(~combat.alive[:, None, foes], torch.inf)
    nearest = distance.argmin(dim=2, keepdim=True)
    x, y = (part.gather(2, nearest).squeeze(2) for part in away)
    east, north = torch.tensor(DIRECTIONS, dtype=torch.float32, device=combat.device)[combat.heading[:, own]].unbind(2)
    move = towards(ahead=x * east + y * north, left=y * east - x * north)
    return torch.where(combat.in_range[:, own], ATTACK, move)


def towards(ahead: Tensor, left: Tensor) -> Tensor:
    """The move that brings a drone nearer to what lies so far ahead and so far to its left."""
    turn = torch.where(left >= 0, LEFT, RIGHT)
    return torch.where(ahead >= left.abs(), FORWARD, turn)
