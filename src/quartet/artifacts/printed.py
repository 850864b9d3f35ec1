"""What the paper prints, alone: tables whose tasks are not here yet, and what is to be read of damaged ones."""

from collections.abc import Sequence
from typing import Any

from quartet.artifacts import text
from quartet.artifacts.output import Order, heading, laid_out
from quartet.artifacts.published import NOTHING, Printed, read_published

LONG = ["artifact", "row", "column", "paper_mean", "paper_spread", "text", "note", "commit"]


def view(order: Order) -> dict[str, Any]:
    """The printed table as plain data; a cell's `mark` is the number of its note."""
    artifact, stamp = order.artifact, order.stamp
    printed = read_published(artifact, order.root)
    grid = {(row.id, column.id): NOTHING for row in artifact.rows for column in artifact.columns} | printed
    notes = [*dict.fromkeys(value.note for value in grid.values() if value.note)]
    digits = {
        row.id: max(decimals(grid[other.id, column.id]) for other in rows for column in artifact.columns)
        for _, rows in artifact.blocks
        for row in rows
    }
    cells = {
        (row, column): {
            "artifact": artifact.id,
            "row": row,
            "column": column,
            "paper_mean": value.mean,
            "paper_spread": value.spread,
            "text": value.text,
            "shown": value.text or text.spread(value.mean, value.spread, digits[row]),
            "note": value.note,
            "mark": notes.index(value.note) + 1 if value.note else None,
            "commit": stamp.commit,
        }
        for (row, column), value in grid.items()
    }
    return {
        **heading(artifact, stamp),
        "banner": "",  # nothing here was run
        "header": f"commit {stamp.commit} · what the paper prints, nothing of ours · {told(list(grid.values()))}",
        "notes": notes,
        **laid_out(artifact, cells),
    }


def told(values: Sequence[Printed]) -> str:
    """How many of the values can be read, and how many are known from elsewhere."""
    recovered = sum(value.recovered for value in values)
    legible = f"{sum(value.legible for value in values)} of {len(values)} values legible"
    return f"{legible}, {recovered} recovered" if recovered else legible


def decimals(value: Printed) -> int:
    """How many decimals a printed cell needs."""
    known = [number for number in (value.mean, value.spread) if number is not None]
    return max((len(repr(number).partition(".")[2].removesuffix("0")) for number in known), default=0)
