"""The learners of a run: points of a sweep are lanes of one learner, as far as they differ in laneable values alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from quartet import algorithms
from quartet.algorithms.base import Algorithm
from quartet.errors import QuartetError
from quartet.names import TRAINED
from quartet.tasks.spec import TaskSpec
from quartet.training import checkpoint

Log = TypeVar("Log")
Points = Mapping[str, Mapping[str, Any]]  # hyperparameters by the name of the point


def groups(algorithm: str, points: Points) -> list[Points]:
    """The points of each learner; a value that no lane can have of its own (solver steps) takes another learner."""
    laneable = algorithms.laneable(algorithm)
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for point, own in points.items():
        shared = repr([(name, value) for name, value in sorted(own.items()) if name not in laneable])
        found.setdefault(shared, {})[point] = own
    return list(found.values())


def learner(
    algorithm: str, spec: TaskSpec, points: Points, training: Mapping[str, Any], seeds: Sequence[int], device: str
) -> Algorithm:
    """One learner for a group; every point starts from the networks that a run of it alone would start from."""
    first = next(iter(points.values()))
    values = {name: [own[name] for own in points.values()] for name in first}
    merged = {name: first[name] if all(v == first[name] for v in own) else own for name, own in values.items()}
    return algorithms.make(algorithm, spec, {**merged, **training}, list(seeds) * len(points), device)


def updates(points: Points, whole: int) -> int:
    """How many of a whole training's updates the points of a learner have had."""
    share = next(iter(points.values())).get(TRAINED, 100)
    return max(1, int(whole * share // 100))


def along_training(run: Mapping[str, Any]) -> bool:
    """Whether the points of a run are stops along one training, each going on from the one before."""
    return all(TRAINED in own for own in run["points"].values())


def befores(run: Mapping[str, Any], resumes: Sequence[Path]) -> list[Path | None]:
    """For every learner of a run where the one lies whose training it goes on with; none but along a training."""
    return [None, *resumes[:-1]] if along_training(run) else [None] * len(resumes)


def logged(run: Mapping[str, Any], logs: list[Log]) -> tuple[list[Log], list[str] | None]:
    """The logs of a run's learners and its points; along a training the last log holds all the others."""
    return (logs[-1:], None) if along_training(run) else (logs, names(run))


def names(run: Mapping[str, Any]) -> list[str] | None:
    """The points of a sweep; None where the run trains a plain variant alone."""
    points = list(run["points"])
    return None if points == [run["variant"]] else points


def save(path: Path, spec: TaskSpec, seeds: Sequence[int], learners: Sequence[Algorithm]) -> None:
    """Write a run's checkpoint: the state of its learner, or the list of theirs."""
    states = [learner.state_dict() for learner in learners]
    checkpoint.save(path, {"spec": vars(spec), "seeds": seeds, "algorithm": states[0] if len(states) == 1 else states})


def load(path: Path, run: Mapping[str, Any], spec: TaskSpec, device: str) -> Iterator[tuple[int, Algorithm]]:
    """The trained learners of a run, each with the number of its points; a file that does not fit is one clear line."""
    saved = checkpoint.load(path, device).get("algorithm")
    states, needed = saved if isinstance(saved, list) else [saved], groups(run["algorithm"], run["points"])
    if saved is None or len(states) != len(needed):
        raise QuartetError("no checkpoint of this run", where=str(path), mend="delete it and train again")
    training = run["training"] | {"compile": False}
    for state, points in zip(states, needed, strict=True):
        restored = learner(run["algorithm"], spec, points, training, run["seeds"], device)
        with checkpoint.fitting(path, "no checkpoint of this run", "it was trained with other sizes: train again"):
            restored.load_state_dict(state)
        yield len(points), restored
