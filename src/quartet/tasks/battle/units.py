"""What units are: the rows of units.yaml, and the same numbers for every unit of every battle as tensors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import torch
from torch import Tensor

from quartet.schema import read_yaml

TICKS = 22.4  # of the game in a second at speed "faster", in which units.yaml is written


@dataclass(frozen=True)
class Weapon:
    """What hurts: each hit of an attack is less the victim's armour; `beam` and `burst` strike its neighbours, too."""

    damage: float
    period: float  # seconds between attacks
    range: float  # between the edges of the two units
    hits: int = 1  # of an attack
    bonus: float = 0.0
    against: str = ""  # the attribute of victims that take the bonus
    air: bool = False  # whether it reaches what flies
    beam: tuple[float, float] | None = None  # across and along the line of fire, around the target
    burst: float = 0.0  # radius around an attacker that dies of its attack


@dataclass(frozen=True)
class Unit:
    """One type of unit; a medivac heals instead of attacking."""

    health: float
    radius: float
    speed: float  # a second
    attributes: tuple[str, ...]
    sight: float  # in SMACv2; SMAC gives every unit 9
    state_cooldown: float  # by which SMAC's state divides the cooldown, or a medivac's energy
    shield: float = 0.0
    armour: float = 0.0
    weapon: Weapon | None = None
    heals: float = 0.0  # from how far
    flies: bool = False
    climbs: bool = False  # steps over cliffs and other units
    regenerates: bool = False

    @property
    def range(self) -> float:
        """How far it attacks or heals, between edges."""
        return self.weapon.range if self.weapon else self.heals

    def power(self, victim: "Unit") -> float:
        """What one hit takes from a victim without armour, 0 where the weapon does not reach it."""
        if self.weapon is None or (victim.flies and not self.weapon.air):
            return 0.0
        return self.weapon.damage + self.weapon.bonus * (self.weapon.against in victim.attributes)


@cache
def units() -> Mapping[str, Unit]:
    """Every unit by its name."""
    with resources.as_file(resources.files(__package__) / "units.yaml") as path:
        return {name: _unit(**numbers) for name, numbers in read_yaml(path).items()}


def _unit(weapon: dict[str, Any] | None = None, **numbers: Any) -> Unit:
    return Unit(**numbers, weapon=Weapon(**weapon) if weapon else None)


class Roster:
    """The numbers of every unit on the field, (units, n), or (units, 1) where all battles have the same types."""

    def __init__(self, names: tuple[str, ...], types: Tensor) -> None:
        self.types = types  # as positions in names
        self.known = [units()[name] for name in names]
        self.health, self.shield = self._each(lambda unit: unit.health), self._each(lambda unit: unit.shield)
        self.armour, self.radius = self._each(lambda unit: unit.armour), self._each(lambda unit: unit.radius)
        self.range, self.stride = self._each(lambda unit: unit.range), self._each(lambda unit: unit.speed / TICKS)
        self.period = self._each(lambda unit: unit.weapon.period * TICKS if unit.weapon else 0.0)
        self.hits = self._each(lambda unit: unit.weapon.hits if unit.weapon else 0)
        self.heals = self._each(lambda unit: unit.heals) > 0
        self.flies = self._each(lambda unit: unit.flies) > 0
        self.walks = self._each(lambda unit: not (unit.flies or unit.climbs)) > 0
        self.regenerates = self._each(lambda unit: unit.regenerates) > 0
        self.burst = self._each(lambda unit: unit.weapon.burst if unit.weapon else 0.0)
        across, along = zip(*((unit.weapon and unit.weapon.beam) or (0.0, 0.0) for unit in self.known), strict=True)
        self.across, self.along = self._row(across)[types] / 2, self._row(along)[types] / 2
        self.sight, self.state_cooldown = self._each(lambda u: u.sight), self._each(lambda u: u.state_cooldown)
        self.power = self._pairs(lambda unit, other: unit.power(other))
        self.touch = self.radius.unsqueeze(1) + self.radius  # distance of centres where two units touch
        self.solid = self._pairs(lambda unit, other: _collide(unit, other)) > 0

    @property
    def most_hits(self) -> int:
        """Of one attack of any type."""
        return max(unit.weapon.hits if unit.weapon else 0 for unit in self.known)

    def any(self, has: Callable[[Unit], object]) -> bool:
        """Whether a type on this field has something."""
        return any(has(unit) for unit in self.known)

    def _each(self, number: Callable[[Unit], float]) -> Tensor:
        return self._row([number(unit) for unit in self.known])[self.types]

    def _pairs(self, number: Callable[[Unit, Unit], float]) -> Tensor:
        """A number for every two units, (units, units, n or 1)."""
        table = self._row([number(unit, other) for unit in self.known for other in self.known])
        return table[self.types.unsqueeze(1) * len(self.known) + self.types]

    def _row(self, numbers: Any) -> Tensor:
        return torch.tensor(numbers, dtype=torch.float32, device=self.types.device)


def _collide(unit: Unit, other: Unit) -> bool:
    """Whether two units stand in each other's way: flyers in flyers' only, and nobody in that of what climbs."""
    return unit.flies == other.flies and not (unit.climbs or other.climbs)
