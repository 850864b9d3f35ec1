"""What SMAC's observations say, read back from them: which choices they allow, who stands where in which health.

Numbers of generated observations are near what they mean, never equal to it: what is 0 or 1 is read at a half.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quartet.augmentation.tensor import Legal
from quartet.names import BATTLES
from quartet.tasks.battle.maps import IDLE, BattleMap, battle_map

Array = NDArray[np.float32]
WAYS = 4
PLACE = slice(2, 4)  # of the features of an enemy or comrade: whether in reach or in sight, how far, where
HEALTH = 4
HARMED = 0.05  # health that is surely not 0


@dataclass(frozen=True)
class Sightings:
    """The features of observations (M, N, o), part by part."""

    ways: Array  # (M, N, 4) whether north, south, east and west are open
    enemies: Array  # (M, N, E, features) in the agent's sight, else 0
    comrades: Array  # (M, N, N - 1, features) the others in their order, the agent itself left out
    itself: Array  # (M, N, features) health first

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Which agents live, (M, N): the dead see nothing."""
        return (self.ways > 0.5).any(2) | (self.itself[..., 0] > HARMED)


def sightings(battle: BattleMap, observations: Array) -> Sightings:
    """Observations of a map taken apart, in the order in which SMAC puts them together."""
    steps, agents, _ = observations.shape
    bits = len(battle.types["team"]) if battle.types else 0
    foe, own = (WAYS + 1 + battle.shields(side) + bits for side in ("opponents", "team"))
    ends = np.cumsum([WAYS, battle.enemies * foe, (agents - 1) * own])
    ways, enemies, comrades, itself = np.split(observations, ends, axis=2)
    return Sightings(
        ways, enemies.reshape(steps, agents, -1, foe), comrades.reshape(steps, agents, agents - 1, own), itself
    )


def legal(task: str) -> Legal | None:
    """What observations of a task allow; None of a task whose observations do not say."""
    return battle_legal(battle_map(task)) if task in BATTLES else None


def battle_legal(battle: BattleMap) -> Legal:
    """SMAC's legal choices: the dead do nothing, the living may stop, go where it is open, attack what is in reach."""

    def allowed(observations: Array) -> NDArray[np.bool_]:
        seen = sightings(battle, observations)
        choices = np.zeros((*observations.shape[:2], IDLE + battle.enemies), np.bool_)
        choices[..., 0] = ~seen.alive
        choices[..., 1] = seen.alive
        choices[..., 2:IDLE] = seen.ways > 0.5
        choices[..., IDLE:] = seen.enemies[..., 0] > 0.5
        choices[..., 1:] &= seen.alive[..., None]
        return choices

    return allowed
