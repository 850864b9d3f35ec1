"""The script of the opponents: each goes for the nearest foe it can hurt, wherever it is, and stays with it."""

import torch
from torch import Tensor

from quartet.tasks.battle.fight import Fight

UNHURT = 1e3  # farther than any arena is wide: healers prefer any wounded comrade to any healthy one


def hunt(fight: Fight, aim: Tensor) -> Tensor:
    """Whom each unit of both sides goes for, (units, n), itself if nobody; `aim` is whom it went for until now.

    Everyone knows where everyone is, so nobody ever waits or searches: a battle ends.
    """
    roster, alive = fight.roster, fight.alive
    hurt = fight.health < roster.health
    distance = fight.gap.masked_fill(~((fight.power > 0) & alive), torch.inf)
    if roster.any(lambda unit: unit.heals):
        patients = torch.where(fight.patients & alive, fight.gap + UNHURT * ~hurt, torch.inf)
        distance = torch.where(roster.heals.unsqueeze(1), patients, distance)
    least, nearest = distance.min(dim=1)
    nearest = torch.where(least < torch.inf, nearest, fight.itself)
    keeps = fight.reaches(aim) & (aim != fight.itself) & (~roster.heals | hurt.gather(0, aim))
    return torch.where(keeps, aim, nearest)
