"""The rules of combat: what a tick of the game does to all units of all battles.

Rows of every tensor are units, the team's before its opponents', columns battles. Amounts that are summed over units
are multiples of GRID, as all numbers of StarCraft II are, so sums are exact and no battle depends on its neighbours.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from quartet.tasks.battle.ground import Ground
from quartet.tasks.battle.units import Roster

GRID = 2.0**-12
BLIZZARD = 16  # ticks in one of the "normal" seconds in which the next four are given
RECHARGE, CALM = 2.0 / BLIZZARD, 10 * BLIZZARD  # of shields a tick, once unhit for so many ticks
REGROWTH = round(0.2734 / BLIZZARD / GRID) * GRID  # of zerg a tick
HEALING, ENERGY, FULL, CHARGE = 9.0 / BLIZZARD, 1 / 3, 200.0, 0.5625 / BLIZZARD  # medivac: health, energy for one, ...
FIRST_ENERGY = 50.0
LEAST = 0.5  # damage that armour leaves of a hit
SLACK = 2.0**-6  # how much farther than its range a unit still strikes: chasers end up right at its edge
HELD = 0.125  # how readily a unit that stands gives way, against 1 of one that walks


@dataclass(frozen=True)
class Orders:
    """What every unit is told: to walk along a heading, or to attack or heal a unit, itself for none."""

    east: Tensor
    north: Tensor
    aim: Tensor


class Fight:
    """n battles under way."""

    STATE = ("x", "y", "health", "shield", "cooldown", "energy", "unhit", "bursting")

    def __init__(self, roster: Roster, x: Tensor, y: Tensor, team: int, ground: Ground) -> None:
        self.roster, self.ground = roster, ground
        self.x, self.y = x, y
        self.health, self.shield = roster.health.expand_as(x).clone(), roster.shield.expand_as(x).clone()
        self.cooldown, self.unhit = torch.zeros_like(x), torch.full_like(x, CALM)
        self.energy = torch.full_like(x, FIRST_ENERGY)
        self.bursting = torch.zeros_like(x, dtype=torch.bool)
        self.itself = torch.arange(len(x), device=x.device).unsqueeze(1).expand(x.shape)  # an aim of those without one
        self._sides = (slice(team), slice(team, None))
        side = torch.arange(len(x), device=x.device) < team
        comrades = (side.unsqueeze(1) == side) & ~torch.eye(len(x), dtype=torch.bool, device=x.device)
        self.patients = comrades.unsqueeze(2) & ~roster.flies  # whom medivacs heal, (units, units, n or 1)
        self.power = roster.power * (side.unsqueeze(1) != side).unsqueeze(2)  # what a hit takes from foes
        self.measure()

    @property
    def alive(self) -> Tensor:
        """Which units live, (units, n)."""
        return self.health > 0

    def measure(self) -> None:
        """How far every unit (rows) sees every other (columns), (units, units, n): x, y, their length."""
        self.dx, self.dy = self.x - self.x.unsqueeze(1), self.y - self.y.unsqueeze(1)
        self.distance = (self.dx * self.dx + self.dy * self.dy).sqrt_()
        self.gap = self.distance - self.roster.touch  # between edges

    @contextmanager
    def frozen(self, over: Tensor) -> Iterator[None]:
        """Whatever happens within leaves the battles that are over as they were."""
        before = {name: getattr(self, name).clone() for name in self.STATE}
        yield
        if over.any():
            for name, old in before.items():
                setattr(self, name, torch.where(over, old, getattr(self, name)))
            self.measure()

    def reaches(self, aim: Tensor) -> Tensor:
        """Whether each unit's aim lives and is within its range, (units, n)."""
        near = _at(self.gap, aim) <= self.roster.range + SLACK
        return near & self.alive.gather(0, aim) & self.alive

    def tick(self, orders: Orders, delay: Tensor) -> None:
        """All attacks at once, then moves; `delay` is by how many ticks each unit's next attack comes late."""
        ready = self.reaches(orders.aim)
        able = _at(self.power, orders.aim) > 0
        firing = ready & able & (self.cooldown < 0.5)
        walk = self._walk(orders, ready, able)
        alive = self.alive
        self._heal(orders.aim, ready)
        self._strike(orders.aim, firing)
        self.cooldown = (torch.where(firing, self.roster.period + delay, self.cooldown) - 1).clamp_(min=0)
        self._recover()
        self._move(*walk, alive)
        self.measure()

    def _strike(self, aim: Tensor, firing: Tensor) -> None:
        """Every shot of both sides takes shields first, then health less armour; who bursts dies of it."""
        bursts = self.roster.burst > 0
        firing = firing | self.bursting
        alive = self.alive
        for own, foe in (self._sides, self._sides[::-1]):
            self._wound(own, foe, self._struck(own, foe, aim, firing) & alive[foe])
        if self.roster.any(lambda unit: unit.weapon and unit.weapon.burst):
            self.health = self.health.masked_fill(firing & bursts, 0.0)
            self.bursting = bursts & alive & ~self.alive & ~firing  # the killed burst in the next tick

    def _struck(self, own: slice, foe: slice, aim: Tensor, firing: Tensor) -> Tensor:
        """Whom of the foes each shot of a side hits, (own, foes, n)."""
        roster = self.roster
        struck = aim[own].unsqueeze(1) == self.itself[foe]
        if roster.any(lambda unit: unit.weapon and unit.weapon.beam):
            struck = struck | self._in_beam(own, foe, aim)
        if roster.any(lambda unit: unit.weapon and unit.weapon.burst):
            within = self.distance[own, foe] <= (roster.burst.unsqueeze(1) + roster.radius)[own, foe]
            struck = torch.where(roster.burst[own].unsqueeze(1) > 0, within, struck)
        return struck & firing[own].unsqueeze(1)

    def _in_beam(self, own: slice, foe: slice, aim: Tensor) -> Tensor:
        """Which foes touch the bar that lies across the line of fire, over the target."""
        roster, target = self.roster, aim[own].unsqueeze(1)
        x, y, length = (part[own].gather(1, target) for part in (self.dx, self.dy, self.distance))
        length = length.clamp(min=GRID)
        fromx, fromy = self.dx[own, foe] - x, self.dy[own, foe] - y
        along, across = (fromx * x + fromy * y) / length, (fromx * y - fromy * x) / length
        radius, beam = roster.radius[foe], roster.across[own].unsqueeze(1)
        inside = (along.abs() <= roster.along[own].unsqueeze(1) + radius) & (across.abs() <= beam + radius)
        return inside & (beam > 0) & (self.power[own, foe] > 0)

    def _wound(self, own: slice, foe: slice, struck: Tensor) -> None:
        """Hit after hit of each attack, in the order of the attackers."""
        damage = self.power[own, foe] * struck
        for hit in range(self.roster.most_hits):
            blows = damage * (self.roster.hits[own] > hit).unsqueeze(1) if hit else damage
            taken = blows.cumsum(dim=0)
            through = torch.minimum((taken - self.shield[foe]).clamp_(min=0), blows)
            loss = (through - self.roster.armour[foe]).clamp_(min=LEAST) * (through > 0)
            self.shield[foe] = (self.shield[foe] - taken[-1]).clamp_(min=0)
            self.health[foe] = (self.health[foe] - loss.sum(dim=0)).clamp_(min=0)
        self.unhit[foe] = self.unhit[foe].masked_fill(struck.any(dim=0), 0.0)

    def _heal(self, aim: Tensor, ready: Tensor) -> None:
        """A medivac gives health for energy; two do not heal the same unit at once."""
        if not self.roster.any(lambda unit: unit.heals):
            return
        wounded = (self.health < self.roster.health).gather(0, aim)
        heals = self.roster.heals & ready & wounded & _at(self.patients, aim) & (self.energy > 0)
        patients = heals.unsqueeze(1) & (aim.unsqueeze(1) == self.itself)
        first = patients & (patients.cumsum(dim=0) == 1)
        healed = torch.minimum(self.roster.health - self.health, first.any(dim=0) * HEALING)
        self.health = self.health + healed
        self.energy = (self.energy - first.any(dim=1) * healed.gather(0, aim) * ENERGY).clamp_(min=0)

    def _recover(self) -> None:
        """Shields come back after a calm, zerg regrow, medivacs charge."""
        roster, lives = self.roster, self.alive
        if roster.any(lambda unit: unit.shield):
            self.unhit = self.unhit + 1
            recharge = RECHARGE * (lives & (self.unhit > CALM))
            self.shield = torch.minimum(self.shield + recharge, roster.shield)
        if roster.any(lambda unit: unit.regenerates):
            self.health = torch.minimum(self.health + REGROWTH * (lives & roster.regenerates), roster.health)
        if roster.any(lambda unit: unit.heals):
            self.energy = (self.energy + CHARGE * (lives & roster.heals)).clamp_(max=FULL)

    def _walk(self, orders: Orders, ready: Tensor, able: Tensor) -> tuple[Tensor, Tensor]:
        """The step of every unit, each (units, n): along its heading, or after an aim out of range."""
        roster, aim = self.roster, orders.aim
        chases = (able | roster.heals) & ~ready & self.alive.gather(0, aim) & (aim != self.itself)
        step = torch.minimum((_at(self.gap, aim) - roster.range).clamp_(min=0), roster.stride) * chases
        east, north, length = _at(self.dx, aim), _at(self.dy, aim), _at(self.distance, aim)
        if self.ground.cliffs:
            around, x, y = self.ground.detour(self.x, self.y, aim)
            around &= self.roster.walks
            east, north = torch.where(around, x, east), torch.where(around, y, north)
            length = torch.where(around, (x * x + y * y).sqrt(), length)
        step = step / length.clamp_(min=GRID)
        return orders.east * roster.stride + step * east, orders.north * roster.stride + step * north

    def _move(self, east: Tensor, north: Tensor, alive: Tensor) -> None:
        """Walk, and be pushed off units one overlaps, who stands less than who walks; the dead stay."""
        radius = self.roster.radius
        weight = torch.where((east != 0) | (north != 0), 1.0, HELD)
        share = weight.unsqueeze(1) / (weight.unsqueeze(1) + weight)
        push = (-self.gap).clamp_(min=0) * self.roster.solid * alive * share / self.distance.clamp(min=GRID)
        east = east - _on_grid(self.dx * push).sum(dim=1)
        north = north - _on_grid(self.dy * push).sum(dim=1)
        x, y = (place.maximum(radius).minimum(self.ground.size - radius) for place in (self.x + east, self.y + north))
        if self.ground.cliffs:  # who may not climb slides along the cliff
            x = torch.where(self.roster.walks & self.ground.steep(x, self.y), self.x, x)
            y = torch.where(self.roster.walks & self.ground.steep(x, y), self.y, y)
        self.x, self.y = torch.where(alive, x, self.x), torch.where(alive, y, self.y)


def _at(pairs: Tensor, aim: Tensor) -> Tensor:
    """Of numbers for every two units, those for each unit and its aim, (units, n)."""
    return pairs.expand(-1, -1, aim.shape[1]).gather(1, aim.unsqueeze(1)).squeeze(1)


def _on_grid(lengths: Tensor) -> Tensor:
    return (lengths * (1 / GRID)).round_() * GRID
