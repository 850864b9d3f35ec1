"""Sides that take turns on one core, so that a busy machine slows all alike; CPU time, and of it the median."""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import TypeVar

Side = TypeVar("Side")


def in_turns(sides: Mapping[Side, Callable[[], object]], repetitions: int) -> dict[Side, float]:
    """Median CPU seconds of each side's call, after a turn that warms up."""
    seconds: dict[Side, list[float]] = {side: [] for side in sides}
    for _ in range(repetitions + 1):
        for side, work in sides.items():
            started = time.process_time()
            work()
            seconds[side].append(time.process_time() - started)
    return {side: median(taken[1:]) for side, taken in seconds.items()}


def speed(play: Callable[[], int], seconds: float) -> float:
    """Steps per CPU second of `play`, which says how many it makes, over at least one call and about `seconds`."""
    steps, start = 0, time.process_time()
    while (elapsed := time.process_time() - start) < seconds:
        steps += play()
    return steps / elapsed
