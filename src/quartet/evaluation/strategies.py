"""Which way of completing the six-landmark task an episode shows, told by a rule instead of by eye (DOM2 Figure 9)."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike

ATTEMPTS = 5  # from one start, as DOM2 shows
REACH = 0.2  # an agent has reached a landmark when their discs, of radius .1 each, overlap

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
