"""Two sides of drones on a grid that see and shoot ahead of them, within 120 degrees (DoF, Appendix D.3.5).

A scenario with every drone under control; a side's part of it is the task in `drones.py`. What D.3.5 leaves open is
chosen here and listed in docs/drones.md.
"""

from dataclasses import dataclass
from math import ceil, sqrt

import torch
from torch import Tensor

from quartet.tasks.random import uniform

ACTIONS = ("stay", "forward", "back", "left", "right", "attack")  # left and right turn on the spot
STAY, FORWARD, BACK, LEFT, RIGHT, ATTACK = range(len(ACTIONS))
HEALTH = 3  # hits that neutralise a drone
SIGHT, REACH = 5, 3  # how many cells a drone sees and shoots
EAST, WEST = 0, 2  # quarter turns, counterclockwise
DIRECTIONS = ((1, 0), (0, 1), (-1, 0), (0, -1))  # of a heading: its step in x and y


def arena(drones: int) -> int:
    """Cells along a side of the square arena for so many drones a side: about as crowded for every number."""
    return 4 * (ceil(sqrt(drones)) + 1)


def sector(radius: int) -> list[tuple[int, int]]:
    """The cells (ahead, left) within the radius and 60 degrees of straight ahead, the nearest first."""
    reach = range(-radius, radius + 1)
    cells = [(ahead, left) for ahead in range(1, radius + 1) for left in reach]
    seen = [(ahead, left) for ahead, left in cells if ahead**2 + left**2 <= radius**2 and left**2 <= 3 * ahead**2]
    return sorted(seen, key=lambda cell: (cell[0] ** 2 + cell[1] ** 2, abs(cell[1]), cell[1]))


@dataclass(frozen=True)
class Toll:
    """What a step did to either side: column 0 is the team's loss, column 1 the opponents'; (n, 2) int64."""

    hits: Tensor  # shots taken
    losses: Tensor  # drones neutralised


class Combat:
    """n fights of N drones against N: rows of every tensor are episodes, columns drones, the team's before the others.

    The grid has a border as wide as drones see, so that no lookup leaves it; a cell is a number on the bordered grid.
    """

    def __init__(self, drones: int, device: str | torch.device = "cpu") -> None:
        self.drones, self.side, self.device = drones, arena(drones), torch.device(device)
        self.width = self.side + 2 * SIGHT
        inner = torch.arange(self.side, device=device) + SIGHT
        self.inside = torch.zeros(self.width, self.width, dtype=torch.bool, device=device)
        self.inside[SIGHT:-SIGHT, SIGHT:-SIGHT] = True
        self.inside = self.inside.flatten()
        self._fields = [(inner[:, None] * self.width + columns).flatten() for columns in self._thirds(inner)]
        self._steps = torch.tensor([x + y * self.width for x, y in DIRECTIONS], device=device)
        self._seen, self._shot = self._offsets(SIGHT), self._offsets(REACH)
        self._allegiance = torch.tensor([1.0, -1.0], device=device).repeat_interleave(drones)
        self.cell = self.heading = self.health = torch.zeros(0, 2 * drones, dtype=torch.int64, device=device)

    @property
    def numbers(self) -> int:
        """How many random numbers a start takes."""
        return sum(len(field) for field in self._fields)

    @property
    def alive(self) -> Tensor:
        """Which drones still fly, (n, 2N)."""
        return self.health > 0

    @property
    def standing(self) -> Tensor:
        """How many drones still fly, of the team and of its opponents, (n, 2)."""
        return self._by_side(self.alive)

    @property
    def places(self) -> tuple[Tensor, Tensor]:
        """Column and row of every drone, from 0 to side - 1, each (n, 2N)."""
        return self.cell % self.width - SIGHT, self.cell // self.width - SIGHT

    def start(self, seeds: Tensor) -> None:
        """Put the team anywhere in the western third, facing east, and its opponents in the eastern, facing west."""
        draws = uniform(seeds, self.numbers).chunk(2)  # the lowest numbers choose their cells
        chosen = [own.argsort(dim=0, stable=True)[: self.drones] for own in draws]
        self.cell = torch.cat([field[rank] for field, rank in zip(self._fields, chosen, strict=True)]).t().contiguous()
        facing = torch.tensor([EAST, WEST], device=self.device).repeat_interleave(self.drones)
        self.heading = facing.expand_as(self.cell).contiguous()
        self.health = torch.full_like(self.cell, HEALTH)
        self._survey()

    def advance(self, choices: Tensor) -> Toll:
        """All shots at once, then the moves of whoever still flies; choices (n, 2N), those of the fallen ignored."""
        before = self.alive
        shots = (choices == ATTACK) & self.in_range & before
        struck = self._grid(torch.int64).scatter_add_(1, self._aim, shots.long()).gather(1, self.cell) * before
        self.health = (self.health - struck).clamp(min=0)
        toll = Toll(self._by_side(struck), self._by_side(before & ~self.alive))
        self._move(choices)
        self._survey()
        return toll

    def legal(self) -> Tensor:
        """What every drone may choose now, (n, 2N, actions): the fallen stay, walls stop, shots need a target."""
        step = self._steps[self.heading]
        free = torch.ones_like(self.in_range)
        by_action = [free, self.inside[self.cell + step], self.inside[self.cell - step], free, free, self.in_range]
        legal = torch.stack(by_action, dim=2) & self.alive.unsqueeze(2)
        legal[..., STAY] = True
        return legal

    def sights(self) -> Tensor:
        """What stands in the cells each drone sees, (n, 2N, cells): a friend's health, a foe's negative, 0 for none."""
        return self._look(self._seen) * self.alive.unsqueeze(2)

    def _move(self, choices: Tensor) -> None:
        """Turn, or step into a cell that nobody stands in and nobody else steps into."""
        step = self._steps[self.heading]
        target = self.cell + torch.where(choices == BACK, -step, step)
        steps = self.alive & ((choices == FORWARD) | (choices == BACK)) & self.inside[target]
        claims = self._grid(torch.int32)
        claims.scatter_add_(1, self.cell, self.alive.int()).scatter_add_(1, target, steps.int())
        self.cell = torch.where(steps & (claims.gather(1, target) == 1), target, self.cell)
        turns = (choices == LEFT).long() - (choices == RIGHT).long()
        self.heading = (self.heading + turns * self.alive) % len(DIRECTIONS)

    def _survey(self) -> None:
        """Who stands where, and what everyone would shoot at: the nearest foe in reach."""
        worth = self._allegiance * self.health / HEALTH
        self._field = self._grid(torch.float32).scatter_add_(1, self.cell, worth)
        foes = self._look(self._shot) < 0
        nearest = foes.byte().argmax(dim=2, keepdim=True)
        self.in_range = foes.any(dim=2) & self.alive
        self._aim = self.cell + self._shot[self.heading].gather(2, nearest).squeeze(2)

    def _look(self, offsets: Tensor) -> Tensor:
        """The field at offsets (headings, cells) from every drone, from its side's point of view, (n, 2N, cells)."""
        cells = self.cell.unsqueeze(2) + offsets[self.heading]
        return self._field.gather(1, cells.flatten(1)).view(cells.shape) * self._allegiance[:, None]

    def _by_side(self, values: Tensor) -> Tensor:
        return values.view(-1, 2, self.drones).sum(dim=2)

    def _grid(self, dtype: torch.dtype) -> Tensor:
        return torch.zeros(len(self.cell), len(self.inside), dtype=dtype, device=self.device)

    def _offsets(self, radius: int) -> Tensor:
        """How far the cells of a sector lie from a drone on the bordered grid, for every heading, (headings, cells)."""
        cells, steps = torch.tensor(sector(radius), device=self.device), self._steps[:, None]
        return steps * cells[:, 0] + steps.roll(-1, 0) * cells[:, 1]

    def _thirds(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """The columns where the team starts, and its opponents."""
        third = self.side // 3
        return columns[:third], columns[-third:]
