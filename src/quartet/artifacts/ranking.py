"""Algorithms over many datasets at once: score, rank, who beats the reference, and what an update and a decision take.

Kept apart from the other tables because the times are not the same on every machine.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from quartet.artifacts import text
from quartet.artifacts.measure import Grid, Stamp
from quartet.artifacts.measured import shown as timed
from quartet.artifacts.output import Order, heading, table_header
from quartet.artifacts.spec import Column, Row
from quartet.evaluation import statistics
from quartet.names import MEASURED

LONG = [
    *("artifact", "column", "datasets", "score", "score_low", "score_high", "rank", "rank_low", "rank_high"),
    *("improvement", "improvement_low", "improvement_high", "update", "decision", "scale", "commit"),
]
WORLDS = 2000  # bootstrap worlds

Values = statistics.Values


@dataclass(frozen=True)
class Standing:
    """A number of one algorithm, and its 95 % interval over bootstrap worlds of seeds."""

    value: float
    low: float
    high: float

    @property
    def shown(self) -> str:
        """With one decimal, two below ten."""
        digits = 2 if abs(self.value) < 10 else 1
        value, low, high = (text.number(number, digits) for number in (self.value, self.low, self.high))
        return f"{value} [{low}, {high}]"


@dataclass(frozen=True)
class Worlds:
    """Seeds of every cell of the complete rows, (rows, columns) lists, first as they are and then redrawn."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    seeds: dict[tuple[str, str], Values]  # (1 + WORLDS, seeds) by row and column id

    def score(self, column: Column) -> Standing:
        """The mean over datasets of the mean over seeds."""
        return standing(np.mean([self._means(row, column) for row in self.rows], axis=0))

    def rank(self, column: Column) -> Standing:
        """The mean over datasets of the place among all algorithms, 1 the best."""
        place = self.columns.index(column)
        ranks = [rankdata(-np.array([self._means(row, c) for c in self.columns]), axis=0)[place] for row in self.rows]
        return standing(np.mean(ranks, axis=0))

    def improvement(self, column: Column, over: Column) -> Standing:
        """The probability that a seed of it returns more than one of another, the mean over datasets."""
        found = []
        for row in self.rows:
            ours, theirs = (self.seeds[row.id, c.id] for c in (column, over))
            ahead = ours[:, :, None] - theirs[:, None, :]
            found.append(((ahead > 0) + 0.5 * (ahead == 0)).mean(axis=(1, 2)))
        return standing(np.mean(found, axis=0))

    def _means(self, row: Row, column: Column) -> Values:
        means: Values = self.seeds[row.id, column.id].mean(axis=1)
        return means


def standing(worlds: Values) -> Standing:
    """From what came out of the data and of every bootstrap world."""
    low, high = np.quantile(worlds[1:], [0.025, 0.975])
    return Standing(float(worlds[0]), float(low), float(high))


def worlds_of(grid: Grid) -> Worlds:
    """The datasets that every algorithm has learnt from with two seeds or more."""
    random, columns = np.random.default_rng(0), grid.artifact.columns
    scored = [row for row in grid.artifact.rows if grid.artifact.cell(row, columns[0]).metric not in MEASURED]
    rows = tuple(row for row in scored if min(grid.cells[row.id, column.id].seeds.size for column in columns) > 1)
    seeds = {
        (row.id, column.id): np.concatenate([own[None], statistics.redraw(own, random, WORLDS)])
        for row in rows
        for column in columns
        for own in [grid.cells[row.id, column.id].seeds]
    }
    return Worlds(columns, rows, seeds)


def time_of(grid: Grid, column: Column, metric: str) -> float | None:
    """The mean over tasks of what an update or a decision takes; none while one is missing."""
    cells = [cell for cell in grid.column(column) if cell.cell.metric == metric]
    means = [cell.mean for cell in cells if cell.mean is not None]
    return sum(means) / len(means) if means and len(means) == len(cells) else None


def view(order: Order) -> dict[str, Any]:
    """The table as plain data, the best score first."""
    grid, artifact, stamp = order.measured(), order.artifact, order.stamp
    worlds = worlds_of(grid)
    reference = next((column for column in artifact.columns if column.reference), artifact.columns[0])
    cells = [_row(grid, worlds, column, reference, order) for column in artifact.columns]
    cells.sort(key=lambda cell: -cell["score"] if cell["score"] is not None else np.inf)
    return {
        **heading(artifact, stamp),
        "header": told(grid, stamp, worlds),
        "reference": reference.title,
        "cells": cells,
    }


def told(grid: Grid, stamp: Stamp, worlds: Worlds) -> str:
    """Scale, seeds, episodes and what is missing, of what was played: how often a time was taken is another number."""
    played = {place: cell for place, cell in grid.cells.items() if cell.cell.metric not in MEASURED}
    shared = f"{len(worlds.rows)} datasets that all have learnt from"
    return f"{table_header(replace(grid, cells=played), stamp)} · {shared}"


def _row(grid: Grid, worlds: Worlds, column: Column, reference: Column, order: Order) -> dict[str, Any]:
    row: dict[str, Any] = {"artifact": order.artifact.id, "column": column.id, "title": column.title}
    row |= {"datasets": len(worlds.rows), "scale": order.stamp.scale, "commit": order.stamp.commit}
    for name in ("score", "rank", "improvement"):
        row |= {name: None, f"{name}_low": None, f"{name}_high": None, f"{name}_shown": text.DASH}
    found = {}
    if worlds.rows:
        found = {"score": worlds.score(column), "rank": worlds.rank(column)}
        found |= {} if column is reference else {"improvement": worlds.improvement(column, reference)}
    for name, value in found.items():
        row |= {name: value.value, f"{name}_low": value.low, f"{name}_high": value.high, f"{name}_shown": value.shown}
    for name, metric in (("update", "update-seconds"), ("decision", "seconds")):
        row |= {name: time_of(grid, column, metric)}
        row[f"{name}_shown"] = timed(row[name], metric)
    return row
