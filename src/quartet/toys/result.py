"""What a toy's method came to, as a file: every measure for every seed, and points of the first seed to look at."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quartet import files, reading

SHOWN = 500  # points that are kept
MOVING = ("paths", "arrows")  # of policies that are followed as they learn


@dataclass(frozen=True)
class Result:
    """Measures by name, one value a seed."""

    measures: dict[str, list[float]]
    points: list[list[float]] = field(default_factory=list)
    paths: list[list[list[float]]] = field(default_factory=list)  # of points as they move, where they do
    arrows: list[list[float]] = field(default_factory=list)  # x, y and where a point there is pushed, u, v

    def seeds(self, measure: str) -> npt.NDArray[np.float64]:
        """The values of one measure."""
        return np.array(self.measures[measure])


def write_result(path: Path, result: Result) -> None:
    """As JSON; what a toy does not have is left out."""
    kept = {name: value for name, value in asdict(result).items() if value or name not in MOVING}
    files.write_text(path, json.dumps(kept, indent=1) + "\n")


def read_result(path: Path) -> Result:
    """What `write_result` wrote."""
    return reading.record(path, Result, "damaged result", "delete it and run it again")
