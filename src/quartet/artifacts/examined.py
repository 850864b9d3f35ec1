"""What examinations of datasets made larger found, as a table: a row a measure, a column a dataset, a block a map."""

from pathlib import Path
from typing import Any

from quartet import paths
from quartet.artifacts import text
from quartet.artifacts.output import Order, heading, laid_out
from quartet.artifacts.spec import Artifact, Column, Row, named
from quartet.artifacts.toys import summary
from quartet.toys.result import Result, read_result

LONG = [
    *("artifact", "row", "column", "task", "dataset", "measure", "mean", "sd", "low", "high", "subsets"),
    *("scale", "commit"),
]

Found = dict[tuple[str, str], Result]


def examinations(artifact: Artifact, results: Path) -> Found:
    """The examinations that are there, by task and dataset."""
    files = {pair: results / paths.EXAMINATION.format(task=pair[0], dataset=pair[1]) for pair in artifact.examined}
    return {pair: read_result(file) for pair, file in files.items() if file.exists()}


def place(artifact: Artifact, row: Row, column: Column) -> tuple[str, str]:
    """The task and the dataset of a cell."""
    where = named({**artifact.where, **row.where, **column.where})
    return where["task"], where["dataset"]


def view(order: Order) -> dict[str, Any]:
    """The table as plain data."""
    artifact, stamp, found = order.artifact, order.stamp, examinations(order.artifact, order.results)
    cells = {}
    for row in artifact.rows:
        for column in artifact.columns:
            task, dataset = place(artifact, row, column)
            shown = summary(found.get((task, dataset)), row.where["measure"])
            cells[row.id, column.id] = {
                **shown,
                "artifact": artifact.id,
                "row": row.id,
                "column": column.id,
                "task": task,
                "dataset": dataset,
                "measure": row.where["measure"],
                "subsets": shown["seeds"],
                "paper_mean": None,
                "scale": stamp.scale,
                "commit": stamp.commit,
            }
    return {**heading(artifact, stamp), "header": told(order, found), "over": "subsets", **laid_out(artifact, cells)}


def told(order: Order, found: Found) -> str:
    """Scale, subsets, commit and what is missing: one line."""
    subsets = {len(next(iter(result.measures.values()))) for result in found.values()} or {0}
    wanted = len(order.artifact.examined)
    absent = f"{wanted - len(found)} of {wanted} datasets missing" if len(found) < wanted else f"all {wanted} datasets"
    counted = text.count(min(subsets), max(subsets))
    return f"scale {order.stamp.scale} · {counted} subsets · commit {order.stamp.commit} · {absent}"
