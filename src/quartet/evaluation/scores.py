"""Raw returns in, checked; and the normalised score that makes tasks comparable."""

import csv
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from quartet.errors import QuartetError

COLUMNS = ["seed", "episode", "return"]
AGAIN = "delete it and evaluate again"


@dataclass(frozen=True)
class Returns:
    """Episode returns of one cell: `values` is (seeds, episodes)."""

    seeds: tuple[int, ...]
    values: npt.NDArray[np.float64]

    @property
    def by_seed(self) -> npt.NDArray[np.float64]:
        """One number per seed: the mean over its episodes."""
        means: npt.NDArray[np.float64] = self.values.mean(axis=1)
        return means


def normalised(score: float, random: float, expert: float) -> float:
    """100 where the score equals the expert's, 0 where it equals random play's."""
    return 100 * (score - random) / (expert - random)


def read_returns(path: Path) -> Returns:
    """Read an evaluation, CSV of seed, episode, return; a damaged one is one clear line."""
    found: dict[int, dict[int, float]] = {}
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            reader = csv.reader(handle)
            if next(reader, None) != COLUMNS:
                raise QuartetError(f"columns must be {','.join(COLUMNS)}", where=f"{path}:1", mend=AGAIN)
            for fields in reader:
                seed, episode, value = _typed(fields, f"{path}:{reader.line_num}")
                if episode in found.setdefault(seed, {}):
                    raise _damaged(f"seed {seed} episode {episode} is given twice", f"{path}:{reader.line_num}")
                found[seed][episode] = value
    except OSError as error:
        raise QuartetError(f"cannot read: {(error.strerror or 'error').lower()}", where=str(path)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise _damaged("not a CSV file", str(path)) from error
    return _rectangle(found, path)


def read_card(path: Path) -> dict[str, Any]:
    """Read a dataset's card: mean, sd, min, max, episodes, transitions and histogram of its returns."""
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise QuartetError(f"cannot read: {(error.strerror or 'error').lower()}", where=str(path)) from error
    except ValueError as error:
        raise QuartetError(
            "not a dataset card", where=str(path), mend="delete it and build the dataset again"
        ) from error
    for name in ("mean", "sd", "min", "max", "episodes", "transitions", "histogram"):
        if not isinstance(card, dict) or name not in card:
            raise QuartetError(
                f"the card lacks '{name}'", where=str(path), mend="delete it and build the dataset again"
            )
    read: dict[str, Any] = card
    return read


def _typed(fields: list[str], place: str) -> tuple[int, int, float]:
    try:
        seed, episode, value = int(fields[0]), int(fields[1]), float(fields[2])
    except (ValueError, IndexError) as error:
        raise _damaged(f"expected seed, episode, return, found '{','.join(fields)[:60]}'", place) from error
    if len(fields) != len(COLUMNS) or not math.isfinite(value):
        raise _damaged(f"expected three finite numbers, found '{','.join(fields)[:60]}'", place)
    return seed, episode, value


def _rectangle(found: dict[int, dict[int, float]], path: Path) -> Returns:
    if not found:
        raise _damaged("no episode in it", str(path))
    seeds = sorted(found)
    episodes = sorted(found[seeds[0]])
    for seed in seeds:
        if sorted(found[seed]) != episodes:
            first = f"seed {seeds[0]} has {len(episodes)} episodes"
            raise _damaged(f"{first}, seed {seed} has {len(found[seed])} or others", str(path))
    values = np.array([[found[seed][episode] for episode in episodes] for seed in seeds])
    return Returns(tuple(seeds), values)


def _damaged(what: str, place: str) -> QuartetError:
    return QuartetError(f"damaged evaluation: {what}", where=place, mend=AGAIN)
