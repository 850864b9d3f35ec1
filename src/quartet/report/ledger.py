"""The cost ledger: what every artifact took, as its jobs recorded it, and what it would take at other scales."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quartet import config, paths, plan, provenance
from quartet.artifacts.spec import Artifact
from quartet.estimates import REFERENCE_SCALE, Estimate, clock, rough_clock
from quartet.report.papers import ordered
from quartet.report.sources import Sources

FULL_SCALE = "paper"
SCALES = (REFERENCE_SCALE, FULL_SCALE)
RENDERED = ("table", "figure", "audit", "claims", "report")  # stages that only show


def view(sources: Sources) -> dict[str, Any]:
    """Rows by paper; a run that two artifacts share is counted in both, but once in the sums."""
    root = sources.config.root
    clocks = clock(config.load(root, scale=REFERENCE_SCALE)), rough_clock(config.load(root, scale=FULL_SCALE))
    took = computed(sources)

    def cost(artifacts: Sequence[Artifact]) -> dict[str, Any]:
        """Jobs, what those that are done took, and what all of them take at the two other scales."""
        jobs = plan.plan(sources.config, artifacts).jobs
        done = [took[place] for job in jobs if (place := paths.provenance_of(job.output)) in took]
        return {
            "jobs": len(jobs),
            "done": len(done),
            "minutes": sum(found["wall_seconds"] for found in done) / 60 if done else None,
            "megabytes": max((found["peak_memory_mb"] for found in done), default=None),
            **{name: _hours(by.estimate(jobs), len(jobs)) for name, by in zip(SCALES, clocks, strict=True)},
        }

    papers = []
    for paper in sources.papers:
        artifacts = ordered(paper.artifacts)
        rows = [{"id": artifact.id, "number": artifact.number, **cost([artifact])} for artifact in artifacts]
        papers.append({"id": paper.id, "rows": rows, "sum": cost(artifacts)})
    every = [artifact for paper in sources.papers for artifact in paper.artifacts]
    return {"papers": papers, "sum": cost(every), "machines": _machines(list(took.values()))}


def computed(sources: Sources) -> dict[Path, dict[str, Any]]:
    """The provenance of everything that was computed, not rendered."""
    found = {file: provenance.read(file) for file in sorted(sources.evidence.rglob("*.provenance.json"))}
    return {file: record for file, record in found.items() if record["stage"] not in RENDERED}


def _hours(found: Estimate, jobs: int) -> dict[str, Any]:
    """Hours on one core; none where nothing of the kind was ever timed."""
    return {"hours": found.seconds / 3600 if found.unknown < jobs else None, "unknown": found.unknown}


def _machines(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the jobs behind the evidence ran on: machine, device and versions, with how many files each."""
    told = [(one["machine"], one.get("device", "cpu"), one["python"], one["packages"]["torch"]) for one in records]
    names = ("machine", "device", "python", "torch")
    return [{**dict(zip(names, key, strict=True)), "files": count} for key, count in sorted(Counter(told).items())]
