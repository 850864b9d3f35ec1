"""Drone combat the usual way: one environment, one drone after the other, dictionaries of numpy arrays.

The rules of `quartet.tasks.combat` read literally; the peer of `drones_stepping.py`, and what the batched task must
equal, number by number.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from quartet.tasks.combat import (
    ATTACK,
    BACK,
    DIRECTIONS,
    FORWARD,
    HEALTH,
    LEFT,
    REACH,
    RIGHT,
    SIGHT,
    STAY,
    arena,
    sector,
)
from quartet.tasks.drones import HESITATION, HORIZON
from quartet.tasks.random import uniform

Array = NDArray[np.float32]
Results = tuple[dict[str, Array], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Array]]]


class Drone:
    def __init__(self, foe: bool, x: int, y: int) -> None:
        self.foe, self.x, self.y = foe, x, y
        self.heading, self.health = 2 * foe, HEALTH

    def cell(self, ahead: int, left: int) -> tuple[int, int]:
        """The cell so far ahead and so far to the left."""
        (ax, ay), (lx, ly) = DIRECTIONS[self.heading], DIRECTIONS[(self.heading + 1) % 4]
        return self.x + ahead * ax + left * lx, self.y + ahead * ay + left * ly


class PlainDrones:
    """One fight behind PettingZoo's parallel interface."""

    def __init__(self, drones: int) -> None:
        self.size, self.side = drones, arena(drones)
        self.names = [f"agent_{number}" for number in range(drones)]
        self.seen, self.shot = sector(SIGHT), sector(REACH)

    def reset(self, seed: int) -> dict[str, Array]:
        third = self.side // 3
        field = third * self.side
        draws = uniform(torch.tensor([seed]), 2 * field + HORIZON * self.size)[:, 0].numpy()
        self.hesitations = draws[2 * field :].reshape(HORIZON, self.size) < HESITATION
        self.drones = []
        for foe in (False, True):
            for rank in np.argsort(draws[foe * field : (foe + 1) * field], kind="stable")[: self.size]:
                y, x = divmod(int(rank), third)
                self.drones.append(Drone(foe, x + (self.side - third) * foe, y))
        self.time = 0
        return self.observations()

    def step(self, actions: dict[str, int]) -> Results:
        team, foes = self.drones[: self.size], self.drones[self.size :]
        choices = [self.allowed(drone, actions[name]) for drone, name in zip(team, self.names, strict=True)]
        choices += [
            STAY if idle else self.hunt(foe) for foe, idle in zip(foes, self.hesitations[self.time], strict=True)
        ]
        reward = self.fight(choices)
        self.move(choices)
        self.time += 1
        ended = not any(d.health for d in team) or not any(d.health for d in foes)
        return (
            self.observations(),
            dict.fromkeys(self.names, reward),
            dict.fromkeys(self.names, ended),
            dict.fromkeys(self.names, not ended and self.time >= HORIZON),
            {name: {"action_mask": self.legal(drone)} for name, drone in zip(self.names, team, strict=True)},
        )

    def fight(self, choices: list[int]) -> float:
        """Everybody shoots at once; what the team is paid."""
        targets = [
            self.target(drone)
            for drone, choice in zip(self.drones, choices, strict=True)
            if choice == ATTACK and drone.health
        ]
        reward, kills = 0.0, 0
        for drone in self.drones:
            hits = sum(target is drone for target in targets)
            killed = bool(drone.health) and hits >= drone.health
            drone.health = max(0, drone.health - hits)
            reward += (hits + 10 * killed) * (1 if drone.foe else -1)
            kills += killed and drone.foe
        won = not any(drone.health for drone in self.drones[self.size :])
        return reward + 50 * won - 3 * (kills == 0)

    def move(self, choices: list[int]) -> None:
        stands = {(drone.x, drone.y) for drone in self.drones if drone.health}
        wanted: dict[tuple[int, int], list[Drone]] = {}
        for drone, choice in zip(self.drones, choices, strict=True):
            if not drone.health:
                continue
            if choice in (FORWARD, BACK):
                wanted.setdefault(drone.cell(1 if choice == FORWARD else -1, 0), []).append(drone)
            drone.heading = (drone.heading + (choice == LEFT) - (choice == RIGHT)) % 4
        for (x, y), comers in wanted.items():
            if len(comers) == 1 and (x, y) not in stands and self.inside(x, y):
                comers[0].x, comers[0].y = x, y

    def hunt(self, drone: Drone) -> int:
        """What the script has this opponent do."""
        if self.target(drone):
            return ATTACK
        foes = [other for other in self.drones if other.foe != drone.foe and other.health]
        nearest = min(foes, key=lambda other: (other.x - drone.x) ** 2 + (other.y - drone.y) ** 2)
        x, y, (east, north) = nearest.x - drone.x, nearest.y - drone.y, DIRECTIONS[drone.heading]
        ahead, left = x * east + y * north, y * east - x * north
        return FORWARD if ahead >= abs(left) else LEFT if left >= 0 else RIGHT

    def target(self, drone: Drone) -> Drone | None:
        """The nearest foe in reach."""
        standing = {(other.x, other.y): other for other in self.drones if other.health and other.foe != drone.foe}
        cells = (drone.cell(*cell) for cell in self.shot)
        return next((standing[cell] for cell in cells if cell in standing), None)

    def legal(self, drone: Drone) -> Array:
        if not drone.health:
            return np.array([1, 0, 0, 0, 0, 0], dtype=np.float32)
        forward, back, attack = self.inside(*drone.cell(1, 0)), self.inside(*drone.cell(-1, 0)), self.target(drone)
        return np.array([1, forward, back, 1, 1, attack is not None], dtype=np.float32)

    def allowed(self, drone: Drone, choice: int) -> int:
        return choice if self.legal(drone)[choice] else STAY

    def inside(self, x: int, y: int) -> bool:
        return 0 <= x < self.side and 0 <= y < self.side

    def observations(self) -> dict[str, Array]:
        standing = {(drone.x, drone.y): drone for drone in self.drones if drone.health}
        team = zip(self.names, self.drones[: self.size], strict=True)
        return {name: self.observation(drone, standing) for name, drone in team}

    def observation(self, drone: Drone, standing: dict[tuple[int, int], Drone]) -> Array:
        if not drone.health:
            return np.zeros(5 + len(self.seen), dtype=np.float32)
        last = self.side - 1
        own = [
            drone.health / HEALTH,
            (2 * drone.x - last) / last,
            (2 * drone.y - last) / last,
            *DIRECTIONS[drone.heading],
        ]
        others = [standing.get(drone.cell(*cell)) for cell in self.seen]
        sight = [0.0 if other is None else (-1 if other.foe else 1) * other.health / HEALTH for other in others]
        return np.array(own + sight, dtype=np.float32)
