"""Configuration is data: scales, algorithms and papers read from config/, checked against their schemas."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from quartet.errors import QuartetError, unknown
from quartet.names import GROUPS, QUALITIES, RESEEDED, TASKS, TRAINED, attempts, settings_of
from quartet.paths import Paths
from quartet.schema import load_yaml, validate


@dataclass(frozen=True)
class Config:
    """One expanded configuration: which papers, at which scale, written where."""

    root: Path
    papers: tuple[str, ...]
    scale: dict[str, Any]
    paths: Paths
    imports: Mapping[str, str]  # task/dataset -> the published folder it is made from instead of being collected
    device: str = "cpu"  # where the stages compute that can

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds of this scale."""
        return tuple(self.scale["seeds"])

    def paper(self, name: str) -> Path:
        """The folder of one paper's data."""
        return self.root / "config" / "papers" / name


def load(root: Path, **overrides: Any) -> Config:
    """Read config/config.yaml and its scale; `overrides` (scale, results, papers, imports, device) win unless None."""
    file = root / "config" / "config.yaml"
    if not file.exists():
        raise QuartetError("no Quartet checkout here", where=str(file), mend="run from the repository, or give --root")
    given = load_yaml(file, "config", root=root)
    given |= {key: value for key, value in overrides.items() if value is not None}
    validate(given, "config", root=root, where=str(file))
    scale = _named(root / "config" / "scales", "scale", given["scale"], root)
    for section in ("behaviour", "datasets", "augmentation", "training", "planning", "recurrent", "evaluation"):
        for task in scale[section].get("by", {}):
            check("task", task, (*TASKS, *GROUPS.values()))
    for name in given["papers"]:
        _existing(root / "config" / "papers", "paper", name, suffix="")
    imports = given.get("imports", {})
    for name in imports:
        task, _, dataset = name.partition("/")
        check("imported task", task, TASKS)
        check("imported dataset", dataset, QUALITIES)
    places = Paths(Path(given["results"]), scale["name"])
    return Config(root, tuple(given["papers"]), scale, places, imports, given.get("device", "cpu"))


class Sizes(dict[str, Any]):
    """Sizes by name; asking for one that the scale does not give is one clear line."""

    def __missing__(self, name: str) -> Any:
        raise QuartetError(f"the scale gives no size '{name}'", mend="add it to its file in config/scales/")


def sized(scale: Mapping[str, Any], section: str, task: str) -> dict[str, Any]:
    """The sizes of one section of a scale for this task: the section's own, then `by` its group, then `by` the task."""
    sizes = Sizes(scale[section])
    by: dict[str, dict[str, Any]] = sizes.pop("by", {})
    sizes |= by.get(GROUPS.get(task, ""), {}) | by.get(task, {})
    if "seed" in sizes:
        sizes["seed"] += RESEEDED.get(task, 0)
    return sizes


def algorithms(root: Path) -> tuple[str, ...]:
    """The algorithms that have a file in config/algorithms/."""
    return tuple(sorted(path.stem for path in (root / "config" / "algorithms").glob("*.yaml")))


def algorithm(root: Path, name: str) -> dict[str, Any]:
    """One algorithm's file: hyperparameters with their sources, its variants and its sweeps."""
    path = _existing(root / "config" / "algorithms", "algorithm", name)
    return _algorithm(root, name, path.stat().st_mtime_ns)


def sizes_of(root: Path, name: str) -> str:
    """The section of a scale that holds an algorithm's sizes."""
    section: str = algorithm(root, name).get("sizes", "training")
    return section


@cache
def _algorithm(root: Path, name: str, changed: int) -> dict[str, Any]:  # noqa: ARG001
    """As last changed: a plan asks for the same few files hundreds of times."""
    return _named(root / "config" / "algorithms", "algorithm", name, root)


def hyperparameters(root: Path, name: str, task: str, dataset: str, variant: str) -> dict[str, Any]:
    """The hyperparameters of a variant or of a sweep's point: value, then `by` task and dataset, then its own."""
    own = changes(root, name, variant)
    resolved = {key: _by(entry, task, dataset) for key, entry in algorithm(root, name)["hyperparameters"].items()}
    for key in own:
        if key not in (*resolved, TRAINED):
            raise unknown("hyperparameter", key, resolved, where=f"config/algorithms/{name}.yaml: {variant}")
    return dict(sorted({**resolved, **own}.items()))  # the order of a file's lines decides nothing


def changes(root: Path, name: str, variant: str) -> dict[str, Any]:
    """What a variant or a sweep's point changes of an algorithm's hyperparameters."""
    described = algorithm(root, name)
    known: dict[str, Any] = dict(described["variants"])
    for swept in _sweeps(described).values():
        known |= swept
    if variant not in known:
        raise unknown(f"variant of {name}", variant, known)
    own: dict[str, Any] = known[variant]
    return own


def points(root: Path, name: str, variant: str) -> tuple[str, ...]:
    """What one run trains: all points of a sweep, or a plain variant alone."""
    described = algorithm(root, name)
    sweeps = _sweeps(described)
    if variant not in [*sweeps, *described["variants"]]:
        raise unknown(f"variant of {name}", variant, [*sweeps, *described["variants"]])
    return tuple(sweeps.get(variant, (variant,)))


def _sweeps(described: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """Sweeps by name: their points by name (`eta=0.5`), each with what it changes."""
    return {
        sweep: {
            f"{sweep}={value:g}": {**entry.get("with", {}), entry["hyperparameter"]: value} for value in entry["values"]
        }
        for sweep, entry in described.get("sweeps", {}).items()
    }


def augmentation(config: Config, task: str, variant: str = "default") -> dict[str, Any]:
    """Everything that decides what EAQ makes of a task's datasets: sizes, seed, the hyperparameters of a variant."""
    described = _named(config.root / "config" / "augmentations", "algorithm", "eaq", config.root)
    values = {name: entry["value"] for name, entry in described["hyperparameters"].items()}
    return {
        "seed": config.scale["behaviour"]["seed"],
        "sizes": sized(config.scale, "augmentation", task),
        "values": values | described["variants"][check("variant of eaq", variant, tuple(described["variants"]))],
    }


def run_settings(config: Config, task: str, dataset: str, algorithm: str, variant: str) -> dict[str, Any]:
    """Everything that decides a run's numbers; a change here, and only here, makes it train again.

    A run trains one variant or all points of a sweep; each has its own hyperparameters. A size that a variant names
    is the variant's, not the scale's; a scale whose trainings are much shorter may have faster `rates`.
    """
    root = config.root
    trained = points(root, algorithm, variant)
    named = {key for point in trained for key in changes(root, algorithm, point)}
    sizes = sized(config.scale, sizes_of(root, algorithm), task)
    resolved = {point: hyperparameters(root, algorithm, task, dataset, point) for point in trained}
    return {
        "task": check("task", task, TASKS),
        "dataset": check("dataset", dataset, QUALITIES),
        "algorithm": algorithm,
        "variant": variant,
        "seeds": list(config.seeds),
        "training": {key: value for key, value in sizes.items() if key not in named},
        "points": {point: _faster(values, sizes.get("rates", 1)) for point, values in resolved.items()},
    }


def _faster(values: dict[str, Any], times: float) -> dict[str, Any]:
    """Hyperparameters with all learning rates so many times as large."""
    return {name: value * times if name.endswith("rate") else value for name, value in values.items()}


def check(kind: str, name: str, known: tuple[str, ...]) -> str:
    """The name itself, or the one-line error that suggests the nearest right one."""
    if name not in known:
        raise unknown(kind, name, known)
    return name


def check_setting(task: str, setting: str) -> tuple[str, int]:
    """The name and the number of attempts of a setting that the task can be played in."""
    name, count = attempts(setting)
    return check("setting", name, settings_of(task)), count


def episodes(config: Config, task: str, setting: str, algorithm: str) -> int:
    """How many episodes every seed plays: the scale's, or K attempts from each of its starts.

    The sizes of a kind of algorithm may hold a number of their own: planners plan anew at every step.
    """
    _, count = attempts(setting)
    sizes = sized(config.scale, "evaluation", task)
    sizes |= {key: n for key, n in sized(config.scale, sizes_of(config.root, algorithm), task).items() if key in sizes}
    played: int = count * sizes["starts"] if "@" in setting else sizes["episodes"]
    return played


def _by(entry: dict[str, Any], task: str, dataset: str) -> Any:
    by = entry.get("by", {})
    value = by.get(task, by.get(GROUPS.get(task), entry["value"]))
    return value.get(dataset, entry["value"]) if isinstance(value, dict) else value


def _named(folder: Path, kind: str, name: str, root: Path) -> dict[str, Any]:
    """The file of that name, checked against the schema of its kind; it must call itself so, too."""
    described: dict[str, Any] = load_yaml(_existing(folder, kind, name), kind, root=root)
    if described["name"] != name:
        raise QuartetError(
            f"name is '{described['name']}'", where=str(folder / f"{name}.yaml"), mend=f"name it '{name}'"
        )
    return described


def _existing(folder: Path, kind: str, name: str, suffix: str = ".yaml") -> Path:
    path = folder / f"{name}{suffix}"
    with suppress(OSError):  # a name longer than any file's
        if "/" not in name and name.strip(".") and path.exists():
            return path
    raise unknown(kind, name, (found.stem for found in folder.iterdir()))
