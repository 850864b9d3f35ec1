"""Claims about points along lines: how little data is enough, and where a line is highest."""

import numpy as np
import numpy.typing as npt

from quartet.artifacts.averages import seeds_of
from quartet.artifacts.claim import Claim, Judgement, decided
from quartet.artifacts.lines import value_of
from quartet.artifacts.measure import Grid
from quartet.artifacts.spec import Column, Row
from quartet.evaluation import statistics

Values = npt.NDArray[np.float64]


def enough(claim: Claim, grid: Grid) -> Judgement:
    """The smallest share of the data with which the column reaches each rival's score on all of it, by panel."""
    random = np.random.default_rng(0)
    ours = _points(grid, claim.column)
    shares = np.array([value_of(column) for column in ours], dtype=np.float64)
    won, details = 0, []
    counts = np.zeros(statistics.RESAMPLES, dtype=np.int64)
    for title, rows in grid.artifact.blocks:
        plain = np.array([_average(grid, rows, column) for column in ours])
        worlds = np.array([_worlds(grid, rows, column, random) for column in ours])
        for rival in claim.rivals:
            full = _points(grid, rival)[-1]
            least = smallest(shares, plain[:, None] >= _average(grid, rows, full))
            redrawn = smallest(shares, worlds >= _worlds(grid, rows, full, random))
            won += int(least[0] <= (claim.within or 0))
            counts += redrawn <= (claim.within or 0)
            low, high = np.quantile(redrawn, [0.025, 0.975], method="inverted_cdf")
            details.append(f"{title}, {full.title}: {_share(least[0])} [{_share(low)}, {_share(high)}]")
    return decided(claim, won, counts, tuple(details))


def peak(claim: Claim, grid: Grid) -> Judgement:
    """In how many panels the line is highest at a greater value than in the panel `over`."""
    random = np.random.default_rng(0)
    points = _points(grid, claim.column)
    at = np.array([value_of(column) for column in points], dtype=np.float64)
    plain, worlds, titles = {}, {}, {}
    for title, rows in grid.artifact.blocks:
        block = rows[0].id.split("/")[0]
        plain[block] = at[np.argmax([_average(grid, rows, column) for column in points])]
        worlds[block] = at[np.argmax([_worlds(grid, rows, column, random) for column in points], axis=0)]
        titles[block] = title
    base = claim.over or ""
    others = [block for block in plain if block != base]
    counts = np.sum([worlds[block] > worlds[base] for block in others], axis=0)
    details = tuple(f"{titles[block]}: highest at {plain[block]:g}" for block in plain)
    return decided(claim, sum(bool(plain[block] > plain[base]) for block in others), counts, details)


def smallest(shares: Values, reached: npt.NDArray[np.bool_]) -> Values:
    """The smallest share that reached, (shares, worlds) -> (worlds,); infinite where none did."""
    found: Values = np.where(reached, shares[:, None], np.inf).min(axis=0)
    return found


def _points(grid: Grid, line: str) -> list[Column]:
    """The points of a line, in the order of their values."""
    points = [column for column in grid.artifact.columns if column.id.partition("@")[0] == line]
    return sorted(points, key=lambda column: value_of(column) or 0)


def _average(grid: Grid, rows: tuple[Row, ...], column: Column) -> float:
    return float(np.mean([seeds.mean() for seeds in _seeds(grid, rows, column)]))


def _worlds(grid: Grid, rows: tuple[Row, ...], column: Column, random: np.random.Generator) -> Values:
    """The average in every bootstrap world: seeds are redrawn within each cell."""
    drawn: Values = np.mean([statistics.redraw(s, random).mean(axis=1) for s in _seeds(grid, rows, column)], axis=0)
    return drawn


def _seeds(grid: Grid, rows: tuple[Row, ...], column: Column) -> list[Values]:
    return [seeds_of(grid.cells[row.id, column.id], normalised=grid.artifact.normalised) for row in rows]


def _share(value: float) -> str:
    return f"{value:g} %" if np.isfinite(value) else "never"
