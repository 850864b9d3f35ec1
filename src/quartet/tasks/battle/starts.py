"""Where battles start: in the formations of a map, or as SMACv2 draws types and places."""

from dataclasses import dataclass
from math import ceil, sqrt

import torch
from torch import Tensor

from quartet.tasks.battle.maps import BattleMap, Draw, Group
from quartet.tasks.battle.units import units
from quartet.tasks.random import uniform

REFLECTED = 0.5  # SMACv2: how often both sides mirror each other; else the team is surrounded
GAP = 0.1  # between units in formation
BUFFER = 1.0  # between reflected sides: the team starts at least this far from the middle
NEAREST, ROOM = 2.0, 4.0  # how far surrounding groups start at least from the centre and from the edges


@dataclass(frozen=True)
class Start:
    """Every unit's type, as a position in the map's names, (units, n or 1), and its place, each (units, n)."""

    types: Tensor
    x: Tensor
    y: Tensor


def draws(battle: BattleMap) -> int:
    """How many numbers of an episode's stream a start takes."""
    return 4 * battle.agents + 10 if battle.random else 0


def start(battle: BattleMap, seeds: Tensor) -> Start:
    """The start of one battle a seed; the team's units first, numbered as SMAC does: by type, then x, then y."""
    return _random(battle, battle.random, seeds) if battle.random else _listed(battle, seeds)


def formation(count: int, spacing: float) -> list[tuple[float, float]]:
    """Places around (0, 0) in ranks that face east, the middle of the front rank first."""
    abreast = ceil(sqrt(2 * count))
    ranks = [min(abreast, count - first) for first in range(0, count, abreast)]
    return [
        (((len(ranks) - 1) / 2 - rank) * spacing, (place - (width - 1) / 2) * spacing)
        for rank, width in enumerate(ranks)
        for place in sorted(range(width), key=lambda place: abs(2 * place + 1 - width))
    ]


def _listed(battle: BattleMap, seeds: Tensor) -> Start:
    team = [unit for group in battle.team for unit in _around(group, 1)]
    opponents = [unit for group in battle.opponents for unit in _around(group, -1)]
    team.sort(key=lambda unit: (battle.names.index(unit[0]), *unit[1:]))
    names, x, y = zip(*team, *opponents, strict=True)
    types = torch.tensor([battle.names.index(name) for name in names], device=seeds.device)
    places = (torch.tensor(axis, device=seeds.device).unsqueeze(1).repeat(1, len(seeds)) for axis in (x, y))
    return Start(types.unsqueeze(1), *places)


def _around(group: Group, facing: int) -> list[tuple[str, float, float]]:
    """The units of a group in formation, the first in front, facing east (1) or west (-1): name, x, y."""
    spacing = 2 * max(units()[name].radius for name in group.names) + GAP
    places = formation(len(group.names), spacing)
    return [(name, group.at[0] + facing * x, group.at[1] + y) for name, (x, y) in zip(group.names, places, strict=True)]


def _random(battle: BattleMap, draw: Draw, seeds: Tensor) -> Start:
    """SMACv2: both sides have the same types; mirrored places, or the team amid groups of opponents."""
    count = draw.units
    numbers = uniform(seeds, draws(battle))
    types, mirrored = _types(draw, numbers[:count]), _reflected(numbers[count : 3 * count], battle.size)
    kind, around = numbers[3 * count], _surrounded(numbers[3 * count + 1 :], count, battle.size)
    places = torch.where(kind < REFLECTED, mirrored, around)
    order = torch.arange(count, device=seeds.device).unsqueeze(1).expand_as(types)
    for key in (places[1, :count], places[0, :count], types):  # the last sorts first
        order = order.gather(0, key.gather(0, order).argsort(dim=0, stable=True))
    x, y = (torch.cat([axis[:count].gather(0, order), axis[count:]]) for axis in places)
    return Start(torch.cat([types.gather(0, order), types]), x, y)


def _types(draw: Draw, numbers: Tensor) -> Tensor:
    """Types by their probabilities; a team that would be all of the type that is never alone is of the others' first.

    SMACv2 draws such a team again, which matters once in ten thousand battles at most.
    """
    names = list(draw.types)
    bounds = torch.tensor(list(draw.types.values()), device=numbers.device).cumsum(0)[:-1]
    types = torch.bucketize(numbers, bounds, right=True)
    lonely = (types == names.index(draw.never_alone)).all(dim=0)
    return types.masked_fill(lonely, next(i for i, name in enumerate(names) if name != draw.never_alone))


def _reflected(numbers: Tensor, size: int) -> Tensor:
    """The team anywhere in the western half, its opponents mirrored: (2, units of both sides, n)."""
    x, y = numbers.chunk(2)
    x, y = x * (size / 2 - BUFFER), y * size
    return torch.stack([torch.cat([x, size - x]), torch.cat([y, y])])


def _surrounded(numbers: Tensor, count: int, size: int) -> Tensor:
    """The team in the middle; one to four groups of opponents on different diagonals: (2, units of both sides, n)."""
    groups, distance, turns, membership = numbers[0], numbers[1:5], numbers[5:9], numbers[9:]
    member = (membership * (groups * 4 + 1).floor()).long().sort(dim=0).values
    diagonal = turns.argsort(dim=0, stable=True).gather(0, member)
    away = NEAREST + distance.gather(0, member) * (size / 2 - NEAREST - ROOM)  # along x and along y
    east = torch.where(diagonal % 2 == 0, 1.0, -1.0)
    north = torch.where(diagonal < 2, 1.0, -1.0)
    shape = torch.tensor(formation(count, _spacing()), device=numbers.device).t().unsqueeze(2)
    shape = shape.expand(-1, -1, numbers.shape[1])
    return size / 2 + torch.cat([shape, shape + torch.stack([east * away, north * away])], dim=1)


def _spacing() -> float:
    """Of units that start together without overlap."""
    return 2 * max(unit.radius for unit in units().values() if not unit.climbs)
