"""What is configured, beside what the paper prints: read from where the runs read it, so that it cannot drift."""

import re
from collections.abc import Sequence
from typing import Any

from quartet.artifacts.output import Order, heading, laid_out
from quartet.artifacts.published import NOTHING, read_published
from quartet.artifacts.spec import Artifact, Column, Row
from quartet.config import hyperparameters
from quartet.errors import QuartetError
from quartet.tasks.cheetah import RANGES

LONG = ["artifact", "row", "column", "ours", "paper", "same", "note", "commit"]
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def view(order: Order) -> dict[str, Any]:
    """The table as plain data; `same` is whether ours and the paper's are the same numbers."""
    artifact, stamp = order.artifact, order.stamp
    printed = read_published(artifact, order.root)
    cells = {}
    for row in artifact.rows:
        for column in artifact.columns:
            ours, theirs = shown(_value(order, row, column)), printed.get((row.id, column.id), NOTHING)
            cells[row.id, column.id] = {
                "artifact": artifact.id,
                "row": row.id,
                "column": column.id,
                "ours": ours,
                "paper": theirs.text or None,
                "same": numbers(ours) == numbers(theirs.text) if theirs.text else None,
                "note": theirs.note,
                "commit": stamp.commit,
            }
    differ = sum(cell["same"] is False for cell in cells.values())
    told = f"{differ} of {len(cells)} differ from the paper" if differ else f"all {len(cells)} as the paper prints them"
    return {
        **heading(artifact, stamp),
        "banner": "",  # nothing here was run
        "header": f"commit {stamp.commit} · read from {_source(artifact)} · {told}",
        **laid_out(artifact, cells),
    }


def _value(order: Order, row: Row, column: Column) -> Any:
    """A hyperparameter of an algorithm on a dataset, or what the two-agent HalfCheetah draws in a setting."""
    where = {**order.artifact.where, **row.where, **column.where}
    try:
        if "parameter" in where:
            return RANGES[where["setting"]][where["parameter"]]
        resolved = hyperparameters(order.root, where["algorithm"], where["task"], where["dataset"], "default")
        return resolved[where["hyperparameter"]]
    except KeyError as error:
        raise QuartetError(f"no value for {error}", where=f"artifacts.{order.artifact.id}: {row.id}") from error


def _source(artifact: Artifact) -> str:
    algorithm = artifact.where.get("algorithm")
    return f"config/algorithms/{algorithm}.yaml" if algorithm else "quartet.tasks.cheetah.RANGES"


def shown(value: Any) -> str:
    """A value as the paper would print it: a number, a set of numbers, intervals, None."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return str(value)
    if value and isinstance(value[0], Sequence):
        return " ∪ ".join(shown(low) if low == high else f"[{low}, {high}]" for low, high in value)
    return f"[{', '.join(shown(number) for number in value)}]"


def numbers(text: str) -> list[float]:
    """The numbers in a text, in their order."""
    return [float(found) for found in _NUMBER.findall(text)]
