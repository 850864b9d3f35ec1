"""`quartet verify`: artifacts made again from nothing in a scratch folder, their bytes compared with those there."""

import filecmp
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from quartet import paths, plan, provenance
from quartet.artifacts.spec import Artifact
from quartet.config import Config
from quartet.errors import QuartetError
from quartet.names import AUGMENTED, SEEDS_MIXED, parts_of
from quartet.paths import Paths
from quartet.plan import Job
from quartet.stages import render
from quartet.stages.commands import perform


def verify(settings: Config, target: str, device: str) -> None:
    """Make what a target names again, and everything it is made of; say file by file whether the bytes are the same."""
    chosen = plan.find(settings, target)
    there = [path for artifact in chosen for path in plan.outputs(settings, artifact) if path.exists()]
    if not there:
        where = str(settings.paths.base)
        raise QuartetError(f"there is no {target} to verify", where=where, mend=f"make it: snakemake {target}")
    if plan.plan(settings, chosen).stage("measure"):
        raise QuartetError(f"{target} holds times of this machine, which are never twice the same")
    commit = _commit_of(there[0])
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=settings.paths.results) as scratch:
        again = replace(settings, paths=Paths(Path(scratch), settings.scale["name"]))
        rebuild(again, chosen, device, commit)
        found = compared(again.paths.base, settings.paths.base)
    for path, verdict in found.items():
        print(f"{verdict:<9} {path}")
    counts = Counter(found.values())
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    print(f"{target} at scale {settings.scale['name']}, made again: {told}")
    if counts["different"]:
        mend = (
            f"made at commit {commit or 'unknown'}, again at {provenance.commit()}; the first that differs is the cause"
        )
        raise QuartetError(f"{target} is not the same when it is made again", mend=mend)


def rebuild(settings: Config, chosen: tuple[Artifact, ...], device: str, commit: str | None = None) -> None:
    """Everything that artifacts are made of, and they, into an empty results folder; stamped with a commit."""
    for job in sorted(plan.plan(settings, chosen).jobs, key=_turn):
        perform(settings, job.stage, job.name, device)
    for artifact in chosen:
        render.render(settings, artifact, plan.outputs(settings, artifact)[0].parent, commit)


def compared(made: Path, there: Path) -> dict[Path, str]:
    """Every file made, in the order they were made: the same, different or absent there.

    Provenance holds times, and what is hidden is for the next attempt: neither is compared.
    """
    files = [path for path in made.rglob("*") if path.is_file() and not path.match("*.provenance.json")]
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(made).parts)]
    verdicts = {}
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
        other = there / path.relative_to(made)
        same = other.exists() and filecmp.cmp(path, other, shallow=False)
        verdicts[path.relative_to(made)] = "same" if same else "different" if other.exists() else "absent"
    return verdicts


def _turn(job: Job) -> int:
    """When it is a job's turn: datasets come after those that they are made of."""
    source, _, quality = job.name.rpartition("/")
    if job.stage != "dataset":
        return {"prey": 0, "behaviour": 1, "augment": 5}.get(job.stage, 7)
    if quality in AUGMENTED:
        return 6 if AUGMENTED[quality] in AUGMENTED else 4
    return 3 + (source in SEEDS_MIXED) if parts_of(source, quality) else 2


def _commit_of(path: Path) -> str | None:
    """The commit that an artifact says it was made at."""
    described = paths.provenance_of(path)
    return str(provenance.read(described)["commit"]) if described.exists() else None
