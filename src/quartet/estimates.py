"""What jobs took and what others will take: recorded times and memory, here and in the committed reference."""

import csv
import io
import math
import statistics
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from quartet import config as configuration
from quartet import reading
from quartet.config import Config
from quartet.plan import Job

REFERENCE_SCALE = "laptop"  # whose committed times stand behind an estimate for a scale that was never run


@dataclass(frozen=True)
class Took:
    """One kind of job: median seconds on one core, the most memory in MB; none where it was not recorded."""

    seconds: float
    megabytes: float | None = None

    def times(self, factor: float) -> "Took":
        """The same for so much more work: longer, not larger."""
        return replace(self, seconds=self.seconds * factor)


@dataclass(frozen=True)
class Estimate:
    """What jobs will take together."""

    seconds: float  # on one core
    megabytes: float | None  # of the largest job
    unknown: int  # jobs of a kind that was never timed


Recorded = dict[str, Took]


@dataclass(frozen=True)
class Clock:
    """What jobs take at one scale; read the recorded times once, ask for many estimates."""

    config: Config
    times: tuple[Recorded, ...]  # the nearest first
    base: Config | None = None  # the scale the times belong to, where it is another one

    def expected(self, job: Job) -> Took | None:
        """What one job will take; none where nothing of its kind was ever timed."""
        took = next(filter(None, (_expected(times, job) for times in self.times)), None)
        if took is None or self.base is None:
            return took
        return took.times(work(self.config, job) / work(self.base, job))

    def estimate(self, jobs: Iterable[Job]) -> Estimate:
        """What jobs will take together."""
        return _together([self.expected(job) for job in jobs])


def clock(config: Config) -> Clock:
    """By what was recorded at this scale, here or in the reference."""
    return Clock(config, (recorded(config), committed(config)))


def rough_clock(config: Config) -> Clock:
    """By the reference's times and how much more work this scale is: for scales that were never run."""
    base = configuration.load(config.root, scale=REFERENCE_SCALE)
    return Clock(config, (committed(base),), base)


def _together(found: list[Took | None]) -> Estimate:
    known = [took for took in found if took is not None]
    sizes = [took.megabytes for took in known if took.megabytes is not None]
    return Estimate(sum(took.seconds for took in known), max(sizes, default=None), len(found) - len(known))


def work(config: Config, job: Job) -> float:
    """How much a job is to do, in products of its sizes: only the ratio of two scales means anything."""
    task, *others = job.name.split("/")
    if job.stage in ("train", "evaluate", "trajectories"):
        sizes = configuration.sized(config.scale, configuration.sizes_of(config.root, others[1]), task)
        width = sizes.get("width", sizes.get("hidden", 1)) ** 2
        if job.stage == "train":
            return float(len(config.seeds) * sizes["updates"] * sizes["batch"] * width)
        episodes = configuration.episodes(config, task, others[3], others[1]) if others[3:] else 1
        return float(len(config.seeds) * episodes * width)
    if job.stage in ("prey", "behaviour"):
        sizes = configuration.sized(config.scale, "behaviour", task)
        return float(sizes["updates"] * sizes["batch"] * sizes["hidden"] ** 2)
    if job.stage == "dataset":
        return float(configuration.sized(config.scale, "datasets", task)["transitions"])
    if job.stage == "toy":
        sizes = config.scale["toys"]
        return float(len(sizes["seeds"]) * sizes["updates"] * sizes["batch"] * sizes["width"])
    return 1.0


def benchmark_of(config: Config, job: Job) -> Path:
    """Where the workflow records what a job took."""
    return config.paths.base / "benchmarks" / job.stage / f"{job.name}.tsv"


def recorded(config: Config) -> Recorded:
    """By kind of job, from this scale's own benchmarks."""
    kinds: dict[str, list[Took]] = {}
    base = config.paths.base / "benchmarks"
    for path in sorted(base.rglob("*.tsv")):
        stage, *name = path.relative_to(base).with_suffix("").parts
        rows = [took for _, took in _timed(path, "s", "\t")]
        for kind in _kinds(stage, "/".join(name)):
            kinds.setdefault(kind, []).extend(rows)
    return {kind: _typical(rows) for kind, rows in kinds.items() if rows}


def _timed(path: Path, column: str, delimiter: str) -> list[tuple[dict[str, str], Took]]:
    """The rows that hold a time. A file that is just being written holds fewer: an estimate can do without."""
    found = []
    for row in csv.DictReader(io.StringIO(reading.text(path)), delimiter=delimiter):
        with suppress(TypeError, ValueError, KeyError):
            if math.isfinite(seconds := float(row[column])):
                found.append((row, Took(seconds, _megabytes(row))))
    return found


def _typical(rows: list[Took]) -> Took:
    sizes = [row.megabytes for row in rows if row.megabytes is not None]
    return Took(statistics.median(row.seconds for row in rows), max(sizes, default=None))


def _megabytes(row: dict[str, str]) -> float | None:
    """A job too short for Snakemake to look at its memory has none."""
    told = row.get("max_rss") or row.get("megabytes") or ""
    return float(told) if told.replace(".", "", 1).isdigit() and float(told) else None


def committed(config: Config) -> Recorded:
    """The same from the committed reference, for what was never run here."""
    reference = config.root / "results" / "reference" / config.scale["name"] / "timings.csv"
    if not reference.exists():
        return {}
    return {row["kind"]: took for row, took in _timed(reference, "seconds", ",")}


def _expected(recorded: Recorded, job: Job) -> Took | None:
    """What its kind took; a variant or sweep that was never timed takes the algorithm's own time, point by point."""
    for kind in _kinds(job.stage, job.name):
        if kind in recorded:
            return recorded[kind]
    for kind in _kinds(job.stage, job.name, plain=True):
        if kind in recorded:
            return recorded[kind].times(job.points)
    return None


def _kinds(stage: str, name: str, plain: bool = False) -> tuple[str, str]:
    """Jobs of one kind cost alike, the nearer first: on the same task, on any."""
    task, *others = name.split("/")
    kind = stage
    if stage in ("train", "evaluate"):
        _, algorithm, variant, *_ = others
        kind += f"/{algorithm}" if plain or variant == "default" else f"/{algorithm}/{variant}"
    return f"{kind} on {task}", kind
