"""Which way of completing the six-landmark task an episode shows, told by a rule instead of by eye (DOM2 Figure 9)."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from quartet import reading
from quartet.errors import QuartetError
from quartet.evaluation.scores import Returns

ATTEMPTS = 5  # from one start, as DOM2 shows
REACH = 0.2  # an agent has reached a landmark when their discs, of radius .1 each, overlap

KEPT = {"landmarks": list[list[float]], "runs": list}
RUN = {"seed": int, "returns": list[float], "trajectories": list[list[list[list[float]]]]}
Strategy = frozenset[int]  # the landmarks that are reached, whoever reached them


def strategy(agents: ArrayLike, landmarks: ArrayLike, hidden: Sequence[bool] | None = None) -> Strategy | None:
    """The landmarks at which the agents (n, 2) stand, or None unless each stands at one of its own."""
    offsets = np.asarray(agents, dtype=float)[:, None] - np.asarray(landmarks, dtype=float)
    distances = np.linalg.norm(offsets, axis=-1)
    if hidden is not None:
        distances[:, np.asarray(hidden)] = np.inf
    reached = frozenset(distances.argmin(1)[distances.min(1) < REACH].tolist())
    return reached if len(reached) == len(distances) else None


def distinct(shown: Iterable[Strategy | None]) -> int:
    """The number of different strategies among attempts; an attempt that does not complete the task shows none."""
    return len({found for found in shown if found is not None})


def read_trajectories(path: Path) -> dict[str, Any]:
    """The trajectories of a run: its landmarks and, for every seed, five attempts; a damaged file is one line."""
    what, again = "damaged trajectories", "delete it and run the stage again"
    kept: dict[str, Any] = reading.data(path, what, again)
    try:
        if not reading.fits(kept, KEPT) or not all(reading.fits(run, RUN) for run in kept["runs"]):
            raise ValueError("something is missing, or of another type")
        for run in kept["runs"]:
            shown(run, kept["landmarks"])
        if not kept["runs"] or {len(run["trajectories"]) for run in kept["runs"]} != {ATTEMPTS}:
            raise ValueError("another number of attempts")
    except (ValueError, IndexError) as error:
        raise QuartetError(what, where=str(path), mend=again) from error
    return kept


def shown(run: dict[str, Any], landmarks: Sequence[Sequence[float]]) -> list[Strategy | None]:
    """The strategy of each attempt of one seed."""
    return [strategy([path[-1] for path in attempt], landmarks) for attempt in run["trajectories"]]


def counted(path: Path) -> Returns:
    """The metric `strategies`: how many different ones each seed's attempts show."""
    kept = read_trajectories(path)
    counts = [[float(distinct(shown(run, kept["landmarks"])))] for run in kept["runs"]]
    return Returns(tuple(run["seed"] for run in kept["runs"]), np.array(counts))
