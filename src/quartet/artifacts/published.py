"""What the paper printed: one CSV of cells in long form, checked against the artifact it belongs to."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quartet.artifacts.spec import Artifact
from quartet.errors import QuartetError, unknown
from quartet.schema import validate

COLUMNS = ["artifact", "row", "column", "mean", "spread", "note"]


@dataclass(frozen=True)
class Printed:
    """One printed cell; `mean` is None where the source at hand lost it."""

    mean: float | None
    spread: float | None
    note: str


def read_published(artifact: Artifact, root: Path = Path(".")) -> dict[tuple[str, str], Printed]:
    """The printed cells of an artifact, by (row id, column id); empty where the paper prints nothing."""
    if artifact.published is None:
        return {}
    printed: dict[tuple[str, str], Printed] = {}
    for number, row in _rows(artifact.published):
        place = f"{artifact.published}:{number}"
        validate(row, "published", root=root, where=place)
        if row["artifact"] not in (artifact.id, artifact.of):
            raise QuartetError(f"belongs to '{row['artifact']}', not to '{artifact.id}'", where=place)
        key = row["row"], row["column"]
        _known(artifact, *key, place)
        if key in printed:
            raise QuartetError(f"cell {key[0]} / {key[1]} is given twice", where=place)
        printed[key] = Printed(row["mean"], row["spread"], row["note"])
    return printed


def _rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            reader = csv.DictReader(handle)
            if reader.fieldnames != COLUMNS:
                raise QuartetError(f"columns must be {','.join(COLUMNS)}", where=f"{path}:1")
            return [(reader.line_num, _typed(row, f"{path}:{reader.line_num}")) for row in reader]
    except OSError as error:
        raise QuartetError("cannot read the published values", where=str(path)) from error


def _typed(row: Mapping[str, str], place: str) -> dict[str, Any]:
    if None in row or None in row.values():
        raise QuartetError(f"expected {len(COLUMNS)} fields", where=place)
    try:
        numbers = {name: float(row[name]) if row[name] else None for name in ("mean", "spread")}
    except ValueError as error:
        raise QuartetError(f"not a number ({error})", where=place) from error
    return {**row, **numbers}


def _known(artifact: Artifact, row: str, column: str, place: str) -> None:
    rows = [known.id for known in artifact.rows]
    columns = [known.id for known in artifact.columns if not known.reference]
    if row not in rows:
        raise unknown("row", row, rows, where=place)
    if columns and column not in columns:
        raise unknown("column", column, columns, where=place)
