"""What the paper printed: one CSV of cells in long form, checked against the artifact it belongs to."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quartet import reading
from quartet.artifacts.spec import Artifact, Cell
from quartet.config import hyperparameters
from quartet.errors import QuartetError, unknown
from quartet.schema import validate

COLUMNS = ["artifact", "row", "column", "mean", "spread", "note"]
TEXT = "text"  # one more column where the paper prints sets and intervals
RECOVERED = "recovered: "  # how the note of a value begins that the source at hand lost and another one gives


@dataclass(frozen=True)
class Printed:
    """One printed cell; `mean` is None where the source at hand lost it."""

    mean: float | None
    spread: float | None
    note: str
    text: str = ""

    @property
    def recovered(self) -> bool:
        """Whether it was read from elsewhere than the table itself."""
        return self.note.startswith(RECOVERED)

    @property
    def legible(self) -> bool:
        """Whether the table itself can be read here."""
        return not self.recovered and (self.mean is not None or bool(self.text))


NOTHING = Printed(None, None, "")


def read_published(artifact: Artifact, root: Path = Path(".")) -> dict[tuple[str, str], Printed]:
    """The printed cells of an artifact, by (row id, column id); empty where the paper prints nothing."""
    printed: dict[tuple[str, str], Printed] = {}
    seen: set[tuple[str, str]] = set()
    for path in artifact.published:
        for number, row in _rows(path):
            place, key = f"{path}:{number}", (row["row"], row["column"])
            validate(row, "published", root=root, where=place)
            if row["artifact"] not in (artifact.id, *artifact.of):
                raise QuartetError(f"belongs to '{row['artifact']}', not to '{artifact.id}'", where=place)
            if key in seen:
                raise QuartetError(f"cell {key[0]} / {key[1]} is given twice", where=place)
            if row["mean"] is None and not row[TEXT] and not row["note"]:
                raise QuartetError(f"cell {key[0]} / {key[1]} has no value", where=place, mend="say why under 'note'")
            seen.add(key)
            if _known(artifact, *key, place):
                printed[key] = Printed(row["mean"], row["spread"], row["note"], row[TEXT])
    return printed


def _rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(reading.text(path)))
    try:
        if reader.fieldnames not in (COLUMNS, [*COLUMNS, TEXT]):
            raise QuartetError(f"columns must be {','.join(COLUMNS)}", where=f"{path}:1")
        return [(reader.line_num, _typed(row, f"{path}:{reader.line_num}")) for row in reader]
    except csv.Error as error:
        raise QuartetError("not a CSV file", where=str(path)) from error


def _typed(row: Mapping[str, str], place: str) -> dict[str, Any]:
    if None in row or None in row.values():
        raise QuartetError(f"expected {len(COLUMNS)} fields", where=place)
    try:
        numbers = {name: float(row[name]) if row[name] else None for name in ("mean", "spread")}
    except ValueError as error:
        raise QuartetError(f"not a number ({error})", where=place) from error
    return {TEXT: "", **row, **numbers}


def _known(artifact: Artifact, row: str, column: str, place: str) -> bool:
    """Whether the artifact shows the row; a figure may show some blocks of its tables only."""
    rows = [known.id for known in artifact.rows]
    columns = [known.id for known in artifact.columns if not known.reference]
    if row not in rows and not artifact.of:
        raise unknown("row", row, rows, where=place)
    if columns and column not in columns:
        raise unknown("column", column, columns, where=place)
    return row in rows


def printed_beside(artifact: Artifact, root: Path = Path(".")) -> dict[tuple[str, str], Printed]:
    """The artifact's own printed cells, or those of the table it stands beside, found by what decides a cell.

    That table prints the default variant. A point of a sweep that changes nothing is the default by another name.
    """
    table = artifact.beside
    if table is None:
        return read_published(artifact, root)
    there = read_published(table, root)
    printed = {table.cell(r, c): there[r.id, c.id] for r in table.rows for c in table.columns if (r.id, c.id) in there}
    cells = {(row.id, column.id): artifact.cell(row, column) for row in artifact.rows for column in artifact.columns}
    return {
        key: printed[plain]
        for key, cell in cells.items()
        if (plain := replace(cell, variant="default")) in printed and _same_run(cell, plain, root)
    }


def _same_run(cell: Cell, plain: Cell, root: Path) -> bool:
    if "=" not in cell.variant:
        return cell == plain
    swept, default = (hyperparameters(root, c.algorithm, c.task, c.dataset, c.variant) for c in (cell, plain))
    return swept == default
