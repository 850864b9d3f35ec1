"""The arena: every algorithm that was evaluated on a dataset, whichever paper asked for it, on one scale."""

from typing import Any

import numpy as np

from quartet import paths
from quartet.artifacts.measure import own_ends
from quartet.config import algorithm, algorithms
from quartet.evaluation import statistics
from quartet.evaluation.scores import by_seed, read_returns
from quartet.names import QUALITIES, TASKS
from quartet.report.datasets import title
from quartet.report.sources import Sources

SETTING = "standard"


def view(sources: Sources) -> dict[str, Any]:
    """Normalised scores of the default variants, rows of datasets by columns of algorithms, with mean ranks."""
    root = sources.config.root
    scores = _scores(sources)
    names = [name for name in algorithms(root) if any(name in row for row in scores.values())]
    rows = [
        {"task": title(sources, task), "dataset": title(sources, quality), "cells": _cells(found, names)}
        for (task, quality), found in scores.items()
    ]
    shared = [found for found in scores.values() if all(name in found for name in names)]
    return {
        "columns": [{"id": name, "title": algorithm(root, name)["title"]} for name in names],
        "rows": rows,
        "shared": len(shared),
        "ranks": _ranks(shared, names),
    }


def _scores(sources: Sources) -> dict[tuple[str, str], dict[str, statistics.Values]]:
    """Normalised seeds by dataset and algorithm, in the order of the names."""
    found: dict[tuple[str, str], dict[str, statistics.Values]] = {}
    pattern = paths.EVALUATION.format(task="*", dataset="*", algorithm="*", variant="default", setting=SETTING)
    for file in sorted(sources.evidence.glob(pattern)):
        task, dataset, name = file.relative_to(sources.evidence).parts[1:4]
        ends = own_ends(sources.evidence, task)
        scores = [ends.score(float(seed)) for seed in by_seed(read_returns(file))]
        if all(score is not None for score in scores):
            found.setdefault((task, dataset), {})[name] = np.array(scores, dtype=np.float64)
    order = sorted(found, key=lambda key: (TASKS.index(key[0]), QUALITIES.index(key[1])))
    return {key: found[key] for key in order}


def _cells(found: dict[str, statistics.Values], names: list[str]) -> list[dict[str, Any] | None]:
    best = max(found, key=lambda name: float(found[name].mean()))
    return [_cell(found[name], name == best) if name in found else None for name in names]


def _cell(seeds: statistics.Values, best: bool) -> dict[str, Any]:
    low, high = statistics.interval([seeds]) if seeds.size > 1 else (None, None)
    return {"mean": statistics.mean(seeds), "low": low, "high": high, "seeds": seeds.size, "best": best}


def _ranks(shared: list[dict[str, statistics.Values]], names: list[str]) -> list[float | None]:
    """The mean rank of every algorithm over the datasets that all of them have."""
    if not shared:
        return [None] * len(names)
    means = np.array([[found[name].mean() for name in names] for found in shared])
    ranks = (-means).argsort(axis=1).argsort(axis=1) + 1
    return [float(rank) for rank in ranks.mean(axis=0)]
