"""A table of cells: our numbers, their intervals and tests, and what the paper prints."""

from dataclasses import asdict, replace
from typing import Any

from quartet.artifacts.averages import average
from quartet.artifacts.measure import Grid, Measured, Stamp
from quartet.artifacts.output import Order, heading, laid_out, table_header
from quartet.artifacts.spec import Column, Paper
from quartet.evaluation import statistics

LONG = [
    *("artifact", "row", "column", "task", "dataset", "algorithm", "variant", "setting", "metric"),
    *("mean", "sd", "iqm", "low", "high", "n_seeds", "n_episodes"),
    *("paper_mean", "paper_spread", "difference", "normalised_own", "normalised_paper", "paper_normalised"),
    *("best", "runner_up", "improvement", "p", "p_holm", "p_rank", "significant", "note", "scale", "commit"),
]


def view(order: Order) -> dict[str, Any]:
    """A measured table as plain data: what the JSON holds and what the templates print."""
    grid, stamp = order.measured(), order.stamp
    cells = {key: _cell(cell, grid, stamp) for key, cell in grid.cells.items()}
    columns = grid.artifact.columns
    normalised = {cell.cell.metric for cell in grid.wanted} == {"return"}
    return {
        **heading(grid.artifact, stamp),
        "header": table_header(grid, stamp),
        "missing": len(grid.wanted) - len(grid.there),
        **laid_out(grid.artifact, cells),
        "columns": [{"id": column.id, "title": column.title, "reference": column.reference} for column in columns],
        "normalised": normalised,
        "together": _together(grid, order.paper) if normalised else [],
        "summary": [_summary(column, grid.column(column), normalised=normalised) for column in columns],
    }


def _cell(cell: Measured, grid: Grid, stamp: Stamp) -> dict[str, Any]:
    low, high = cell.interval
    verdict = grid.verdicts.get(cell.row.id)
    best = verdict is not None and verdict.best == cell.column.id
    lead = verdict if best else None
    return {
        "artifact": grid.artifact.id,
        "row": cell.row.id,
        "column": cell.column.id,
        **asdict(cell.cell),
        "mean": cell.mean,
        "sd": cell.deviation,
        "iqm": statistics.iqm(cell.seeds) if cell.seeds.size else None,
        "low": low,
        "high": high,
        "n_seeds": int(cell.seeds.size),
        "n_episodes": 0 if cell.returns is None else int(cell.returns.values.shape[1]),
        "paper_mean": cell.printed.mean,
        "paper_spread": cell.printed.spread,
        "difference": cell.difference,
        "normalised_own": cell.own.score(cell.mean),
        "normalised_paper": cell.papers.score(cell.mean),
        "paper_normalised": cell.papers.score(cell.printed.mean),
        "best": best,
        "runner_up": lead.runner_up if lead else None,
        "improvement": lead.improvement if lead else None,
        "p": lead.p if lead else None,
        "p_holm": lead.p_holm if lead else None,
        "p_rank": lead.p_rank if lead else None,
        "significant": bool(lead and lead.significant),
        "note": cell.printed.note,
        "scale": stamp.scale,
        "commit": stamp.commit,
    }


def _together(grid: Grid, paper: Paper) -> list[str]:
    """The tasks, by their titles, whose normalised scores would say nothing."""
    tasks = [cell.row.task for cell in grid.cells.values() if cell.own.together]
    return [paper.titles.get(task, task) for task in dict.fromkeys(tasks)]


def _summary(column: Column, cells: list[Measured], *, normalised: bool) -> dict[str, Any]:
    """A column averaged over all rows, if all are there: normalised scores, but where cells are of other metrics.

    No average of scores that say nothing.
    """
    found = average(cells, normalised=normalised)
    if normalised and any(cell.own.together for cell in cells):
        found = replace(found, mean=None, low=None, high=None)
    return {"column": column.id, "mean": found.mean, "low": found.low, "high": found.high, "paper_mean": found.paper}
