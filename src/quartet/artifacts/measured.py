"""What work takes, as a table: CPU seconds, memory and parameters of untrained networks; returns where rows ask so.

Kept apart from the other tables because it is not the same on every machine.
"""

import math
from typing import Any

from quartet.artifacts import text
from quartet.artifacts.measure import Grid, Measured, Stamp
from quartet.artifacts.output import Order, heading, laid_out
from quartet.names import MEASURED

LONG = [
    *("artifact", "row", "column", "task", "dataset", "algorithm", "variant", "metric", "value", "n", "times"),
    *("paper_mean", "note", "scale", "commit"),
]
UNITS = {
    "seconds": "s",
    "update-seconds": "s",
    "memory": "MiB",
    "parameters": "MB",
}
OUT = "out of memory"


def view(order: Order) -> dict[str, Any]:
    """The table as plain data."""
    grid, stamp, artifact = order.measured(), order.stamp, order.artifact
    cells = {}
    for row in artifact.rows:
        first = grid.cells[row.id, artifact.columns[0].id]
        for column in artifact.columns:
            cells[row.id, column.id] = _cell(grid.cells[row.id, column.id], first, grid, stamp)
    return {**heading(artifact, stamp), "header": told(grid, stamp), **laid_out(artifact, cells)}


def _cell(cell: Measured, first: Measured, grid: Grid, stamp: Stamp) -> dict[str, Any]:
    out = cell.mean is not None and math.isinf(cell.mean)
    value = None if out else cell.mean
    beside = first if cell is not first and first.cell.metric in MEASURED else None
    times = value / beside.mean if beside is not None and value and beside.mean else None
    return {
        "artifact": grid.artifact.id,
        "row": cell.row.id,
        "column": cell.column.id,
        "task": cell.cell.task,
        "dataset": cell.cell.dataset,
        "algorithm": cell.cell.algorithm,
        "variant": cell.cell.variant,
        "metric": cell.cell.metric,
        "value": value,
        "n": int(cell.seeds.size),
        "times": times,
        "ratio": "" if times is None else ratio(times),
        "shown": OUT if out else shown(value, cell.cell.metric),
        "printed": cell.printed.text or printed(cell.printed.mean, None if beside is None else beside.printed.mean),
        "paper_mean": cell.printed.mean,
        "note": cell.printed.note,
        "scale": stamp.scale,
        "commit": stamp.commit,
    }


def shown(value: float | None, metric: str) -> str:
    """A number with three figures and its unit; a return as returns are printed."""
    if value is None:
        return text.DASH
    if metric not in UNITS:
        return text.number(value)
    digits = max(0, 2 - math.floor(math.log10(value))) if value > 0 else 0
    return f"{text.number(value, digits)} {UNITS[metric]}"


def printed(value: float | None, first: float | None) -> str:
    """What the paper prints, as it prints it, and how many times the first column's that is."""
    alone = "" if value is None else f"{value:g}"
    return f"{alone} {ratio(value / first)}" if value is not None and first else alone


def ratio(times: float) -> str:
    """How many times the first column's, with at least two figures."""
    return f"×{times:.2f}" if times >= 0.1 else f"×{times:.2g}"


def told(grid: Grid, stamp: Stamp) -> str:
    """Scale, commit and what is missing: one line."""
    missing, unrun = len(grid.wanted) - len(grid.there), len(grid.cells) - len(grid.wanted)
    parts = [f"sizes of scale {stamp.scale}", f"commit {stamp.commit}"]
    parts.append(f"{missing} of {len(grid.wanted)} cells missing" if missing else f"all {len(grid.wanted)} cells")
    return " · ".join([*parts, *([f"{unrun} not run"] if unrun else [])])
