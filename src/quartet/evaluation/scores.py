"""Raw returns in, checked; and the normalised score that makes tasks comparable."""

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from quartet import reading
from quartet.errors import QuartetError, unknown
from quartet.names import COUNTED, LATE, MEASURED, METRICS, attempts

COLUMNS = ["seed", "episode", "return"]
AGAIN = "delete it and evaluate again"
CARD = {
    **dict.fromkeys(("mean", "sd", "min", "max"), float),
    **dict.fromkeys(("episodes", "transitions"), int),
    "histogram": {"edges": list[float], "counts": list[int]},
}
Number = TypeVar("Number", float, npt.NDArray[np.float64])
GOOD, OF = 400.0, 20  # DOM2 Table 8: an episode that returns more is a good one, counted among so many


@dataclass(frozen=True)
class Returns:
    """Episode returns of one cell, or what was counted of its episodes: `values` is (seeds, episodes)."""

    seeds: tuple[int, ...]
    values: npt.NDArray[np.float64]


def by_seed(returns: Returns, metric: str = "return", setting: str = "standard") -> npt.NDArray[np.float64]:
    """One number per seed: a mean (of wins: their share), `best` of K (mean over starts), or how many `good`."""
    read: npt.NDArray[np.float64]
    if metric in ("return", "score", "late", "strategies", *COUNTED, *MEASURED):
        read = returns.values.mean(axis=1)
    elif metric == "best":
        _, count = attempts(setting)
        if returns.values.shape[1] % count:
            raise QuartetError(f"{returns.values.shape[1]} episodes are not {count} attempts each", mend=AGAIN)
        read = returns.values.reshape(len(returns.seeds), -1, count).max(axis=2).mean(axis=1)
    elif metric == "good":
        if returns.values.shape[1] < OF:
            raise QuartetError(f"'good' counts among {OF} episodes, there are {returns.values.shape[1]}")
        read = (returns.values[:, :OF] > GOOD).sum(axis=1).astype(np.float64)
    else:
        raise unknown("metric", metric, METRICS)
    return read


def normalised(score: Number, random: float, expert: float) -> Number:
    """100 where the score equals the expert's, 0 where it equals random play's."""
    return 100 * (score - random) / (expert - random)


def read_returns(path: Path, point: str | None = None, column: str = "return") -> Returns:
    """Read an evaluation, CSV of seed, episode, return and counts; of a sweep's, one point.

    A damaged one is one clear line.
    """
    found: dict[str | None, dict[int, dict[int, float]]] = {}
    reader = csv.reader(io.StringIO(reading.text(path), newline=""))
    try:
        header = _header(next(reader, []), point is not None, column, f"{path}:1")
        for fields in reader:
            own, numbers = (None, fields) if point is None else (fields[0] if fields else "", fields[1:])
            seed, episode, value = _typed(numbers, header, column, f"{path}:{reader.line_num}")
            episodes = found.setdefault(own, {}).setdefault(seed, {})
            if episode in episodes:
                raise _damaged(f"seed {seed} episode {episode} is given twice", f"{path}:{reader.line_num}")
            episodes[episode] = value
    except csv.Error as error:
        raise _damaged("not a CSV file", str(path)) from error
    if point is not None and point not in found:
        raise unknown("point", point, map(str, found), where=str(path))
    return _rectangle(found.get(point, {}), path)


def late_returns(path: Path, last: str | None) -> Returns:
    """Of a sweep along a training: every episode's return, averaged over the stops from 90 % on to `last`."""
    sweep, _, end = (last or "").partition("=")
    stops = [stop for stop, share in _stops(path, sweep).items() if LATE <= share <= float(end)]
    if not stops:
        raise unknown("stop", str(last), _stops(path, sweep), where=str(path))
    found = [read_returns(path, stop) for stop in stops]
    if any(one.seeds != found[0].seeds or one.values.shape != found[0].values.shape for one in found):
        raise _damaged("its stops have other seeds or episodes", str(path))
    return Returns(found[0].seeds, np.mean([returns.values for returns in found], axis=0))


def _stops(path: Path, sweep: str) -> dict[str, float]:
    """The stops along a training that an evaluation holds, and the share of the training at each."""
    named = dict.fromkeys(line.partition(",")[0] for line in reading.text(path).splitlines())
    try:
        return {name: float(name.partition("=")[2]) for name in named if name.startswith(f"{sweep}=")}
    except ValueError as error:
        raise _damaged("a stop that is no share of the training", str(path)) from error


def read_card(path: Path) -> dict[str, Any]:
    """Read a dataset's card: mean, sd, min, max, episodes, transitions and histogram of its returns."""
    mend = "delete it and build the dataset again"
    card: dict[str, Any] = reading.data(path, "not a dataset card", mend)
    for name, hint in CARD.items():
        if not reading.fits(card, {name: hint}):
            raise QuartetError(f"not a dataset card: '{name}' is missing or misshapen", where=str(path), mend=mend)
    return card


def _header(found: list[str], swept: bool, column: str, place: str) -> list[str]:
    """The columns of an evaluation, but for a sweep's point: those that all have, then what its task counts."""
    columns = ["point", *COLUMNS] if swept else COLUMNS
    if found[: len(columns)] != columns or not set(found[len(columns) :]) <= set(COUNTED.values()):
        raise QuartetError(f"columns must be {','.join(columns)}", where=place, mend=AGAIN)
    if column not in found:
        raise QuartetError(f"there is no column '{column}'", where=place, mend=AGAIN)
    return found[1:] if swept else found


def _typed(fields: list[str], header: list[str], column: str, place: str) -> tuple[int, int, float]:
    try:
        seed, episode, value = int(fields[0]), int(fields[1]), float(fields[header.index(column)])
    except (ValueError, IndexError) as error:
        raise _damaged(f"expected seed, episode, return, found '{','.join(fields)[:60]}'", place) from error
    if len(fields) != len(header) or not math.isfinite(value):
        raise _damaged(f"expected {len(header)} finite numbers, found '{','.join(fields)[:60]}'", place)
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
