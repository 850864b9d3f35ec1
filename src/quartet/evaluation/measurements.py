"""What a piece of work took on this machine, as a file: CPU seconds and memory, read by the tables of costs alone."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from quartet import reading
from quartet.evaluation.scores import Returns
from quartet.files import write_text
from quartet.names import MEASURED

OUT = (np.inf, np.inf)  # repetitions of what runs out of memory: it would every time


@dataclass(frozen=True)
class Measurement:
    """Some work of one untrained team: a decision or an update, repeated in a process of its own."""

    limit: int  # MiB that the process might take
    seconds: tuple[float, ...]  # CPU seconds of every repetition; none where memory ran out
    memory: float | None  # MiB at the peak, networks and all; None where it ran out
    parameters: float | None  # MB that an agent carries to plan, at the paper's sizes; None of what is no planner


def write_measurement(path: Path, measured: Measurement) -> None:
    """Keep a measurement."""
    write_text(path, json.dumps(asdict(measured), indent=1) + "\n")


def read_measurement(path: Path) -> Measurement:
    """Read one; a damaged file is one line."""
    return reading.record(path, Measurement, "damaged measurement", "delete it and measure again")


def measured(path: Path, metric: str) -> Returns | None:
    """A metric as the numbers of a cell, one a repetition; infinite where memory ran out, None where it has none."""
    found, quantity = read_measurement(path), MEASURED[metric][1]
    seconds = found.seconds or OUT
    value = seconds if quantity == "seconds" else getattr(found, quantity)
    if quantity == "memory" and value is None:
        value = np.inf
    if value is None:
        return None
    return Returns(tuple(range(len(seconds))), np.broadcast_to(np.array(value, dtype=float), len(seconds))[:, None])
