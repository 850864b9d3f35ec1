"""Configuration is data: scales, algorithms and papers read from config/, checked against their schemas."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quartet.errors import QuartetError, unknown
from quartet.names import QUALITIES, TASKS
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

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds of this scale."""
        return tuple(self.scale["seeds"])

    def paper(self, name: str) -> Path:
        """The folder of one paper's data."""
        return self.root / "config" / "papers" / name


def load(root: Path, **overrides: Any) -> Config:
    """Read config/config.yaml and its scale; `overrides` (scale, results, papers, imports) win unless None."""
    file = root / "config" / "config.yaml"
    if not file.exists():
        raise QuartetError("no Quartet checkout here", where=str(file), mend="run from the repository, or give --root")
    given = load_yaml(file, "config", root=root)
    given |= {key: value for key, value in overrides.items() if value is not None}
    validate(given, "config", root=root, where=str(file))
    scale = _named(root / "config" / "scales", "scale", given["scale"], root)
    for name in given["papers"]:
        _existing(root / "config" / "papers", "paper", name, suffix="")
    imports = given.get("imports", {})
    for name in imports:
        task, _, dataset = name.partition("/")
        check("imported task", task, TASKS)
        check("imported dataset", dataset, QUALITIES)
    return Config(root, tuple(given["papers"]), scale, Paths(Path(given["results"]), scale["name"]), imports)


def algorithms(root: Path) -> tuple[str, ...]:
    """The algorithms that have a file in config/algorithms/."""
    return tuple(sorted(path.stem for path in (root / "config" / "algorithms").glob("*.yaml")))


def algorithm(root: Path, name: str) -> dict[str, Any]:
    """One algorithm's file: hyperparameters with their sources, and its variants."""
    return _named(root / "config" / "algorithms", "algorithm", name, root)


def hyperparameters(root: Path, name: str, task: str, dataset: str, variant: str) -> dict[str, Any]:
    """The hyperparameters of a run: value, then `by` task and dataset, then the variant's own."""
    described = algorithm(root, name)
    if variant not in described["variants"]:
        raise unknown(f"variant of {name}", variant, described["variants"])
    resolved = {key: _by(entry, task, dataset) for key, entry in described["hyperparameters"].items()}
    changes = described["variants"][variant]
    for key in changes:
        if key not in resolved:
            raise unknown("hyperparameter", key, resolved, where=f"config/algorithms/{name}.yaml: variants.{variant}")
    return dict(sorted({**resolved, **changes}.items()))  # the order of a file's lines decides nothing


def run_settings(config: Config, task: str, dataset: str, algorithm: str, variant: str) -> dict[str, Any]:
    """Everything that decides a run's numbers; a change here, and only here, makes it train again."""
    return {
        "task": check("task", task, TASKS),
        "dataset": check("dataset", dataset, QUALITIES),
        "algorithm": algorithm,
        "variant": variant,
        "seeds": list(config.seeds),
        "training": config.scale["training"],
        "hyperparameters": hyperparameters(config.root, algorithm, task, dataset, variant),
    }


def check(kind: str, name: str, known: tuple[str, ...]) -> str:
    """The name itself, or the one-line error that suggests the nearest right one."""
    if name not in known:
        raise unknown(kind, name, known)
    return name


def _by(entry: dict[str, Any], task: str, dataset: str) -> Any:
    value = entry.get("by", {}).get(task, entry["value"])
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
    if "/" in str(name) or not path.exists():
        raise unknown(kind, name, (found.stem for found in folder.iterdir()))
    return path
