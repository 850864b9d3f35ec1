"""A dataset's card: what its returns look like, small enough to keep beside every table."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from quartet.data.episodes import Episodes, open_episodes
from quartet.files import write_text

_BINS = 40  # enough to tell the two humps of a mixture apart


def card(episodes: Episodes) -> dict[str, Any]:
    """Task, quality, sizes, and mean, sd, extremes and histogram of the episodes' returns."""
    returns = episodes.returns.astype(np.float64)
    counts, edges = np.histogram(returns, bins=_BINS)
    return {
        "task": episodes.task,
        "quality": episodes.quality,
        "behaviour": episodes.behaviour,
        "episodes": len(episodes),
        "transitions": episodes.transitions,
        "mean": float(returns.mean()),
        "sd": float(returns.std()),
        "min": float(returns.min()),
        "max": float(returns.max()),
        "histogram": {"edges": edges.tolist(), "counts": counts.tolist()},
    }


def write_card(path_h5: str | Path, path_json: str | Path) -> None:
    """Write the card of an episodes file as JSON."""
    write_text(path_json, json.dumps(card(open_episodes(path_h5)), indent=2) + "\n")
