"""One renderer for every table of cells: Markdown, LaTeX, CSV in long form, JSON."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from quartet.artifacts import text
from quartet.artifacts.measure import Grid, Measured, Stamp, measure
from quartet.artifacts.spec import Artifact, Column, load_paper
from quartet.evaluation import statistics
from quartet.files import write_text

LONG = [
    *("artifact", "row", "column", "task", "dataset", "algorithm", "variant", "setting", "metric"),
    *("mean", "sd", "iqm", "low", "high", "n_seeds", "n_episodes"),
    *("paper_mean", "paper_spread", "difference", "normalised_own", "normalised_paper", "paper_normalised"),
    *("best", "runner_up", "improvement", "p", "p_holm", "significant", "note", "scale", "commit"),
]


def render_table(
    artifact_id: str, paper_dir: Path, results: Path, stamp: Stamp, out_dir: Path, root: Path = Path(".")
) -> list[Path]:
    """Write `<out_dir>/<artifact_id>.{md,tex,csv,json}` from what is under `results`, the folder of one scale."""
    paper = load_paper(paper_dir, root)
    view = table_view(measure(paper.artifact(artifact_id), paper, results, root), stamp)
    texts = {
        "md": text.render("table.md.j2", **view),
        "tex": text.render("table.tex.j2", **view),
        "csv": long_csv(view["cells"], LONG),
        "json": text.plain_json(view),
    }
    return write_all(out_dir, artifact_id, texts)


def write_all(out_dir: Path, name: str, texts: dict[str, str]) -> list[Path]:
    """Write `<out_dir>/<name>.<suffix>` for every suffix; returns the paths."""
    written = [out_dir / f"{name}.{suffix}" for suffix in texts]
    for path, content in zip(written, texts.values(), strict=True):
        write_text(path, content)
    return written


def table_view(grid: Grid, stamp: Stamp) -> dict[str, Any]:
    """A measured table as plain data: what the JSON holds and what the templates print."""
    cells = {key: _cell(cell, grid, stamp) for key, cell in grid.cells.items()}
    columns = grid.artifact.columns
    return {
        **heading(grid.artifact, stamp),
        "header": _header(grid, stamp),
        "missing": len(cells) - len(grid.there),
        "columns": [{"id": column.id, "title": column.title, "reference": column.reference} for column in columns],
        "blocks": [
            {
                "title": title,
                "rows": [{"title": row.title, "cells": [cells[row.id, c.id] for c in columns]} for row in rows],
            }
            for title, rows in grid.artifact.blocks
        ],
        "summary": [_summary(column, grid.column(column)) for column in columns],
        "cells": list(cells.values()),
    }


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


def _header(grid: Grid, stamp: Stamp) -> str:
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
    missing = len(grid.cells) - len(there)
    parts.append(f"{missing} of {len(grid.cells)} cells missing" if missing else f"all {len(grid.cells)} cells")
    return " · ".join(parts)


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
        "significant": bool(lead and lead.significant),
        "note": cell.printed.note,
        "scale": stamp.scale,
        "commit": stamp.commit,
    }


def _summary(column: Column, cells: list[Measured]) -> dict[str, Any]:
    """A column's mean normalised score over all rows, if all are there; beside it the paper's, by the paper's ends."""
    ours = [cell.normalised_seeds for cell in cells]
    mean, (low, high) = None, (None, None)
    if all(seeds.size for seeds in ours):
        mean, (low, high) = sum(statistics.mean(seeds) for seeds in ours) / len(ours), statistics.interval(ours)
    printed = [cell.papers.score(cell.printed.mean) for cell in cells]
    known = [score for score in printed if score is not None]
    paper = sum(known) / len(known) if len(known) == len(cells) else None
    return {"column": column.id, "mean": mean, "low": low, "high": high, "paper_mean": paper}
