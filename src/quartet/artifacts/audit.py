"""The audit: the paper's own claims, recounted from its own printed tables."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from quartet.artifacts import text
from quartet.artifacts.claim import Claim, count_rows
from quartet.artifacts.claims import ALONG, load_claims, measured, multiplied, numbers
from quartet.artifacts.comparisons import Comparison, Side
from quartet.artifacts.output import write_all
from quartet.artifacts.published import NOTHING, Printed, read_published
from quartet.artifacts.spec import Artifact, Paper, load_paper
from quartet.artifacts.stated import Stated, load_stated, recounted
from quartet.evaluation import statistics

TELLING = 10.0  # below it, values printed with one decimal coincide by chance

Table = dict[tuple[str, str], Printed]


def render_audit(paper_dir: Path, out_dir: Path, root: Path = Path(".")) -> list[Path]:
    """Write `<out_dir>/audit.{md,json}`; reads nothing but the paper's folder."""
    paper = load_paper(paper_dir, root)
    view = audit(paper, load_claims(paper_dir, paper, root), load_stated(paper_dir, root), root)
    texts = {"md": text.render("audit.md.j2", **view), "json": text.plain_json(view)}
    return write_all(out_dir, "audit", texts)


def audit(
    paper: Paper, claims: tuple[Claim, ...], stated: tuple[Stated, ...] = (), root: Path = Path(".")
) -> dict[str, Any]:
    """Every claim about printed numbers recounted, and every printed table looked over, as plain data."""
    tables = [a for a in paper.artifacts if a.kind in ("table", "printed", "measured") and a.published]
    grids = measured(claims, paper, None, root)
    compared = {c.id: [] if c.compare in ALONG else c.comparisons(grids) for c in claims}
    printed = [c for c in claims if compared[c.id] and all(_printed(c, found) for found in compared[c.id])]
    return {
        "paper": paper.id,
        "title": paper.title,
        "seeds": paper.seeds,
        "claims": [
            {**vars(c), "number": numbers(c, paper), **recount(c, compared[c.id], paper.seeds)} for c in printed
        ],
        "drawn": [
            {**vars(c), "number": numbers(c, paper), "lost": any(paper.artifact(a).published for a in c.artifact)}
            for c in claims
            if c not in printed
        ],
        "stated": recounted(stated, paper, root),
        "tables": [look_over(artifact, read_published(artifact, root)) for artifact in tables],
    }


def recount(claim: Claim, comparisons: list[Comparison], seeds: int) -> dict[str, Any]:
    """How many comparisons of a claim the printed numbers win, and by how much the others are lost."""
    margins = np.array([[_margin(claim, found.ours, rival) for rival in found.rivals] for found in comparisons])
    flags = margins > 0
    if claim.compare == "significance":
        flags &= np.array(_corrected(comparisons, seeds)).reshape(flags.shape) < statistics.SIGNIFICANT
    won = count_rows(list(flags.ravel()), len(claim.rivals), each=claim.each)
    lost = [
        {"row": comparisons[i].name, "rival": claim.rivals[j], "margin": float(margins[i, j])}
        for i, j in np.argwhere(~flags).tolist()
    ]
    return {"won": won, "agrees": won >= claim.at_least, "lost": lost}


def look_over(artifact: Artifact, printed: Table) -> dict[str, Any]:
    """What is odd about a printed table: values missing, values printed twice, notes made when it was read."""
    expected = [(r.id, c.id) for r in artifact.rows for c in artifact.columns if not c.reference]
    twice: dict[tuple[float, float], list[str]] = defaultdict(list)
    level: dict[tuple[str, float], list[str]] = defaultdict(list)
    for (row, column), value in printed.items():
        if value.mean is not None and abs(value.mean) >= TELLING:
            level[row, value.mean].append(column)
            if value.spread is not None:
                twice[value.mean, value.spread].append(f"{row} {column}")
    return {
        "artifact": artifact.id,
        "number": artifact.number,
        "expected": len(expected),
        "printed": sum(printed.get(key, NOTHING).legible for key in expected),
        "recovered": sum(printed.get(key, NOTHING).recovered for key in expected),
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


def _printed(claim: Claim, found: Comparison) -> bool:
    """Whether the paper prints what a comparison needs: the means, and the spreads where they are compared."""
    needed = 1 if claim.compare in ("mean", "cost") else 2
    return all(None not in side.printed[:needed] for side in (found.ours, *found.rivals))


def _values(side: Side) -> tuple[float, float]:
    mean, around = side.printed
    return mean if mean is not None else float("nan"), around if around is not None else float("nan")


def _margin(claim: Claim, ours: Side, rival: Side) -> float:
    """By how much the claim's column is ahead of a rival in what is compared."""
    (mean, around), (their_mean, their_around) = _values(ours), _values(rival)
    if claim.compare == "deviation":
        return their_around - around
    if claim.compare == "cost":
        return their_mean - mean
    return mean - float(multiplied(np.array(their_mean), claim.times))


def _corrected(comparisons: list[Comparison], seeds: int) -> list[float]:
    """Welch's p from the printed means and spreads, Holm-corrected over all comparisons of the claim."""
    pairs = [(_values(found.ours), _values(rival)) for found in comparisons for rival in found.rivals]
    return statistics.holm([statistics.welch_printed(*ours, seeds, *rival, seeds) for ours, rival in pairs])
