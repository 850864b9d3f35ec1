"""From an artifact to everything it needs: cells, evaluations, runs, datasets, behaviour. Reads files only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from quartet import paths
from quartet.artifacts.kinds import FIGURES, TABLES
from quartet.artifacts.spec import Artifact, Cell, load_artifacts
from quartet.config import Config, check, check_setting, hyperparameters, points
from quartet.errors import QuartetError, unknown
from quartet.names import (
    AUGMENTED,
    GENERATED,
    METRICS,
    MIXTURES,
    NEED_PREY,
    QUALITIES,
    SEEDS_MIXED,
    TASKS,
    TOYS,
    TRAINED,
    parts_of,
)


@dataclass(frozen=True, order=True)
class Job:
    """One job of the workflow: the stage, the wildcards that name it, and the file it is known by."""

    stage: str
    name: str
    output: Path
    points: int = 1  # of a sweep, trained and evaluated together


@dataclass(frozen=True)
class Plan:
    """What a set of artifacts needs, stage by stage, in the order of the stages."""

    artifacts: tuple[Artifact, ...]
    cells: tuple[Cell, ...]
    jobs: tuple[Job, ...]

    def stage(self, name: str) -> tuple[Job, ...]:
        """The jobs of one stage."""
        return tuple(job for job in self.jobs if job.stage == name)

    @property
    def missing(self) -> tuple[Job, ...]:
        """The jobs whose output is not there yet."""
        return tuple(job for job in self.jobs if not job.output.exists())


def artifacts(config: Config) -> tuple[Artifact, ...]:
    """Every artifact of the configured papers."""
    return tuple(artifact for name in config.papers for artifact in load_artifacts(config.paper(name), config.root))


def find(config: Config, target: str) -> tuple[Artifact, ...]:
    """The artifacts a target names: `all`, a paper, `datasets`, or one artifact."""
    known = artifacts(config)
    if target == "all":
        return known
    chosen = tuple(a for a in known if target in (a.id, a.paper))
    if not chosen:
        raise unknown("target", target, ["all", *config.papers, *(a.id for a in known)])
    return chosen


def plan(config: Config, chosen: Sequence[Artifact]) -> Plan:
    """The jobs that the artifacts need, each once however many cells share it."""
    cells = sorted({cell for artifact in chosen for cell in artifact.cells})
    for cell in cells:
        _check(config, cell)
    measured = [names for cell in cells if (names := cell.measurement) is not None]
    learned = [cell for cell in cells if cell.measurement is None]
    datasets = {(cell.task, cell.dataset) for cell in learned}
    datasets |= {(task, quality) for artifact in chosen for task, quality in artifact.datasets}
    examined = {pair for artifact in chosen for pair in artifact.examined}
    portrayed = {pair for artifact in chosen for pair in artifact.portrayed}
    datasets = _with_parts(datasets | examined | portrayed)
    tasks = {task for task, _ in datasets}
    made = {*MIXTURES, *AUGMENTED, *SEEDS_MIXED}
    played = {(t, d) for t, d in datasets if not {t, d} & made and f"{t}/{d}" not in config.imports}
    modelled = {(t, AUGMENTED[d], GENERATED[d]) for t, d in datasets if d in GENERATED}
    collected = {task for task, _ in played}
    jobs = [
        *_jobs(config, "prey", paths.PREY, ({"task": task} for task in tasks if task in NEED_PREY)),
        *_jobs(config, "behaviour", paths.BEHAVIOUR + "/summary.json", ({"task": task} for task in collected)),
        *_jobs(config, "dataset", paths.DATASET, ({"task": t, "dataset": d} for t, d in datasets)),
        *_jobs(
            config, "augment", paths.AUGMENTATION, ({"task": t, "dataset": d, "variant": v} for t, d, v in modelled)
        ),
        *_jobs(config, "examine", paths.EXAMINATION, ({"task": t, "dataset": d} for t, d in examined)),
        *_jobs(config, "density", paths.DENSITY, ({"task": t, "dataset": d} for t, d in portrayed)),
        *_jobs(config, "cost", paths.COST, ({"algorithm": a} for artifact in chosen for a in artifact.counted)),
        *_jobs(config, "toy", paths.TOY, ({"toy": t, "method": m} for t, m in _toys(chosen))),
        *_jobs(config, "train", paths.CHECKPOINT, ({k: c.evaluation[k] for k in RUN} for c in learned)),
        *_jobs(config, "evaluate", paths.EVALUATION, (c.evaluation for c in learned)),
        *_jobs(config, "measure", paths.MEASUREMENT, measured),
        *_jobs(config, "trajectories", paths.TRAJECTORIES, (run for artifact in chosen for run in artifact.watched)),
    ]
    return Plan(tuple(chosen), tuple(cells), tuple(jobs))


def _with_parts(datasets: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """These datasets and all that they are made of."""
    parts = {part for task, quality in datasets for part in parts_of(task, quality)}
    parts |= {(task, AUGMENTED[quality]) for task, quality in datasets if quality in AUGMENTED}
    return datasets if parts <= datasets else _with_parts(datasets | parts)


def _toys(chosen: Sequence[Artifact]) -> set[tuple[str, str]]:
    """The toys and methods that the artifacts show, every name checked."""
    pairs = {pair for artifact in chosen for pair in artifact.played}
    return {(check("toy", toy, tuple(TOYS)), check(f"method of {toy}", method, TOYS[toy])) for toy, method in pairs}


RUN = ("task", "dataset", "algorithm", "variant")


def _jobs(config: Config, stage: str, pattern: str, wanted: Iterable[dict[str, str]]) -> list[Job]:
    made: dict[str, Job] = {}
    for names in wanted:
        name = "/".join(names.values())
        if name not in made:
            # of a sweep's points each is measured by itself; the variants of EAQ's models are no algorithm's
            swept = stage not in ("measure", "augment") and "variant" in names
            alone = not swept or (stage == "train" and names["variant"] == TRAINED)
            together = 1 if alone else len(points(config.root, names["algorithm"], names["variant"]))
            made[name] = Job(stage, name, config.paths.at(pattern, **names), together)
    return sorted(made.values())


def _check(config: Config, cell: Cell) -> None:
    check("task", cell.task, TASKS)
    check("dataset", cell.dataset, QUALITIES)
    check("metric", cell.metric, METRICS)
    check_setting(cell.task, cell.setting)
    if cell.metric == "best" and "@" not in cell.setting:
        raise QuartetError(
            f"metric 'best' in setting '{cell.setting}' is the best of one", mend=f"use {cell.setting}@10"
        )
    hyperparameters(config.root, cell.algorithm, cell.task, cell.dataset, cell.variant)


TABLE_FORMATS = ("md", "tex", "csv", "json")
FIGURE_FORMATS = ("svg", "png")


def outputs(config: Config, artifact: Artifact) -> list[Path]:
    """The files an artifact is rendered into."""
    figure = artifact.kind in FIGURES
    stem = config.paths.at(paths.FIGURE if figure else paths.TABLE, paper=artifact.paper, artifact=artifact.id)
    return [stem.with_name(f"{stem.name}.{format}") for format in (FIGURE_FORMATS if figure else TABLE_FORMATS)]


def inputs(config: Config, artifact: Artifact) -> list[Path]:
    """The files an artifact is rendered from: evaluations, dataset cards, learning curves, printed values."""
    found = [cell.file(config.paths.base) for cell in artifact.cells]
    found += [config.paths.at(paths.CARD, task=task, dataset=dataset) for task, dataset in artifact.datasets]
    if artifact.kind == "curves":
        tasks = dict.fromkeys(row.task for row in artifact.rows)
        found += [config.paths.at(paths.BEHAVIOUR, task=task) / "curve.csv" for task in tasks]
    found += [config.paths.at(paths.COST, algorithm=algorithm) for algorithm in artifact.counted]
    found += [config.paths.at(paths.TOY, toy=toy, method=method) for toy, method in artifact.played]
    found += [config.paths.at(paths.DENSITY, task=task, dataset=dataset) for task, dataset in artifact.portrayed]
    found += [config.paths.at(paths.EXAMINATION, task=task, dataset=dataset) for task, dataset in artifact.examined]
    found += [config.paths.at(paths.TRAJECTORIES, **run) for run in artifact.watched]
    found += [config.root / "config" / name for name in artifact.configured]
    found += artifact.printed
    return [*dict.fromkeys(found), config.paper(artifact.paper) / "artifacts.yaml"]


def stage_of(artifact: Artifact) -> str:
    """The command that renders an artifact."""
    return "figure" if artifact.kind in FIGURES else "table"


def module_of(artifact: Artifact) -> str:
    """The module that renders an artifact's kind."""
    return f"quartet.artifacts.{(FIGURES | TABLES)[artifact.kind]}"
