"""The dataset cards as a table, beside the statistics of the datasets that were published."""

from pathlib import Path
from typing import Any

from quartet import paths
from quartet.artifacts.measure import Stamp
from quartet.artifacts.output import Order, heading
from quartet.artifacts.published import NOTHING, Printed, read_published
from quartet.artifacts.spec import Artifact, Row
from quartet.evaluation.scores import read_card

LONG = [
    *("artifact", "row", "task", "dataset", "episodes", "transitions", "mean", "sd", "min", "max"),
    *("published_transitions", "published_mean", "published_sd", "published_min", "published_max"),
    *("difference", "note", "scale", "commit"),
]

Published = dict[tuple[str, str], Printed]


def cards_of(artifact: Artifact, results: Path) -> dict[str, dict[str, Any]]:
    """The cards that exist, by row id."""
    files = {row.id: results / paths.CARD.format(task=row.task, dataset=row.dataset) for row in artifact.rows}
    return {row: read_card(file) for row, file in files.items() if file.exists()}


def view(order: Order) -> dict[str, Any]:
    """The table as plain data."""
    artifact, stamp = order.artifact, order.stamp
    published = read_published(artifact, order.root)
    cards = cards_of(artifact, order.results)
    rows = {row.id: _row(row, cards.get(row.id, {}), published, artifact, stamp) for row in artifact.rows}
    missing = len(rows) - len(cards)
    told = f"{missing} of {len(rows)} datasets missing" if missing else f"all {len(rows)} datasets"
    return {
        **heading(artifact, stamp),
        "header": f"scale {stamp.scale} · commit {stamp.commit} · {told}",
        "missing": missing,
        "blocks": [
            {"title": title, "rows": [{"title": row.title, **rows[row.id]} for row in block]}
            for title, block in artifact.blocks
        ],
        "cells": list(rows.values()),
    }


def _row(row: Row, card: dict[str, Any], published: Published, artifact: Artifact, stamp: Stamp) -> dict[str, Any]:
    there = {name: published.get((row.id, name), NOTHING) for name in ("return", "min", "max", "transitions")}
    mean, theirs = card.get("mean"), there["return"].mean
    return {
        "artifact": artifact.id,
        "row": row.id,
        "task": row.task,
        "dataset": row.dataset,
        **{name: card.get(name) for name in ("episodes", "transitions", "mean", "sd", "min", "max")},
        "published_transitions": there["transitions"].mean,
        "published_mean": theirs,
        "published_sd": there["return"].spread,
        "published_min": there["min"].mean,
        "published_max": there["max"].mean,
        "difference": None if mean is None or theirs is None else mean - theirs,
        "note": there["return"].note,
        "scale": stamp.scale,
        "commit": stamp.commit,
    }
