"""What every rendered artefact shares: its heading, tidy CSV, and one file a format."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from quartet.artifacts import text
from quartet.artifacts.kinds import FIGURES, TABLES
from quartet.artifacts.measure import Grid, Stamp, measure
from quartet.artifacts.spec import Artifact, Paper, load_paper
from quartet.errors import QuartetError
from quartet.files import write_text


@dataclass(frozen=True)
class Order:
    """What a renderer is asked for: an artifact of a paper, from the results folder of one scale."""

    artifact: Artifact
    paper: Paper
    results: Path
    stamp: Stamp
    root: Path

    def measured(self) -> Grid:
        """The artifact's cells, measured."""
        return measure(self.artifact, self.paper, self.results, self.root)


def asked(
    stage: str, artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, root: Path
) -> tuple[ModuleType, Order]:
    """The module that renders an artifact, and what it is asked for; one line where it is of the other stage.

    Modules are imported only when asked for: some draw the models and tasks themselves, and torch takes seconds.
    """
    paper = load_paper(paper_dir, root)
    artifact = paper.artifact(artifact_id)
    kinds, other = (TABLES, "figure") if stage == "table" else (FIGURES, "table")
    if artifact.kind not in kinds:
        raise QuartetError(f"'{artifact_id}' is a {other}, not a {stage}", mend=f"try: quartet {other} {artifact_id}")
    module = import_module(f"quartet.artifacts.{kinds[artifact.kind]}")
    return module, Order(artifact, paper, results, stamp, root)


def write_all(out_dir: Path, name: str, texts: dict[str, str]) -> list[Path]:
    """Write `<out_dir>/<name>.<suffix>` for every suffix; returns the paths."""
    written = [out_dir / f"{name}.{suffix}" for suffix in texts]
    for path, content in zip(written, texts.values(), strict=True):
        write_text(path, content)
    return written


def heading(artifact: Artifact, stamp: Stamp) -> dict[str, Any]:
    """What every rendered artefact begins with."""
    return {
        "artifact": artifact.id,
        "paper": artifact.paper,
        "number": artifact.number,
        "caption": artifact.caption,
        "scale": stamp.scale,
        "commit": stamp.commit,
        "banner": stamp.banner,
    }


def long_csv(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> str:
    """Tidy CSV, one line a row, empty where there is no number."""
    handle = io.StringIO()
    writer = csv.DictWriter(handle, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _field(row[name]) for name in columns} for row in rows)
    return handle.getvalue()


def _field(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def table_header(grid: Grid, stamp: Stamp) -> str:
    """Scale, seeds done of asked, episodes, commit, cells missing: one line."""
    there = grid.there
    parts = [f"scale {stamp.scale}"]
    if there:
        seeds = [cell.seeds.size for cell in there]
        episodes = [cell.returns.values.shape[1] for cell in there if cell.returns is not None]
        parts.append(f"{text.count(min(seeds), max(seeds))} of {stamp.seeds} seeds")
        parts.append(f"{text.count(min(episodes), max(episodes))} episodes a seed")
    else:
        parts.append(f"0 of {stamp.seeds} seeds")
    parts.append(f"commit {stamp.commit}")
    missing, unrun = len(grid.wanted) - len(there), len(grid.cells) - len(grid.wanted)
    parts.append(f"{missing} of {len(grid.wanted)} cells missing" if missing else f"all {len(grid.wanted)} cells")
    if unrun:
        parts.append(f"{unrun} not run")
    return " · ".join(parts)


def laid_out(artifact: Artifact, cells: Mapping[tuple[str, str], dict[str, Any]]) -> dict[str, Any]:
    """Columns, blocks of rows and all cells, as a template takes them; cells by row and column id."""
    return {
        "columns": [{"id": column.id, "title": column.title} for column in artifact.columns],
        "blocks": [
            {
                "title": title,
                "rows": [{"title": r.title, "cells": [cells[r.id, c.id] for c in artifact.columns]} for r in rows],
            }
            for title, rows in artifact.blocks
        ],
        "cells": list(cells.values()),
    }
