"""The arena: every algorithm that was evaluated on a dataset, whichever paper asked for it, on one scale."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from quartet import paths
from quartet.artifacts.measure import Ends, own_ends
from quartet.config import algorithm, algorithms
from quartet.evaluation import statistics
from quartet.evaluation.scores import by_seed, read_returns
from quartet.names import QUALITIES, TASKS
from quartet.report.datasets import title
from quartet.report.sources import Sources

SETTING = "standard"
Scores = Mapping[str, statistics.Values]  # normalised seeds by algorithm


def view(sources: Sources) -> dict[str, Any]:
    """Normalised scores of the default variants: a table a task, rows of datasets by columns of algorithms."""
    ends = cache(partial(own_ends, sources.evidence))
    found = _scores(sources, ends)
    return {
        "tasks": [_task(sources, task, scores) for task, scores in found.items() if not ends(task).together],
        "together": [title(sources, task) for task in found if ends(task).together],
    }


def _scores(sources: Sources, ends: Callable[[str], Ends]) -> dict[str, dict[str, Scores]]:
    """Normalised seeds by task, dataset and algorithm, in the order of the names."""
    found: dict[tuple[str, str], dict[str, statistics.Values]] = {}
    pattern = paths.EVALUATION.format(task="*", dataset="*", algorithm="*", variant="default", setting=SETTING)
    for file in sorted(sources.evidence.glob(pattern)):
        task, dataset, name = file.relative_to(sources.evidence).parts[1:4]
        scores = [ends(task).score(float(seed)) for seed in by_seed(read_returns(file))]
        if all(score is not None for score in scores):
            found.setdefault((task, dataset), {})[name] = np.array(scores, dtype=np.float64)
    ordered: dict[str, dict[str, Scores]] = {}
    for task, dataset in sorted(found, key=lambda key: (TASKS.index(key[0]), QUALITIES.index(key[1]))):
        ordered.setdefault(task, {})[dataset] = found[task, dataset]
    return ordered


def _task(sources: Sources, task: str, scores: Mapping[str, Scores]) -> dict[str, Any]:
    """The table of one task, of the algorithms that played there; mean ranks are over the datasets that all have."""
    root = sources.config.root
    names = [name for name in algorithms(root) if any(name in row for row in scores.values())]
    shared = [row for row in scores.values() if all(name in row for name in names)]
    return {
        "title": title(sources, task),
        "columns": [{"id": name, "title": algorithm(root, name)["title"]} for name in names],
        "rows": [{"dataset": title(sources, name), "cells": _cells(row, names)} for name, row in scores.items()],
        "shared": len(shared),
        "ranks": _ranks(shared, names),
    }


def _cells(found: Scores, names: list[str]) -> list[dict[str, Any] | None]:
    best = max(found, key=lambda name: float(found[name].mean()))
    return [_cell(found[name], name == best) if name in found else None for name in names]


def _cell(seeds: statistics.Values, best: bool) -> dict[str, Any]:
    low, high = statistics.interval([seeds]) if seeds.size > 1 else (None, None)
    return {"mean": statistics.mean(seeds), "low": low, "high": high, "seeds": seeds.size, "best": best}


def _ranks(shared: list[Scores], names: list[str]) -> list[float | None]:
    """The mean rank of every algorithm over these datasets."""
    if not shared:
        return [None] * len(names)
    means = np.array([[found[name].mean() for name in names] for found in shared])
    ranks = (-means).argsort(axis=1).argsort(axis=1) + 1
    return [float(rank) for rank in ranks.mean(axis=0)]
