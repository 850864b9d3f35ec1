"""Where units can stand: a square arena, with cliffs on some maps, and the way around them."""

from functools import cache

import numpy as np
import scipy  # its parts are imported when they are used: few maps have cliffs
import torch
from numpy.typing import NDArray
from torch import Tensor

Cliffs = tuple[tuple[int, int, int, int], ...]  # rectangles of cells: west, south, east, north; the last two outside
_BARRED = 1e4  # what leaving a cliff costs: longer than any way around, so no way leads across
_ROUNDING = 1e-6
_STEPS = [(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if (x, y) != (0, 0)]


class Ground:
    """The arena; cells are numbered from the south-west, row by row."""

    def __init__(self, size: int, cliffs: Cliffs, device: torch.device) -> None:
        self.size, self.cliffs = size, cliffs
        if cliffs:
            steep, hop, straight = _ways(size, cliffs)
            self._steep, self._hop, self._straight = (torch.from_numpy(t).to(device) for t in (steep, hop, straight))

    def inside(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether places lie in the arena."""
        return (x >= 0) & (x < self.size) & (y >= 0) & (y < self.size)

    def steep(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether places lie on a cliff, where only flyers and climbers go."""
        return self._steep[self._cell(x, y)] if self.cliffs else torch.zeros_like(x, dtype=torch.bool)

    def detour(self, x: Tensor, y: Tensor, aim: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether the way to each unit's aim leads around a cliff, and then the first step of it in x and in y."""
        here = self._cell(x, y)
        there = here.gather(0, aim)
        hop = self._hop[here, there]
        return ~self._straight[here, there], hop % self.size + 0.5 - x, hop // self.size + 0.5 - y

    def _cell(self, x: Tensor, y: Tensor) -> Tensor:
        column, row = (place.long().clamp(0, self.size - 1) for place in (x, y))
        return row * self.size + column


@cache
def _ways(size: int, cliffs: Cliffs) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.bool_]]:
    """Which cells are cliffs; from every cell (rows) to every other the next cell, and whether no cliff is between."""
    steep = np.zeros((size, size), dtype=np.bool_)
    for west, south, east, north in cliffs:
        steep[south:north, west:east] = True
    y, x = np.divmod(np.arange(size * size), size)
    starts, ends, lengths = [], [], []
    for east, north in _STEPS:
        to_x, to_y = x + east, y + north
        inside = (to_x >= 0) & (to_x < size) & (to_y >= 0) & (to_y < size)
        near = [(to_x.clip(0, size - 1), y), (x, to_y.clip(0, size - 1))]
        inside &= ~np.any([steep[row, column] for column, row in near], axis=0) | (east * north == 0)  # cuts no corner
        starts.append(np.flatnonzero(inside))
        ends.append((to_y * size + to_x)[inside])
        lengths.append(np.hypot(east, north) + _BARRED * steep.ravel()[inside])
    links = scipy.sparse.coo_array(
        (np.concatenate(lengths), (np.concatenate(starts), np.concatenate(ends))), shape=(size**2,) * 2
    )
    # backwards, from every end to every start: what comes before a start on the way from the end is the next cell
    distance, before = scipy.sparse.csgraph.shortest_path(links.tocsr().T, return_predecessors=True)
    away = np.abs(x[:, None] - x), np.abs(y[:, None] - y)
    shortest = np.maximum(*away) + (np.sqrt(2) - 1) * np.minimum(*away)
    hop = np.where(before.T < 0, np.arange(size**2)[:, None], before.T).astype(np.int64)
    return steep.ravel(), hop, shortest + _ROUNDING >= distance.T
