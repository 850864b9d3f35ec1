"""What the toys' methods came to, as a table: a row a measure, a column a method, a block a toy."""

from typing import Any

import numpy as np

from quartet import paths
from quartet.artifacts import text
from quartet.artifacts.output import Order, heading, laid_out
from quartet.artifacts.published import NOTHING, read_published
from quartet.artifacts.spec import Column, Row
from quartet.evaluation import statistics
from quartet.toys.result import Result, read_result

LONG = [
    "artifact", "row", "column", "toy", "method", "measure", "mean", "sd", "low", "high", "seeds", "paper_mean",
    "scale", "commit",
]  # fmt: skip

DIGITS = 3
SHARES = "basin"  # how measures begin that are 1 or 0 of every seed


def results_of(order: Order) -> dict[tuple[str, str], Result]:
    """The results that are there, by toy and method."""
    files = {pair: order.results / paths.TOY.format(toy=pair[0], method=pair[1]) for pair in order.artifact.played}
    return {pair: read_result(file) for pair, file in files.items() if file.exists()}


def view(order: Order) -> dict[str, Any]:
    """The table as plain data."""
    artifact, stamp, results = order.artifact, order.stamp, results_of(order)
    printed = read_published(artifact, order.root)
    cells = {
        (row.id, column.id): {
            **_measured(results, row, column),
            "artifact": artifact.id,
            "row": row.id,
            "column": column.id,
            "paper_mean": printed.get((row.id, column.id), NOTHING).mean,
            "scale": stamp.scale,
            "commit": stamp.commit,
        }
        for row in artifact.rows
        for column in artifact.columns
    }
    return {
        **heading(artifact, stamp),
        "header": told(order, results),
        "over": "seeds",
        "shares": any(row.where["measure"].startswith(SHARES) for row in artifact.rows),
        **laid_out(artifact, cells),
    }


def _measured(results: dict[tuple[str, str], Result], row: Row, column: Column) -> dict[str, Any]:
    """One cell: mean, deviation and interval over seeds."""
    toy, method, measure = row.where["toy"], column.where["method"], row.where["measure"]
    return {"toy": toy, "method": method, "measure": measure, **summary(results.get((toy, method)), measure)}


def summary(found: Result | None, measure: str) -> dict[str, Any]:
    """Mean, deviation and interval of a measure over what it was repeated for; nothing where there is none."""
    seeds = np.empty(0) if found is None or measure not in found.measures else found.seeds(measure)
    seeds = seeds[np.isfinite(seeds)]
    if not seeds.size:
        return {"mean": None, "sd": None, "low": None, "high": None, "seeds": 0, "shown": text.DASH, "span": ""}
    low, high = statistics.share_interval(seeds) if measure.startswith(SHARES) else statistics.interval([seeds])
    return {
        "mean": statistics.mean(seeds),
        "sd": statistics.deviation(seeds),
        "low": low,
        "high": high,
        "seeds": seeds.size,
        "shown": text.number(statistics.mean(seeds), DIGITS),
        "span": f"[{text.number(low, DIGITS)}, {text.number(high, DIGITS)}]",
    }


def told(order: Order, results: dict[tuple[str, str], Result]) -> str:
    """Scale, seeds, commit and what is missing: one line."""
    seeds = {len(next(iter(result.measures.values()))) for result in results.values()} or {0}
    missing = len(order.artifact.played) - len(results)
    absent = f"{missing} of {len(order.artifact.played)} runs missing" if missing else f"all {len(results)} runs"
    counted = text.count(min(seeds), max(seeds))
    return f"scale {order.stamp.scale} · {counted} seeds · commit {order.stamp.commit} · {absent}"
