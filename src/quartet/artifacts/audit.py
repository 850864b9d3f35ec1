"""The audit: the paper's own claims, recounted from its own printed tables."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from quartet.artifacts import text
from quartet.artifacts.claims import Claim, count_rows, load_claims
from quartet.artifacts.output import write_all
from quartet.artifacts.published import NOTHING, Printed, read_published
from quartet.artifacts.spec import Artifact, Paper, load_paper
from quartet.errors import QuartetError
from quartet.evaluation import statistics

Table = dict[tuple[str, str], Printed]


def render_audit(paper_dir: Path, out_dir: Path, root: Path = Path(".")) -> list[Path]:
    """Write `<out_dir>/audit.{md,json}`; reads nothing but the paper's folder."""
    paper = load_paper(paper_dir, root)
    view = audit(paper, load_claims(paper_dir, paper, root), root)
    texts = {"md": text.render("audit.md.j2", **view), "json": text.plain_json(view)}
    return write_all(out_dir, "audit", texts)


def audit(paper: Paper, claims: tuple[Claim, ...], root: Path = Path(".")) -> dict[str, Any]:
    """Every claim recounted, and every table looked over, as plain data."""
    tables = {a.id: (a, read_published(a, root)) for a in paper.artifacts if a.kind == "table"}
    return {
        "paper": paper.id,
        "title": paper.title,
        "seeds": paper.seeds,
        "claims": [recount(claim, *tables[claim.artifact], paper.seeds) for claim in claims],
        "tables": [look_over(artifact, printed) for artifact, printed in tables.values()],
    }


def recount(claim: Claim, artifact: Artifact, printed: Table, seeds: int) -> dict[str, Any]:
    """How many comparisons of a claim the printed numbers win, and by how much the others are lost."""
    rows = [row.id for row in artifact.rows]
    table = {(row, column): _whole(printed, row, column, claim) for row in rows for column in _columns(claim)}
    margins = np.array([[_margin(claim, table, row, rival) for rival in claim.rivals] for row in rows])
    flags = margins > 0
    if claim.compare == "significance":
        flags &= np.array(_corrected(claim, table, rows, seeds)).reshape(flags.shape) < statistics.SIGNIFICANT
    won = count_rows(list(flags.ravel()), len(claim.rivals), each=claim.each)
    lost = [
        {"row": rows[i], "rival": claim.rivals[j], "margin": float(margins[i, j])}
        for i, j in np.argwhere(~flags).tolist()
    ]
    return {
        **vars(claim),
        "number": artifact.number,
        "won": won,
        "agrees": won >= claim.at_least,
        "lost": lost,
    }


def look_over(artifact: Artifact, printed: Table) -> dict[str, Any]:
    """What is odd about a printed table: values missing, values printed twice, notes made when it was read."""
    expected = [(r.id, c.id) for r in artifact.rows for c in artifact.columns if not c.reference]
    twice: dict[tuple[float, float], list[str]] = defaultdict(list)
    level: dict[tuple[str, float], list[str]] = defaultdict(list)
    for (row, column), value in printed.items():
        if value.mean is not None:
            level[row, value.mean].append(column)
            if value.spread is not None:
                twice[value.mean, value.spread].append(f"{row} {column}")
    return {
        "artifact": artifact.id,
        "number": artifact.number,
        "expected": len(expected),
        "printed": sum(printed.get(key, NOTHING).mean is not None for key in expected),
        "twice": [
            {"mean": mean, "spread": around, "cells": cells}
            for (mean, around), cells in sorted(twice.items())
            if len(cells) > 1
        ],
        "level": [
            {"row": row, "mean": mean, "columns": columns}
            for (row, mean), columns in sorted(level.items())
            if len(columns) > 1
        ],
        "notes": [{"cell": f"{row} {column}", "note": v.note} for (row, column), v in printed.items() if v.note],
    }


def _columns(claim: Claim) -> tuple[str, ...]:
    return claim.column, *claim.rivals


def _whole(printed: Table, row: str, column: str, claim: Claim) -> tuple[float, float]:
    value = printed.get((row, column), NOTHING)
    if value.mean is None or value.spread is None:
        raise QuartetError(f"no printed value for {row} {column}", where=f"claim {claim.id}", mend="judge other cells")
    return value.mean, value.spread


def _margin(claim: Claim, table: dict[tuple[str, str], tuple[float, float]], row: str, rival: str) -> float:
    """By how much the claim's column is ahead of a rival in what is compared."""
    (mean, around), (their_mean, their_around) = table[row, claim.column], table[row, rival]
    return their_around - around if claim.compare == "deviation" else mean - their_mean


def _corrected(
    claim: Claim, table: dict[tuple[str, str], tuple[float, float]], rows: list[str], seeds: int
) -> list[float]:
    """Welch's p from the printed means and spreads, Holm-corrected over all comparisons of the claim."""
    pairs = [(table[row, claim.column], table[row, rival]) for row in rows for rival in claim.rivals]
    return statistics.holm([statistics.welch_printed(*ours, seeds, *rival, seeds) for ours, rival in pairs])
