"""Cells averaged: what the bars and lines of a figure stand for, and what its claims compare."""

from collections.abc import Sequence
from dataclasses import dataclass

from quartet.artifacts.measure import Grid, Measured
from quartet.artifacts.spec import Column, Row
from quartet.evaluation import statistics
from quartet.names import attempts


@dataclass(frozen=True)
class Average:
    """Our mean over cells with its interval, none while a cell is missing; the mean of the paper's printed values."""

    mean: float | None
    low: float | None
    high: float | None
    paper: float | None


def average(cells: Sequence[Measured], *, normalised: bool) -> Average:
    """The mean over cells of the mean over seeds; the bootstrap redraws the seeds within each cell."""
    printed = [cell.papers.score(cell.printed.mean) if normalised else cell.printed.mean for cell in cells]
    known = [value for value in printed if value is not None]
    paper = sum(known) / len(known) if len(known) == len(cells) else None
    seeds = [seeds_of(cell, normalised=normalised) for cell in cells]
    fewest = min(values.size for values in seeds)
    if not fewest:
        return Average(None, None, None, paper)
    mean = sum(statistics.mean(values) for values in seeds) / len(seeds)
    low, high = statistics.interval(seeds) if fewest > 1 else (None, None)
    return Average(mean, low, high, paper)


def seeds_of(cell: Measured, *, normalised: bool) -> statistics.Values:
    """One number a seed; empty where the cell is missing, or an end of its normalised score."""
    return cell.normalised_seeds if normalised else cell.seeds


def over(grid: Grid, rows: Sequence[Row], column: Column) -> Average:
    """A column averaged over the rows of a panel, as its figure averages."""
    return average([grid.cells[row.id, column.id] for row in rows], normalised=grid.artifact.normalised)


def measured_in(grid: Grid, rows: Sequence[Row]) -> str:
    """What an average over these rows is made of, as an axis says it."""
    if grid.artifact.normalised:
        return "Normalised score"
    cell = grid.artifact.cell(rows[0], grid.artifact.columns[0])
    best = f"Return, best of {attempts(cell.setting)[1]}"
    told = {"score": "Normalised score", "best": best, "good": "Good policies, of 20", "wins": "Share of episodes won"}
    return {"return": "Return", "late": "Return", "collisions": "Collisions an episode", **told}[cell.metric]
