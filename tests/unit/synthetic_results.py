"""A small results folder made up by the tests: evaluations, cards and curves for DOM2's artifacts."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from quartet.artifacts.measure import Stamp
from quartet.artifacts.spec import Artifact, Cell, load_paper

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "config" / "papers" / "dom2"
QUICK = Stamp("quick", "abc1234", 3, False)
LAPTOP = Stamp("laptop", "abc1234", 3, True)
STRENGTH = {"bc": 100.0, "ma-cql": 50.0, "omar": 90.0, "ma-sfbc": 80.0, "dom2": 200.0}


def artifact(name: str) -> Artifact:
    return load_paper(PAPER, ROOT).artifact(name)


def write_evaluation(file: Path, by_seed: Sequence[float], episodes: int = 4) -> None:
    """Episodes alternate around their seed's mean, so the mean of a seed is exactly what was asked."""
    write_points(file, {None: by_seed}, episodes)


def write_points(file: Path, points: Mapping[str | None, Sequence[float]], episodes: int = 4) -> None:
    """The same for every point of a sweep; None stands for a plain variant."""
    swept = None not in points
    lines = [
        f"{f'{point},' if swept else ''}{seed},{episode},{mean + (1 if episode % 2 else -1)}"
        for point, by_seed in points.items()
        for seed, mean in enumerate(by_seed)
        for episode in range(episodes)
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{'point,' if swept else ''}seed,episode,return\n" + "\n".join(lines) + "\n")


def seeds_of(cell: Cell) -> list[float]:
    """Three seeds around the strength of the cell's algorithm."""
    return [STRENGTH[cell.algorithm] + around for around in (-2.0, 0.0, 2.0)]


def write_evaluations(results: Path, table: str, seeds: Callable[[Cell], Sequence[float]] = seeds_of) -> None:
    """Every evaluation an artifact is read from; of the landmarks there are enough episodes for K = 10 and Table 8."""
    files: dict[Path, dict[str | None, Sequence[float]]] = {}
    for cell in artifact(table).cells:
        files.setdefault(cell.file(results), {})[cell.point] = seeds(cell)
    for file, points in files.items():
        write_points(file, points, episodes=20 if "landmarks" in file.parts else 4)


def write_cards(results: Path, means: Mapping[str, float] | None = None) -> None:
    """Cards for every dataset; random play returns 0 and the expert 100 unless told otherwise."""
    means = means or {
        "random": 0.0,
        "random-medium": 20.0,
        "medium-replay": 40.0,
        "medium": 60.0,
        "medium-expert": 80.0,
        "expert": 100.0,
    }
    for task in ("tag", "world", "spread", "cheetah", "landmarks"):
        for quality, mean in means.items():
            counts, edges = np.histogram(np.linspace(mean - 30, mean + 30, 50), bins=10)
            card = {"task": task, "quality": quality, "episodes": 50, "transitions": 1250, "mean": mean, "sd": 17.0}
            card |= {"min": mean - 30, "max": mean + 30}
            card |= {"histogram": {"edges": edges.tolist(), "counts": counts.tolist()}}
            file = results / "datasets" / task / f"{quality}.card.json"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(card))


def write_curves(results: Path) -> None:
    for task in ("tag", "world", "spread", "cheetah", "landmarks"):
        file = results / "behaviour" / task / "curve.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        points = "".join(f"{i},{100 * i},{10.0 * i},{5.0}\n" for i in range(5))
        file.write_text("updates,transitions,mean,sd\n" + points)
